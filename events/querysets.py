from datetime import datetime
from typing import Self

from django.apps import apps
from django.db import models
from django.db.models import Count, Exists, F, IntegerField, OuterRef, Prefetch, Q, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.db.models.lookups import Exact
from django.utils import timezone

from events.rights import manages_every_meeting
from events.topic_querysets import groups_of, sectors_of
from knowledge_groups.models import GroupMembership
from members.models import Position
from noord.gathered import gathered
from noord.outbox.models import Mail
from sectors.models import Sector, SectorRole


def _count(queryset: models.QuerySet, outer: str) -> Coalesce:
    """Count the rows that point at the outer row by the field `outer`, as an annotation without a GROUP BY outside."""
    rows = queryset.filter(**{outer: OuterRef("pk")}).order_by().values(outer).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(rows, output_field=IntegerField()), Value(0))


class EventQuerySet(models.QuerySet):
    def _hosted_by(self, sectors: models.QuerySet, groups: models.QuerySet) -> Q:
        return Q(Exists(self.model.sectors.through.objects.filter(event=OuterRef("pk"), sector__in=sectors))) | Q(
            Exists(self.model.groups.through.objects.filter(event=OuterRef("pk"), knowledgegroup__in=groups))
        )

    def _hosted_for(self, sectors: models.QuerySet, groups: models.QuerySet) -> Q:
        """As _hosted_by(), but looked up for each meeting.

        PostgreSQL would gather all meetings of the sector first for an EXISTS, and a page shows a few of thousands.
        """
        of_sector = self.model.sectors.through.objects.filter(event=OuterRef("pk"), sector__in=sectors)
        of_group = self.model.groups.through.objects.filter(event=OuterRef("pk"), knowledgegroup__in=groups)
        return Q(Exact(Subquery(of_sector.values(found=Value(1))[:1]), 1)) | Q(
            Exact(Subquery(of_group.values(found=Value(1))[:1]), 1)
        )

    def _managed_by(self, person) -> Q:
        roles = SectorRole.objects.active_on().filter(person=person, role=SectorRole.Role.PROGRAMME_MANAGER)
        leads = (
            GroupMembership.objects.active_on().filter(person=person).exclude(role=GroupMembership.Role.PARTICIPANT)
        )
        return self._hosted_by(roles.values("sector"), leads.values("group"))

    def visible_to(self, person) -> Self:
        """Keep what this person (or visitor) may know of. Every page, list, file and feed starts here.

        Drafts are for the people with a role at a host, and everything is for who manages every meeting. Who is
        invited or registered sees the meeting whatever happened to the lists since. Who took part in a group when it
        ended goes on seeing its meetings.
        """
        if not person.is_authenticated:
            return self.filter(status__in=self.model.VISIBLE_STATUSES, audience=self.model.Audience.PUBLIC)
        if manages_every_meeting(person):
            return self
        roles = SectorRole.objects.active_on().filter(person=person)
        listed = Sector.people.through.objects.filter(person=person)
        registrations = apps.get_model("events", "Registration").objects.current().filter(person=person)
        invitations = apps.get_model("events", "Invitation").objects.filter(person=person)
        audience = (
            Q(audience=self.model.Audience.PUBLIC)
            | Q(audience=self.model.Audience.MEMBERS)
            & Q(Exists(Position.objects.at_member_on().filter(person=person)))
            | Q(audience=self.model.Audience.HOSTS)
            & self._hosted_for(listed.values("sector"), GroupMembership.objects.groups_read_by(person))
            | Q(Exists(registrations.filter(event=OuterRef("pk"))))
            | Q(Exists(invitations.filter(event=OuterRef("pk"))))
        )
        shown = Q(status__in=self.model.VISIBLE_STATUSES)
        leads = (
            GroupMembership.objects.active_on().filter(person=person).exclude(role=GroupMembership.Role.PARTICIPANT)
        )
        return self.filter(shown & audience | self._hosted_by(roles.values("sector"), leads.values("group")))

    def managed_by(self, person) -> Self:
        """Keep the meetings whose registrations this person may see and change."""
        if not person.is_authenticated:
            return self.none()
        if manages_every_meeting(person):
            return self
        return self.filter(self._managed_by(person))

    def with_management(self, person) -> Self:
        """Add can_manage and can_invite: may this person see and change the registrations, may they invite people?"""
        if not person.is_authenticated or manages_every_meeting(person):
            allowed = Value(person.is_authenticated)
            return self.annotate(can_manage=allowed, can_invite=allowed)
        roles = SectorRole.objects.active_on().filter(person=person)
        chaired = Q(
            Exists(self.model.sectors.through.objects.filter(event=OuterRef("pk"), sector__in=roles.values("sector")))
        )
        managed = self._managed_by(person)
        return self.annotate(
            can_manage=models.ExpressionWrapper(managed, models.BooleanField()),
            can_invite=models.ExpressionWrapper(managed | chaired, models.BooleanField()),
        )

    def with_part_of(self, person) -> Self:
        """Add has_part: is this person one of the people of a host, who propose topics and give input?

        For one meeting that is less than asking for all parts of the person, as topic_rights.standing_of() does.
        """
        if not person.is_authenticated or manages_every_meeting(person):
            return self.annotate(has_part=Value(person.is_authenticated))
        hosted = self._hosted_for(sectors_of(person), groups_of(person))
        # Without a row to find, a subquery is NULL and not false.
        found = models.ExpressionWrapper(hosted, models.BooleanField())
        return self.annotate(has_part=Coalesce(found, Value(False)))

    def upcoming(self, now: datetime | None = None) -> Self:
        """Keep what has not ended, first what ends first: in the order of the index, however much is planned."""
        return self.filter(end__gt=now or timezone.now()).order_by("end", "pk")

    def first_to_begin(self, number: int) -> list:
        """Return the first so many of upcoming(), in the order in which they begin."""
        return sorted(self[:number], key=lambda event: (event.start, event.pk))

    def past(self, now: datetime | None = None) -> Self:
        """Keep what has ended, first what ended last: in the order of the index, however long the archive is."""
        return self.filter(end__lte=now or timezone.now()).order_by("-end", "-pk")

    def with_seats(self) -> Self:
        """Add seats_taken and waiting_count."""
        registrations = apps.get_model("events", "Registration").objects
        return self.annotate(
            seats_taken=_count(registrations.confirmed(), "event"),
            waiting_count=_count(registrations.waiting(), "event"),
        )

    def with_topics(self) -> Self:
        """Add topics_planned and topics_open: how many are chosen for the meeting, and how many may still be.

        And is_hosted: has it a sector or group, whose people have topics?
        """
        proposals = apps.get_model("events", "TopicProposal").objects
        return self.annotate(
            is_hosted=models.ExpressionWrapper(
                Q(Exists(self.model.sectors.through.objects.filter(event=OuterRef("pk"))))
                | Q(Exists(self.model.groups.through.objects.filter(event=OuterRef("pk")))),
                models.BooleanField(),
            ),
            topics_planned=_count(proposals.filter(status="planned"), "event"),
            topics_open=_count(proposals.open(), "event"),
        )

    def with_hosts(self) -> Self:
        """Load the hosts and the host organisation (2 queries more)."""
        return self.select_related("host").prefetch_related("sectors", "groups")

    def with_host_names(self) -> Self:
        """Add what host_names() prints, without a query more; with_hosts() loads the hosts themselves."""
        return self.annotate(
            sector_rows=gathered(self.model.sectors.through.objects.all(), "event", name="sector__name"),
            group_rows=gathered(self.model.groups.through.objects.all(), "event", name="knowledgegroup__name"),
        )

    def of_plan(self) -> Self:
        """Keep what counts for the plan of a sector's year: its sector meetings, for each host as one.

        A joint meeting, a lunch session or a training comes on top of the plan.
        """
        return self.filter(kind=self.model.PLAN_KIND)

    def of_rhythm(self) -> Self:
        """Keep what counts for how often a knowledge group meets: it has no kind of meeting of its own."""
        return self.filter(kind__in=self.model.TOPIC_KINDS)

    def of_focal_points(self, points: list[int]) -> Self:
        """Keep the meetings of these focal points (ids): what names one of them, or has a topic of one planned."""
        topics = apps.get_model("events", "TopicProposal").objects.filter(focal_point__in=points, status="planned")
        named = self.model.focal_points.through.objects.filter(focalpoint__in=points)
        return self.filter(Q(pk__in=topics.order_by().values("event")) | Q(pk__in=named.values("event")))

    def in_year(self, year: int) -> Self:
        """Keep what begins in the year, on the calendar in Amsterdam."""
        return self.filter(start__year=year)

    def held(self, now: datetime) -> Self:
        """Keep what took place."""
        return self.filter(status=self.model.Status.PUBLISHED, end__lte=now)

    def with_attendance(self) -> Self:
        """Add seats_taken, waiting_count and attended_count: who registered, who waits, who was noted at the door."""
        registrations = apps.get_model("events", "Registration").objects
        attended = registrations.confirmed().filter(attended_at__isnull=False)
        return self.with_seats().annotate(attended_count=_count(attended, "event"))

    def with_registration_of(self, person) -> Self:
        """Load my_registrations: a list of at most one, the person's current registration with its place in line."""
        if not person.is_authenticated:
            return self
        mine = apps.get_model("events", "Registration").objects.current().filter(person=person).with_place()
        return self.prefetch_related(Prefetch("registrations", queryset=mine, to_attr="my_registrations"))


class ProgrammeItemQuerySet(models.QuerySet):
    def sessions(self) -> Self:
        return self.filter(block__isnull=False)

    def chosen(self) -> Self:
        """Keep what people chose, first or second, or have a seat in: with it their choice would go without a word."""
        choices = apps.get_model("events", "SessionChoice").objects
        return self.filter(
            Exists(choices.filter(Q(first=OuterRef("pk")) | Q(second=OuterRef("pk")) | Q(seat=OuterRef("pk"))))
        )

    def with_seats_taken(self) -> Self:
        """Add seats_taken."""
        return self.annotate(seats_taken=_count(apps.get_model("events", "SessionChoice").objects.all(), "seat"))

    def with_seats(self) -> Self:
        """Add seats_taken and waiting_count (people with a seat at the meeting who wait for this session)."""
        choices = apps.get_model("events", "SessionChoice").objects
        waiting = choices.filter(seat__isnull=True, registration__status="confirmed")
        return self.with_seats_taken().annotate(waiting_count=_count(waiting, "first"))

    def with_choice_of(self, person) -> Self:
        """Add my_seat and my_wait: the person has a seat in the session, or waits for one."""
        if not person.is_authenticated:
            return self.annotate(my_seat=Value(False), my_wait=Value(False))
        mine = apps.get_model("events", "SessionChoice").objects.filter(registration__person=person)
        return self.annotate(
            my_seat=Exists(mine.filter(seat=OuterRef("pk"))),
            my_wait=Exists(mine.filter(first=OuterRef("pk"), seat__isnull=True)),
        )

    def in_order(self) -> Self:
        """Order as the day runs: by time, sessions of one block by their own order."""
        return self.annotate(begins=Coalesce(F("block__start"), F("start"))).order_by(
            "begins", "block", "position", "pk"
        )


class RegistrationQuerySet(models.QuerySet):
    def confirmed(self) -> Self:
        return self.filter(status="confirmed")

    def waiting(self) -> Self:
        return self.filter(status="waiting")

    def current(self) -> Self:
        return self.exclude(status="cancelled")

    def in_line(self) -> Self:
        """The waiting list in its order: who came first is first."""
        return self.waiting().order_by("queued_at", "pk")

    def with_place(self) -> Self:
        """Add place: 1 for the first of the waiting list; 0 for who is not on it."""
        ahead = (
            self.model.objects.waiting()
            .filter(event=OuterRef("event"))
            .filter(
                Q(queued_at__lt=OuterRef("queued_at")) | Q(queued_at=OuterRef("queued_at"), pk__lte=OuterRef("pk"))
            )
            .order_by()
            .values("event")
            .annotate(n=Count("pk"))
            .values("n")
        )
        return self.annotate(
            place=models.Case(
                models.When(status="waiting", then=Subquery(ahead, output_field=IntegerField())), default=Value(0)
            )
        )


class InvitationQuerySet(models.QuerySet):
    def with_answer(self) -> Self:
        """Add answer: yes and no follow from the registration, maybe counts when it was said after a no."""
        registration = apps.get_model("events", "Registration").objects.filter(
            event=OuterRef("event"), person=OuterRef("person")
        )
        answer = self.model.Answer
        return self.annotate(
            registration_status=Subquery(registration.values("status")[:1]),
            cancelled_at=Subquery(registration.values("cancelled_at")[:1]),
        ).annotate(
            answer=models.Case(
                models.When(registration_status__in=["confirmed", "waiting"], then=Value(answer.YES)),
                models.When(Q(maybe_at__isnull=False) & Q(cancelled_at__isnull=True), then=Value(answer.MAYBE)),
                models.When(maybe_at__gt=F("cancelled_at"), then=Value(answer.MAYBE)),
                models.When(registration_status="cancelled", then=Value(answer.NO)),
                default=Value(answer.NONE),
                output_field=models.CharField(),
            )
        )

    def within(self, reach) -> Self:
        """Keep the invitations of people whom somebody with this reach (events.audience.Reach) may invite."""
        if reach.whole_network:
            return self
        return self.filter(
            Exists(Sector.people.through.objects.filter(person=OuterRef("person"), sector__in=reach.sectors))
        )

    def unanswered(self) -> Self:
        return self.with_answer().filter(answer=self.model.Answer.NONE)

    def with_delivery(self) -> Self:
        """Add delivery: the state of the invitation's mail in the outbox; "sent" when the outbox has forgotten it."""
        key = Concat(Value("invitation:"), Cast(OuterRef("event"), models.CharField()), Value(":"))
        key = Concat(key, Cast(OuterRef("person"), models.CharField()))
        return self.annotate(
            delivery=Coalesce(Subquery(Mail.objects.filter(key=key).values("status")[:1]), Value("sent"))
        )

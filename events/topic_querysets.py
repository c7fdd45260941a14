from datetime import datetime
from typing import Self

from django.apps import apps
from django.db import models
from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    Subquery,
    Value,
    When,
    Window,
)
from django.db.models.functions import Coalesce, RowNumber
from django.utils import timezone

from events.rights import manages_every_meeting
from knowledge_groups.models import GroupMembership
from members.models import Position
from sectors.models import Sector, SectorRole


def listed_today() -> models.QuerySet:
    """Return the places on the lists of the sectors that count today: `person`, `sector`.

    Nobody takes a name off a list when somebody leaves; who no longer works at a member has no part in its topics.
    """
    working = Position.objects.at_member_on().filter(person=OuterRef("person"))
    return Sector.people.through.objects.filter(Exists(working))


def sectors_of(person) -> models.QuerySet:
    """Return the ids of the sectors to whose topics the person gives input today.

    Those are the people on its list who work at a member, who has a role in it, and everybody who works at an
    organisation that takes part.
    """
    listed = listed_today().filter(person=person).values("sector")
    roles = SectorRole.objects.active_on().filter(person=person).values("sector")
    working = Position.objects.active_on().filter(person=person).values("organisation")
    taking_part = Sector.organisations.through.objects.filter(organisation__in=working).values("sector")
    return Sector.objects.filter(Q(pk__in=listed) | Q(pk__in=roles) | Q(pk__in=taking_part)).order_by().values("pk")


def groups_of(person) -> models.QuerySet:
    """Return the ids of the knowledge groups in which the person takes part today."""
    return GroupMembership.objects.active_on().filter(person=person).order_by().values("group")


def _count(model: str, outer: str = "proposal", **filters) -> Coalesce:
    rows = apps.get_model("events", model).objects.filter(**{outer: OuterRef("pk")}, **filters)
    counted = rows.order_by().values(outer).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), Value(0))


class AuthoredQuerySet(models.QuerySet):
    """Rows that somebody wrote: `by`."""

    def with_author(self) -> Self:
        """Load who wrote it, with what may be said of them: the name only when they consent or lead.

        author_kind and author_organisation are where they work today, "" for nobody any more. author_leads: are they
        a chair, a programme manager, or somebody who leads a group today?
        """
        positions = Position.objects.active_on().filter(person=OuterRef("by")).order_by("-is_main_contact", "-start")
        roles = SectorRole.objects.active_on().filter(person=OuterRef("by"))
        memberships = GroupMembership.objects.active_on().filter(person=OuterRef("by"))
        leads = memberships.exclude(role=GroupMembership.Role.PARTICIPANT)
        return self.select_related("by").annotate(
            author_kind=Coalesce(Subquery(positions.values("organisation__kind")[:1]), Value("")),
            author_organisation=Coalesce(Subquery(positions.values("organisation__name")[:1]), Value("")),
            author_leads=ExpressionWrapper(Q(Exists(roles)) | Q(Exists(leads)), BooleanField()),
        )


class TopicProposalQuerySet(AuthoredQuerySet):
    def visible_to(self, person) -> Self:
        """Keep what this person may read: what is proposed in one's own sectors and groups, and one's own drafts.

        Of a joint meeting the people of each host see all proposals. Nothing of this is public.
        """
        if not person.is_authenticated:
            return self.none()
        own = Q(status="draft", by=person)
        if manages_every_meeting(person):
            return self.filter(own | ~Q(status="draft"))
        sectors, groups = sectors_of(person), GroupMembership.objects.groups_read_by(person)
        event = apps.get_model("events", "Event")
        hosted = Q(Exists(event.sectors.through.objects.filter(event=OuterRef("event"), sector__in=sectors))) | Q(
            Exists(event.groups.through.objects.filter(event=OuterRef("event"), knowledgegroup__in=groups))
        )
        mine = Q(sector__in=sectors) | Q(group__in=groups) | (Q(event__isnull=False) & hosted)
        return self.filter(own | (~Q(status="draft") & mine))

    def proposed(self) -> Self:
        """Leave out drafts and what was withdrawn."""
        return self.exclude(status__in=["draft", "withdrawn"])

    def open(self) -> Self:
        """Keep what may still be chosen."""
        return self.filter(status__in=self.model.OPEN)

    def alive(self) -> Self:
        """Keep what is chosen or may still be."""
        return self.filter(status__in=[*self.model.OPEN, self.model.Status.PLANNED])

    def first_of_each_focal_point(self, number: int) -> Self:
        """Keep the first so many of each focal point, each with `in_all`: how many there are.

        First what is chosen, then what is open; of both the earliest meeting first.
        """
        is_open = Case(When(status=self.model.Status.PLANNED, then=Value(0)), default=Value(1))
        order = [is_open.asc(), F("event__start").asc(nulls_last=True), F("pk").asc()]
        place = Window(RowNumber(), partition_by="focal_point", order_by=order)
        counted = self.annotate(place=place, in_all=Window(Count("pk"), partition_by="focal_point"))
        return counted.filter(place__lte=number).order_by("place")

    def wished(self, now: datetime | None = None) -> Self:
        """Keep the wish list: what is open and stands at no meeting that is still to come.

        What was proposed for a meeting that is over or called off is on it again by itself, with its support.
        """
        gone = Q(event__isnull=True) | Q(event__end__lte=now or timezone.now()) | Q(event__status="cancelled")
        return self.open().filter(gone)

    def with_numbers(self, person) -> Self:
        """Add support_count, input_count, and is_supported: does this person support it?"""
        support = apps.get_model("events", "TopicSupport").objects.filter(proposal=OuterRef("pk"), person=person)
        return self.annotate(
            support_count=_count("TopicSupport"),
            input_count=_count("TopicInput", withdrawn_at=None),
            is_supported=Exists(support),
        )

    def with_home(self) -> Self:
        """Load what a card shows: sector or group, meeting, focal point, and the presenters (1 query more)."""
        presenters = apps.get_model("events", "TopicPresenter").objects.select_related("organisation", "person")
        return self.select_related("sector", "group", "event", "focal_point").prefetch_related(
            Prefetch("presenters", queryset=presenters)
        )


class TopicInputQuerySet(AuthoredQuerySet):
    def in_order(self) -> Self:
        """Order as it was said, in the order of the index."""
        return self.order_by("created_at", "pk")

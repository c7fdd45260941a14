from datetime import datetime
from typing import Self

from django.apps import apps
from django.db import models
from django.db.models import BooleanField, Case, Count, Exists, ExpressionWrapper, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from consultations.reach import organisations_of, people_of
from events.models import Event, Registration
from knowledge_groups.models import GroupMembership, KnowledgeGroup
from members.models import Position
from sectors.models import Sector, SectorRole


def events_hosted_by(person) -> models.QuerySet[Event]:
    """Return the meetings of which the person chairs, manages or leads a host today; of a superuser all."""
    if person.is_superuser:
        return Event.objects.all()
    sectors = SectorRole.objects.active_on().filter(person=person).values("sector")
    groups = leads_of(person).values("group")
    return Event.objects.filter(
        Exists(Event.sectors.through.objects.filter(event=OuterRef("pk"), sector__in=sectors))
        | Exists(Event.groups.through.objects.filter(event=OuterRef("pk"), knowledgegroup__in=groups))
    )


def leads_of(person) -> models.QuerySet[GroupMembership]:
    """Return the roles by which the person leads or coordinates a group today."""
    memberships = GroupMembership.objects.active_on().filter(person=person).order_by()
    return memberships.exclude(role=GroupMembership.Role.PARTICIPANT)


def _outer(name: str, levels: int) -> OuterRef:
    """Refer to a field of the query so many levels around."""
    reference = OuterRef(name)
    for _level in range(levels - 1):
        reference = OuterRef(reference)
    return reference


class ConsultationQuerySet(models.QuerySet):
    def visible_to(self, person, now: datetime | None = None) -> Self:
        """Keep what this person is asked, or may read along, and what he or she manages. Every page starts here.

        With one voice per organisation, everybody who works at an organisation that is asked reads along. While it is
        open that is the audience of today; what is closed is for who was asked, not for who joins a list years later.
        Nothing of this is public, and a draft is for who manages it.
        """
        if not person.is_authenticated:
            return self.none()
        if person.is_superuser:
            return self
        is_open = Q(opened_at__isnull=False, closed_at=None, closes_at__gt=now or timezone.now())
        asks = self._asks(person) | self._asks_colleagues_of(person)
        return self.filter(is_open & asks | ~is_open & self._asked(person) | self._managed_by(person))

    def managed_by(self, person) -> Self:
        """Keep what this person opens, closes and tells the outcome of; of the whole network only a superuser."""
        if not person.is_authenticated:
            return self.none()
        return self if person.is_superuser else self.filter(self._managed_by(person))

    def with_management(self, person) -> Self:
        """Add can_manage."""
        if person.is_superuser:
            return self.annotate(can_manage=Value(True))
        return self.annotate(can_manage=ExpressionWrapper(self._managed_by(person), BooleanField()))

    def with_answer_of(self, person) -> Self:
        """Add is_answered: did the person answer, or somebody for an organisation where the person works?"""
        rows = apps.get_model("consultations", "Participation").objects.filter(
            consultation=OuterRef("pk"), has_answered=True
        )
        working = Position.objects.active_on().filter(person=person).values("organisation")
        return self.annotate(is_answered=Exists(rows.filter(Q(person=person) | Q(organisation__in=working))))

    def with_numbers(self) -> Self:
        """Add asked_count and answered_count: how many people or organisations are asked, and how many answered.

        Of what is open, and of a meeting for ever, that is also who came to the audience after the opening: in the
        room many are noted as present later. Of the rest it is who was asked by then, or answered.
        """
        rows = apps.get_model("consultations", "Participation").objects.filter(consultation=OuterRef("pk"))
        rows = rows.order_by().values("consultation")

        def number(**only) -> Coalesce:
            return Coalesce(Subquery(rows.filter(**only).annotate(n=Count("pk")).values("n")), Value(0))

        return self.annotate(asked_count=number() + self._joined_count(), answered_count=number(has_answered=True))

    def _joined_count(self) -> Case:
        """How many belong to the audience today, without a row of their own."""
        counted = Q(opened_at__isnull=False) & (Q(closed_at=None) | Q(audience="present"))
        rows = apps.get_model("consultations", "Participation").objects.filter(consultation=_outer("pk", 2))
        homes = {"sector": "for_sector", "group": "for_group", "present": "for_event", "network": "pk"}
        cases = []
        for audience, home in homes.items():
            voices = {
                "person": people_of(audience, _outer(home, 2)),
                "organisation": organisations_of(audience, _outer(home, 2 if audience == "sector" else 4)),
            }
            for voice, everyone in voices.items():
                joined = everyone.filter(~Exists(rows.filter(**{voice: OuterRef("pk")})))
                number = joined.order_by().annotate(all=Value(1)).values("all").annotate(n=Count("pk")).values("n")
                then = Coalesce(Subquery(number), Value(0))
                cases.append(When(counted & Q(audience=audience, voice=voice), then=then))
        return Case(*cases, default=Value(0))

    def with_home(self) -> Self:
        """Load whom it is for and which group it decides about."""
        return self.select_related("for_sector", "for_group", "for_event", "group")

    def about(self, home: Sector | KnowledgeGroup | Event) -> Self:
        """Keep what asks the people of this sector, group or meeting, and what decides about this group."""
        if isinstance(home, Sector):
            return self.filter(for_sector=home)
        if isinstance(home, Event):
            return self.filter(for_event=home)
        return self.filter(Q(for_group=home) | Q(group=home))

    def deciding_about(self, group: KnowledgeGroup) -> Self:
        """Keep what was opened to decide about this group, in that order; a draft is nothing yet."""
        return self.filter(group=group, opened_at__isnull=False).order_by("opened_at", "pk")

    def with_reading_of(self, person) -> Self:
        """Add may_read: is it for this person (or visitor) to see?"""
        if not person.is_authenticated:
            return self.annotate(may_read=Value(False))
        return self.annotate(may_read=Exists(self.model.objects.visible_to(person).filter(pk=OuterRef("pk"))))

    def open(self, now: datetime | None = None) -> Self:
        return self.filter(opened_at__isnull=False, closed_at=None, closes_at__gt=now or timezone.now())

    def past_deadline(self, now: datetime | None = None) -> Self:
        """Keep what should be closed by now, and is not yet."""
        return self.filter(opened_at__isnull=False, closed_at=None, closes_at__lte=now or timezone.now())

    def open_first(self, now: datetime | None = None) -> Self:
        """Add is_running, and order: what is open by its deadline, then drafts, then what closed last."""
        running = Q(opened_at__isnull=False, closed_at=None, closes_at__gt=now or timezone.now())
        turn = Case(When(running, then=Value(0)), When(opened_at=None, then=Value(1)), default=Value(2))
        until = Case(When(running, then="closes_at"))
        return self.annotate(turn=turn).order_by("turn", until, "-closes_at", "-pk")

    def _asks(self, person) -> Q:
        """What asks the person herself."""
        listed = Sector.people.through.objects.filter(person=person).values("sector")
        roles = SectorRole.objects.active_on().filter(person=person).order_by().values("sector")
        in_groups = GroupMembership.objects.active_on().filter(person=person).order_by().values("group")
        there = Registration.objects.confirmed().filter(person=person).order_by().values("event")
        asked = (
            Q(for_sector__in=listed)
            | Q(for_sector__in=roles)
            | Q(for_group__in=in_groups)
            | Q(for_event__in=there)
            | Q(audience="network") & Q(Exists(Position.objects.at_member_on().filter(person=person)))
        )
        return Q(voice="person") & asked

    def _asks_colleagues_of(self, person) -> Q:
        """What asks an organisation where the person works."""
        working = Position.objects.at_member_on().filter(person=person).order_by().values("organisation")
        colleagues = Position.objects.active_on().filter(organisation__in=working).order_by().values("person")
        sectors = Sector.organisations.through.objects.filter(organisation__in=working).values("sector")
        groups = GroupMembership.objects.active_on().filter(person__in=colleagues).order_by().values("group")
        there = Registration.objects.confirmed().filter(person__in=colleagues).order_by().values("event")
        asked = (
            Q(for_sector__in=sectors)
            | Q(for_group__in=groups)
            | Q(for_event__in=there)
            | Q(audience="network") & Q(Exists(Position.objects.at_member_on().filter(person=person)))
        )
        return Q(voice="organisation") & asked

    def _asked(self, person) -> Q:
        """What asked the person, or an organisation where the person works now; of a draft there are no such rows."""
        working = Position.objects.active_on().filter(person=person).order_by().values("organisation")
        rows = apps.get_model("consultations", "Participation").objects.order_by()
        asked = rows.filter(Q(person=person) | Q(organisation__in=working))
        return Q(pk__in=asked.values("consultation"))

    def _managed_by(self, person) -> Q:
        return (
            Q(for_sector__in=SectorRole.objects.active_on().filter(person=person).order_by().values("sector"))
            | Q(for_group__in=leads_of(person).values("group"))
            | Q(for_event__in=events_hosted_by(person).order_by().values("pk"))
        )


class ParticipationQuerySet(models.QuerySet):
    def answered(self) -> Self:
        return self.filter(has_answered=True)

    def silent(self) -> Self:
        return self.filter(has_answered=False)

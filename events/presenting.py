"""Presenting is shared fairly: which organisation presented when, and whose turn it could be. Two questions in all."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse

from events.models import Event, ProgrammeItem, Speaker
from knowledge_groups.models import GroupMembership, KnowledgeGroup
from members.models import Organisation, Position
from noord.dates import local_day
from sectors.models import Sector

# Who opens or closes a meeting has not presented.
PRESENTED = (ProgrammeItem.Kind.PRESENTATION, ProgrammeItem.Kind.PROPOSAL, ProgrammeItem.Kind.SESSION)
LOOK_BACK = timedelta(days=3 * 365)
SUGGESTED = 5
MOST_SPEAKERS = 200  # that are looked at, the last ones; eight meetings a year have fewer


@dataclass(slots=True)
class Turn:
    """The last time that an organisation presented something here, and how often in the time we look back."""

    organisation: str
    day: date
    topic: str
    event_slug: str
    times: int = 1

    @property
    def url(self) -> str:
        return reverse("events:event", args=[self.event_slug])


@dataclass(frozen=True, slots=True)
class Presenting:
    """`turns` has who presented, the last one first; `waiting` has the organisations that did not, by name."""

    turns: list[Turn] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    taking_part: frozenset[str] = frozenset()

    @property
    def suggestions(self) -> list[str]:
        """The organisations to ask first: who has not presented yet, and then who did so longest ago."""
        longest_ago = [turn.organisation for turn in reversed(self.turns) if turn.organisation in self.taking_part]
        return [*self.waiting, *longest_ago][:SUGGESTED]

    def turn_of(self, organisation: str) -> Turn | None:
        return next((turn for turn in self.turns if turn.organisation == organisation), None)


def organisations_of(home: Sector | KnowledgeGroup) -> QuerySet[Organisation]:
    """Return the organisations that take part: the sector's own, or where the people of a group work today."""
    if isinstance(home, Sector):
        return Organisation.objects.filter(sectors=home).order_by("name")
    people = GroupMembership.objects.active_on().filter(group=home).values("person")
    at = Position.objects.active_on().filter(organisation=OuterRef("pk"), person__in=people)
    return Organisation.objects.filter(Exists(at)).order_by("name")


def presenting_in(home: Sector | KnowledgeGroup, now: datetime) -> Presenting:
    """Return who presented at past meetings of this sector or group in the last three years (2 queries).

    A speaker counts for the organisation where they worked on that day, or for the one that the programme names.
    """
    known = {name.casefold(): name for name in organisations_of(home).values_list("name", flat=True)}
    turns: dict[str, Turn] = {}
    for name, is_organisation, typed, own, topic, start, slug in _speakers(home, now):
        # A member that presents without a name of a person stands in the programme as the speaker itself.
        organisation = own or typed or (name if is_organisation else "")
        if not organisation:
            continue
        organisation = known.get(organisation.casefold(), organisation)
        if turn := turns.get(organisation):
            turn.times += 1
        else:
            turns[organisation] = Turn(organisation, local_day(start), topic, slug)
    waiting = [name for name in known.values() if name not in turns]
    return Presenting(list(turns.values()), waiting, frozenset(known.values()))


def _speakers(home: Sector | KnowledgeGroup, now: datetime) -> QuerySet:
    held = {
        "item__kind__in": PRESENTED,
        "item__event__status": Event.Status.PUBLISHED,
        "item__event__end__lte": now,
        "item__event__end__gt": now - LOOK_BACK,
        "item__event__sectors" if isinstance(home, Sector) else "item__event__groups": home,
    }
    day = OuterRef("item__event__start__date")
    worked = Position.objects.filter(
        Q(end__isnull=True) | Q(end__gte=day), person=OuterRef("person"), start__lte=day
    ).order_by("-is_main_contact", "-start")
    return (
        Speaker.objects.filter(**held)
        .annotate(
            own=Subquery(worked.values("organisation__name")[:1]),
            is_organisation=Exists(Organisation.objects.filter(name=OuterRef("name"))),
            start=F("item__event__start"),
        )
        .order_by("-start", "item", "position", "pk")
        .values_list("name", "is_organisation", "organisation", "own", "item__title", "start", "item__event__slug")
    )[:MOST_SPEAKERS]

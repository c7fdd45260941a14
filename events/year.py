"""A calendar year of a sector or a knowledge group: planned against held, topics, focal points and results."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models.functions import ExtractYear
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import Event, TopicProposal
from events.stand import Light, stand_of
from events.status import Tag, tag_for
from events.topic_rights import Part, standing_of
from knowledge_groups.models import KnowledgeGroup
from members.models import Organisation
from members.querysets import OrganisationQuerySet
from noord.dates import AMSTERDAM
from sectors.models import FocalPoint, Sector
from sectors.pages import own_first, piles

Home = Sector | KnowledgeGroup
FIRST_YEAR = 1990  # before that there was nothing to meet about
YEARS_AHEAD = 5
TOPICS_SHOWN = 8  # of a focal point: the page prints on one or two sheets


@dataclass(frozen=True, slots=True)
class Meeting:
    event: Event
    tag: Tag
    note: str  # where it stands, for the people whom it concerns
    topics: list[TopicProposal] = field(default_factory=list)
    came: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    point: FocalPoint
    topics: list[TopicProposal]
    more: int  # how many topics are not shown


@dataclass(frozen=True, slots=True)
class Year:
    """What the page shows. `earlier` and `later` are the nearest years of which there is anything."""

    year: int
    progress: str
    piles: list[bool]
    besides: str
    growth: str
    joined: list[Organisation]
    meetings: list[Meeting]
    points: list[Point]
    earlier: int | None
    later: int | None
    is_ours: bool  # does the reader belong to the sector or group?


def is_year(year: int, now: datetime) -> bool:
    """Is it a year of which a page can exist?"""
    return FIRST_YEAR <= year <= localtime(now).year + YEARS_AHEAD


def load_year(home: Home, year: int, person, now: datetime) -> Year:
    """Return the year as this person (or visitor) may see it.

    The sector or group is loaded with_year(). 4 queries for a visitor, 7 for a member.
    """
    is_ours = standing_of(person).in_home(home) > Part.NONE
    events = home.events.visible_to(person).in_year(year).with_topics().with_attendance().with_host_names()
    events = list(events.defer("text", "online_url").order_by("start", "pk"))
    points = own_first(home, _points_of(home).filter(year=year).with_partners())
    chosen, alive = _topics(person, events, points) if is_ours else ([], [])
    earlier, later = _neighbours(home, year, now)
    return Year(
        year=year,
        progress=_progress(home, year),
        piles=piles(home.held, _planned(home)),
        besides=_besides(home, events, now),
        growth=_growth(home, year),
        joined=list(_new_members(home, year)),
        meetings=[_meeting(event, chosen, now, is_ours=is_ours) for event in events],
        points=[_point(point, alive) for point in points],
        earlier=earlier,
        later=later,
        is_ours=is_ours,
    )


def _points_of(home: Home):
    if isinstance(home, Sector):
        return FocalPoint.objects.concerning([home])
    return FocalPoint.objects.concerning([], [home])


def _topics(person, events: list[Event], points: list[FocalPoint]) -> tuple[list, list]:
    """Return what was chosen for the meetings, and of each focal point the first topics that still live."""
    visible = TopicProposal.objects.visible_to(person).defer("reason", "summary")
    chosen = visible.filter(event__in=events, status=TopicProposal.Status.PLANNED).order_by("pk")
    alive = visible.filter(focal_point__in=points).alive().first_of_each_focal_point(TOPICS_SHOWN)
    return list(chosen), list(alive.select_related("event"))


def _point(point: FocalPoint, topics: list[TopicProposal]) -> Point:
    shown = [topic for topic in topics if topic.focal_point_id == point.pk]
    return Point(point, shown, more=shown[0].in_all - len(shown) if shown else 0)


def _meeting(event: Event, chosen: list[TopicProposal], now: datetime, *, is_ours: bool) -> Meeting:
    tag, note, came = tag_for(event, None, now), "", ""
    stand = stand_of(event, now) if is_ours else None
    if stand:
        note = stand.sentence
        if stand.light != Light.GREEN or not event.is_past(now):  # "on schedule" says nothing of what is over
            tag = Tag(stand.light.css, stand.light.icon, stand.light.label)
        if event.is_past(now):
            came = _came(event)
    return Meeting(event, tag, note, [topic for topic in chosen if topic.event_id == event.pk], came)


def _came(event: Event) -> str:
    """Return how many came, and without a list at the door how many had registered; each host counts all of them."""
    if event.attended_count:
        return ngettext("%(n)s person came.", "%(n)s people came.", event.attended_count) % {"n": event.attended_count}
    return ngettext("%(n)s registration.", "%(n)s registrations.", event.seats_taken) % {"n": event.seats_taken}


def _planned(home: Home) -> int | None:
    return home.planned if isinstance(home, Sector) else home.meetings_per_year_max


def _progress(home: Home, year: int) -> str:
    """Return how far it is with its meetings, as a sentence; "" for a sector without a plan."""
    if isinstance(home, KnowledgeGroup):
        return home.rhythm
    if home.planned is None:
        return ""
    numbers = {"held": home.held, "planned": home.planned, "year": year}
    return _("%(held)s of %(planned)s meetings in %(year)s") % numbers


def _besides(home: Home, events: list[Event], now: datetime) -> str:
    """Return what was held on top of the plan or the rhythm, as a sentence; "" for nothing."""
    counts = {Event.PLAN_KIND} if isinstance(home, Sector) else set(Event.TOPIC_KINDS)
    extra = sum(
        event.status == Event.Status.PUBLISHED and event.is_past(now) and event.kind not in counts for event in events
    )
    if not extra:
        return ""
    text = ngettext(
        "Besides, there was %(n)s meeting that does not count for the plan.",
        "Besides, there were %(n)s meetings that do not count for the plan.",
        extra,
    )
    return text % {"n": extra}


def _growth(home: Home, year: int) -> str:
    if isinstance(home, KnowledgeGroup) or home.target is None:
        return ""
    text = ngettext(
        "Goal for %(year)s: %(target)s new member. Now: %(new)s.",
        "Goal for %(year)s: %(target)s new members. Now: %(new)s.",
        home.target,
    )
    return text % {"year": year, "target": home.target, "new": home.new_members}


def _new_members(home: Home, year: int) -> OrganisationQuerySet | list:
    if isinstance(home, KnowledgeGroup):
        return []
    return home.organisations.new_members_in(year).order_by("name")


def _neighbours(home: Home, year: int, now: datetime) -> tuple[int | None, int | None]:
    """Return the nearest years before and after of which there is a meeting, a focal point or a plan (1 query)."""
    meetings = home.events.exclude(status=Event.Status.DRAFT).annotate(of=ExtractYear("start", tzinfo=AMSTERDAM))
    years = meetings.order_by().values_list("of").union(_points_of(home).order_by().values_list("year"))
    if isinstance(home, Sector):
        years = years.union(home.years.order_by().values_list("year"))
    known = {found for (found,) in years if is_year(found, now)} | {localtime(now).year}
    return (
        max((found for found in known if found < year), default=None),
        min((found for found in known if found > year), default=None),
    )

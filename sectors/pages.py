"""What the page of a sector tells, collected from the sector's year, people and meetings."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.conf import settings
from django.db import models
from django.db.models import Prefetch, QuerySet
from django.urls import reverse
from django.utils.timezone import localtime

from sectors.models import FocalPoint, Sector, SectorRole

NEXT_MEETINGS = 5
RESULT_YEARS = 5  # on one page
TOPICS_SHOWN = 20  # of a focal point
MOST_SHOWN = 50  # meetings on the page of one focal point: more than anybody plans


def piles(held: int, planned: int | None) -> list[bool]:
    """Return one pile per planned meeting, true when held; extra meetings get a pile of their own."""
    return [number < held for number in range(max(planned or 0, held))]


@dataclass(frozen=True, slots=True)
class YearProgress:
    """How far a sector is with the meetings and new members of one calendar year."""

    year: int
    planned: int
    held: int
    target_new_members: int
    new_members: int

    @property
    def piles(self) -> list[bool]:
        return piles(self.held, self.planned)


def year_progress(sector: Sector, year: int) -> YearProgress | None:
    """Return the progress in the year that the sector was loaded with (with_year); None without a plan for it."""
    if sector.planned is None:
        return None
    return YearProgress(
        year=year,
        planned=sector.planned,
        held=sector.held,
        target_new_members=sector.target,
        new_members=sector.new_members,
    )


def focal_points(sector: Sector, now: datetime) -> list[FocalPoint]:
    """Return the focal points of this year, or of the last year before it that has any (1 query).

    The sector's own come first, then those of other sectors in which it is a partner.
    """
    return own_first(
        sector, FocalPoint.objects.concerning([sector]).in_year_until(localtime(now).year).with_partners()
    )


def own_first(home: models.Model, points: QuerySet[FocalPoint]) -> list[FocalPoint]:
    """Return the focal points (with their sector) in their order, first those of the home when that is a sector."""
    return sorted(points, key=lambda point: point.sector != home)


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody with a role, as a card: the person, and the organisation they work at now."""

    person: object
    note: str


def people(sector: Sector) -> dict[str, list[Contact]]:
    """Return today's people per role ("chair", "programme_manager")."""
    found: dict[str, list[Contact]] = {role: [] for role in SectorRole.Role.values}
    for role in sector.roles.active_on().with_people():
        found[role.role].append(Contact(role.person, role.organisation_name))
    return found


def next_meetings(home: models.Model, person: object, now: datetime) -> list:
    """Return the first meetings to come of a sector or group that this person (or visitor) may know of."""
    meetings = home.events.visible_to(person).upcoming(now).with_seats().with_host_names()
    return meetings.with_registration_of(person).first_to_begin(NEXT_MEETINGS)


def calendar_address(feed: str, slug: str) -> str:
    """Return the address with which a calendar program subscribes to a feed such as "events:sector_calendar"."""
    return f"webcal://{settings.SITE_URL.partition('://')[2]}{reverse(feed, args=[slug])}"


def sectors_with_chairs() -> QuerySet[Sector]:
    """Return all sectors, each with `chairs`: today's roles of its chairs with their people (3 queries)."""
    chairs = SectorRole.objects.active_on().filter(role=SectorRole.Role.CHAIR).select_related("person")
    return Sector.objects.prefetch_related(Prefetch("roles", queryset=chairs, to_attr="chairs"))


@dataclass(frozen=True, slots=True)
class Work:
    """What is done for a focal point, as far as the reader may know of it: meetings, trainings and topics."""

    meetings: list
    trainings: list
    topics: list
    more_topics: int  # how many are not among them


def work_on(point: FocalPoint, person: object) -> Work:
    """Return the last meetings, in their order, and the last topics (1 query for a visitor, 3 for a member)."""
    found = (
        point.events.model.objects.of_focal_points([point.pk])
        .visible_to(person)
        .with_seats()
        .with_host_names()
        .with_registration_of(person)
    )
    events = list(reversed(found.order_by("-start", "-pk")[:MOST_SHOWN]))
    topics = point.topic_proposals.visible_to(person).alive().first_of_each_focal_point(TOPICS_SHOWN)
    topics = list(topics.select_related("event").defer("reason", "summary"))
    return Work(
        meetings=[event for event in events if event.kind != event.Kind.TRAINING],
        trainings=[event for event in events if event.kind == event.Kind.TRAINING],
        topics=topics,
        more_topics=topics[0].in_all - len(topics) if topics else 0,
    )


@dataclass(frozen=True, slots=True)
class YearResults:
    year: int
    points: list[FocalPoint]


def results(until: int | None = None) -> tuple[list[YearResults], int | None]:
    """Return the results of some years, the newest first, and the year from which there are older ones (1 query).

    `until` is the newest year to show; None for all.
    """
    points = FocalPoint.objects.with_result().with_partners()
    if until is not None:
        points = points.filter(year__lte=until)
    years = [YearResults(year, list(rows)) for year, rows in groupby(points, key=lambda point: point.year)]
    older = years[RESULT_YEARS].year if len(years) > RESULT_YEARS else None
    return years[:RESULT_YEARS], older

"""What the page of a sector tells, collected from the sector's year, people and meetings."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Prefetch, QuerySet
from django.urls import reverse
from django.utils.timezone import localtime

from sectors.models import FocalPoint, Sector, SectorRole

NEXT_MEETINGS = 5


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
        """One pile per planned meeting, true when held; extra meetings get a pile of their own."""
        return [number < self.held for number in range(max(self.planned, self.held))]


def year_progress(sector: Sector, now: datetime) -> YearProgress | None:
    """Return the progress in the year of the moment, or None when the sector has no plan for it (1 or 3 queries)."""
    year = localtime(now).year
    plan = sector.years.filter(year=year).first()
    if plan is None:
        return None
    # A plan counts the meetings of the sector itself: a joint one or a lunch session comes on top of it.
    held = sector.events.filter(kind="sector", status="published", start__year=year, end__lte=now).count()
    return YearProgress(
        year=year,
        planned=plan.planned_meetings,
        held=held,
        target_new_members=plan.target_new_members,
        new_members=sector.organisations.new_members_in(year).count(),
    )


def focal_points(sector: Sector, now: datetime) -> QuerySet[FocalPoint]:
    """Return the focal points of this year, or of the last year before it that has any."""
    known = sector.focal_points.filter(year__lte=localtime(now).year)
    return known.filter(year=known.order_by("-year").values("year")[:1]).prefetch_related(
        "partner_sectors", "partner_groups", "partner_organisations"
    )


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody with a role, as a card: the person, and the organisation they work at now."""

    person: object
    note: str


def people(sector: Sector) -> dict[str, list[Contact]]:
    """Return today's people per role ("chair", "programme_manager")."""
    found: dict[str, list[Contact]] = {role: [] for role in SectorRole.Role.values}
    for role in sector.roles.active_on().with_people():
        positions = role.person.current_positions
        found[role.role].append(Contact(role.person, str(positions[0].organisation) if positions else ""))
    return found


def next_meetings(sector: Sector, person: object, now: datetime) -> list:
    """Return the sector's first meetings to come that this person (or visitor) may know of."""
    meetings = sector.events.visible_to(person).upcoming(now).with_seats().with_hosts()
    return meetings.with_registration_of(person).first_to_begin(NEXT_MEETINGS)


def calendar_address(sector: Sector) -> str:
    """Return the address with which a calendar program subscribes to the sector's meetings."""
    host = settings.SITE_URL.partition("://")[2]
    return f"webcal://{host}{reverse('events:sector_calendar', args=[sector.slug])}"


def sectors_with_chairs() -> QuerySet[Sector]:
    """Return all sectors, each with `chairs`: today's roles of its chairs with their people (3 queries)."""
    chairs = SectorRole.objects.active_on().filter(role=SectorRole.Role.CHAIR).select_related("person")
    return Sector.objects.prefetch_related(Prefetch("roles", queryset=chairs, to_attr="chairs"))

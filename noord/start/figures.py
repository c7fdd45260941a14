"""What the start page counts. Each question is asked once for all sectors, however many there are."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import CharField, Count, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat, TruncDate
from django.utils.timezone import localtime

from events.models import ChangeNotice, Event, Invitation, Registration
from members.models import Organisation
from members.periods import active_on
from noord.gathered import counted
from noord.outbox.models import Mail
from noord.start import relations
from sectors.models import Sector

DRAFT_SOON = timedelta(weeks=6)  # a draft that begins sooner needs publishing: people must still be invited
YEARS_BACK = 7


class Concern(NamedTuple):
    """A meeting that asks for something, for one of its sectors; `number` is how many rows of it."""

    event_id: int
    slug: str
    title: str
    number: int = 1


def with_figures(sectors: QuerySet[Sector], now: datetime) -> QuerySet[Sector]:
    """Add next_meeting (an id), what with_year() adds of this year, drafts, due, quiet and vacant.

    The last three count organisations of the sector: prospective members with a step that is due, members without
    contact for six months, and members with a vacant role.
    """
    today = localtime(now).date()
    coming = Event.objects.filter(sectors=OuterRef("pk"), status=Event.Status.PUBLISHED, end__gt=now)
    drafts = Event.objects.filter(status=Event.Status.DRAFT, start__gte=now, start__lte=now + DRAFT_SOON)
    taking_part = Sector.organisations.through.objects
    due = taking_part.filter(organisation__in=relations.prospects_due(today).order_by().values("pk"))
    quiet = taking_part.filter(organisation__in=relations.without_contact(today).order_by().values("pk"))
    vacant = taking_part.filter(organisation__in=relations.with_vacancy(today).order_by().values("pk"))
    return sectors.with_year(today.year, now).annotate(
        vacant=counted(vacant, "sector", "organisation"),
        due=counted(due, "sector", "organisation"),
        quiet=counted(quiet, "sector", "organisation"),
        next_meeting=Subquery(coming.order_by("start", "pk").values("pk")[:1]),
        drafts=counted(drafts, "sectors"),
    )


def new_members(sectors: list[Sector], now: datetime) -> dict[int, set[int]]:
    """Return the ids of the organisations that became a member this year, by sector."""
    new = Organisation.objects.new_members_in(localtime(now).year).order_by().values("pk")
    joined = Sector.organisations.through.objects.filter(organisation__in=new, sector__in=sectors)
    found = defaultdict(set)
    for sector, organisation in joined.values_list("sector", "organisation"):
        found[sector].add(organisation)
    return found


def next_meetings(sectors: list[Sector]) -> dict[int, Event]:
    """Return each sector's next meeting with its seats and its topics."""
    ids = {sector.next_meeting for sector in sectors} - {None}
    meetings = Event.objects.with_seats().with_topics().in_bulk(ids)
    return {sector.pk: meetings[sector.next_meeting] for sector in sectors if sector.next_meeting in meetings}


def silent(events: list[Event]) -> dict[int, int]:
    """Return how many people were invited and have not answered, by meeting."""
    asked = Invitation.objects.filter(event__in=events).unanswered()
    return dict(asked.order_by().values_list("event").annotate(Count("pk")))


def registration_days(events: list[Event]) -> dict[int, list[tuple[date, int]]]:
    """Return on which days how many of today's registrations came, by meeting."""
    days = Registration.objects.confirmed().filter(event__in=events).annotate(day=TruncDate("queued_at"))
    found = defaultdict(list)
    for event, day, number in days.values_list("event", "day").annotate(Count("pk")).order_by("event", "day"):
        found[event].append((day, number))
    return found


def meetings_of_year(sectors: list[Sector], now: datetime) -> dict[int, list[Event]]:
    """Return the meetings that the sectors held this year, with their seats; a joint one is of each of its hosts."""
    held = Event.objects.filter(sectors__in=sectors).in_year(localtime(now).year).held(now)
    held = held.annotate(of_sector=F("sectors")).with_attendance()
    found = defaultdict(list)
    for event in held.order_by("start", "pk"):
        found[event.of_sector].append(event)
    return found


def year_ends(now: datetime) -> list[date]:
    """Return the last day of each of the last years, and today for this one."""
    today = localtime(now).date()
    return [*(date(year, 12, 31) for year in range(today.year - YEARS_BACK, today.year)), today]


def members_by_year(sectors: list[Sector], now: datetime) -> dict[int, list[int]]:
    """Return how many members each sector had on each of year_ends()."""
    days = year_ends(now)
    counted = Sector.objects.filter(pk__in=[sector.pk for sector in sectors]).annotate(
        **{
            f"members_{day.year}": Count(
                "organisations", filter=active_on(day, "organisations__memberships__"), distinct=True
            )
            for day in days
        }
    )
    return {sector.pk: [getattr(sector, f"members_{day.year}") for day in days] for sector in counted}


def members_of_network(now: datetime) -> list[int]:
    """Return how many members the network had on each of year_ends()."""
    days = year_ends(now)
    counts = Organisation.objects.aggregate(
        **{f"members_{day.year}": Count("pk", filter=active_on(day, "memberships__"), distinct=True) for day in days}
    )
    return [counts[f"members_{day.year}"] for day in days]


def untold(sectors: list[Sector], now: datetime) -> dict[int, list[Concern]]:
    """Return the meetings whose change nobody told yet and nobody decided about, by sector."""
    waiting = ChangeNotice.objects.filter(
        closed_at=None, announce_at=None, event__end__gt=now, event__sectors__in=sectors
    )
    found = defaultdict(list)
    rows = waiting.order_by("event__start", "event").values_list(
        "event__sectors", "event", "event__slug", "event__title"
    )
    for sector, *meeting in rows:
        found[sector].append(Concern(*meeting))
    return found


def failed_mails(sectors: list[Sector]) -> dict[int, list[Concern]]:
    """Return the meetings about which mails failed, with how many, by sector (2 queries)."""
    abouts = Event.objects.filter(sectors__in=sectors).annotate(about=Concat(Value("event:"), Cast("pk", CharField())))
    # about <> '' is what the index of these mails is made for.
    failed = Mail.objects.exclude(about="").filter(status=Mail.Status.FAILED, about__in=abouts.values("about"))
    numbers = {
        int(about.partition(":")[2]): number
        for about, number in failed.order_by().values_list("about").annotate(Count("pk"))
    }
    found = defaultdict(list)
    meetings = Event.objects.filter(pk__in=numbers, sectors__in=sectors).order_by("-start", "-pk")
    for sector, event, slug, title in meetings.values_list("sectors", "pk", "slug", "title"):
        found[sector].append(Concern(event, slug, title, numbers[event]))
    return found

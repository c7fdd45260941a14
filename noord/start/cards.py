"""The start page as its cards: one per sector of this person, one line per other sector, and the relations."""

from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import Event
from events.stand import Stand, stand_of
from noord.dates import day_long, local_day, short_month
from noord.start import figures, links, relations, todo
from noord.start.charts import Chart, bars_of, steps_of
from noord.start.todo import Reach, Todo
from sectors.models import Sector
from sectors.pages import piles


@dataclass(frozen=True, slots=True)
class Number:
    """A number and the list that it counts; no address when this person cannot open it."""

    value: int
    url: str = ""


@dataclass(frozen=True, slots=True)
class Meeting:
    event: Event
    registered: Number
    waiting: Number
    silent: int
    stand: Stand | None  # where it stands with its topics
    days_left: int | None  # until those must be known, from a week before up to the day itself
    fill: int | None  # in percent of the seats
    is_managed: bool
    can_invite: bool


@dataclass(frozen=True, slots=True)
class Growth:
    year: int
    held: Number
    planned: int | None
    new_members: Number
    target: int | None

    @property
    def piles(self) -> list[bool]:
        return piles(self.held.value, self.planned)

    @property
    def seeds(self) -> list[bool]:
        return piles(self.new_members.value, self.target)


@dataclass(frozen=True, slots=True)
class SectorCard:
    sector: Sector
    url: str
    meeting: Meeting | None
    growth: Growth
    todos: list[Todo]
    charts: list[Chart] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class RelationsCard:
    members: Number
    prospects: Number
    todos: list[Todo]
    chart: Chart


def sector_cards(sectors: QuerySet[Sector], reach: Reach, now: datetime, *, is_whole: bool) -> list[SectorCard]:
    """Return a card for each sector: with charts and relations when whole, else only what a line of a table shows."""
    rows = list(figures.with_figures(sectors, now))
    if not rows:
        return []
    today = localtime(now).date()
    meetings = figures.next_meetings(rows)
    events = list(meetings.values())
    silent = figures.silent(events)
    joined = figures.new_members(rows, now) if reach.relations else {}
    untold = figures.untold(rows, now) if reach.meetings else {}
    failed = figures.failed_mails(rows) if reach.meetings or reach.mails else {}
    drawn = _charts(rows, meetings, now) if is_whole else {}
    cards = []
    for row in rows:
        event = meetings.get(row.pk)
        todos = [
            *todo.untold(untold.get(row.pk, [])),
            *todo.failed_mails(failed.get(row.pk, []), reach),
            *(todo.silent(event, silent.get(event.pk, 0), reach) if event else []),
            *todo.nothing_planned(row, reach),
            *todo.drafts(row, now),
            *(_relations(row) if reach.relations else ()),
            *todo.no_plan(row, today.year, reach),
        ]
        new = links.organisations(joined[row.pk]) if row.pk in joined else ""
        cards.append(
            SectorCard(
                sector=row,
                url=links.page_of(row),
                meeting=_meeting(event, silent.get(event.pk, 0), reach, now) if event else None,
                growth=Growth(
                    year=today.year,
                    held=Number(row.held, links.held_in(today.year, row, now)),
                    planned=row.planned,
                    new_members=Number(row.new_members, new),
                    target=row.target,
                ),
                todos=todos,
                charts=drawn.get(row.pk, []),
            )
        )
    return cards


def _relations(sector: Sector) -> list[Todo]:
    return [
        *todo.prospects(sector.due, links.prospects_due(sector)),
        *todo.without_contact(sector.quiet, links.without_contact(sector)),
        *todo.vacancies(sector.vacant, links.with_vacancy(sector)),
    ]


def _meeting(event: Event, silent: int, reach: Reach, now: datetime) -> Meeting:
    left = (event.prepare_by - localtime(now).date()).days
    return Meeting(
        event=event,
        registered=_registrations_of(event, "confirmed", event.seats_taken, reach),
        waiting=_registrations_of(event, "waiting", event.waiting_count, reach),
        silent=silent,
        stand=stand_of(event, now),
        days_left=left if 0 <= left <= 7 else None,
        fill=min(100, event.seats_taken * 100 // event.capacity) if event.capacity else None,
        is_managed=reach.meetings,
        can_invite=reach.meetings and event.start > localtime(),
    )


def _registrations_of(event: Event, status: str, number: int, reach: Reach) -> Number:
    return Number(number, links.registrations_of(event.pk, status) if reach.registrations else "")


def _charts(rows: list[Sector], meetings: dict[int, Event], now: datetime) -> dict[int, list[Chart]]:
    days = figures.registration_days(list(meetings.values()))
    held = figures.meetings_of_year(rows, now)
    members = figures.members_by_year(rows, now)
    found = {}
    for row in rows:
        event = meetings.get(row.pk)
        drawn = [
            _registrations(row, event, days.get(event.pk, []), now) if event else None,
            _attendance(row, held.get(row.pk, []), localtime(now).year),
            _members(row.slug, members[row.pk], now),
        ]
        found[row.pk] = [chart for chart in drawn if chart]
    return found


def _registrations(sector: Sector, event: Event, days: list[tuple[date, int]], now: datetime) -> Chart | None:
    if not days:
        return None
    total = sum(number for _day, number in days)
    running, rows = 0, []
    for day, number in days:
        running += number
        rows.append((day_long(day), number, running))
    first, last = days[0][0], max(localtime(now).date(), days[-1][0])
    return Chart(
        slug=f"registrations-{sector.slug}",
        title=_("Registrations so far"),
        sentence=ngettext("%(n)s registration since %(day)s.", "%(n)s registrations since %(day)s.", total)
        % {"n": total, "day": day_long(first)},
        columns=(_("Day"), _("New registrations"), _("Registrations in total")),
        rows=rows,
        first_word=_day(first),
        last_word=_day(last) if last > first else "",
        **steps_of(days, last, event.capacity),
    )


def _attendance(sector: Sector, events: list[Event], year: int) -> Chart | None:
    if not events:
        return None
    known = any(event.attended_count for event in events)
    points, rows = [], []
    for event in events:
        day = local_day(event.start)
        came = event.attended_count if known else None
        points.append(((str(day.day), short_month(day)), event.seats_taken, came))
        rows.append((event.title, day_long(day), event.seats_taken, *((came,) if known else ())))
    columns = (_("Meeting"), _("Day"), _("Registered"), *((_("Was there"),) if known else ()))
    n = len(events)
    return Chart(
        slug=f"attendance-{sector.slug}",
        title=_("Attendance per meeting in %(year)s") % {"year": year}
        if known
        else _("Registrations per meeting in %(year)s") % {"year": year},
        sentence=ngettext(
            "%(n)s meeting, with %(all)s registrations.", "%(n)s meetings, with %(all)s registrations.", n
        )
        % {"n": n, "all": sum(event.seats_taken for event in events)},
        columns=columns,
        rows=rows,
        bars=bars_of(points),
    )


def _members(slug: str, counts: list[int], now: datetime) -> Chart | None:
    days = figures.year_ends(now)
    while counts and not counts[0]:
        days, counts = days[1:], counts[1:]
    if not counts:
        return None
    return Chart(
        slug=f"members-{slug}",
        title=_("Members over the years"),
        sentence=_("From %(first)s in %(year)s to %(last)s now.")
        % {"first": counts[0], "year": days[0].year, "last": counts[-1]},
        columns=(_("Counted on"), _("Members")),
        rows=[(day_long(day), count) for day, count in zip(days, counts, strict=True)],
        bars=bars_of([((str(day.year),), count, None) for day, count in zip(days, counts, strict=True)]),
    )


def _day(day: date) -> str:
    return f"{day.day} {short_month(day)}"


def relations_card(now: datetime, *, with_requests: bool) -> RelationsCard:
    """Return what waits in the relations of the whole network; requests for membership for who may see them."""
    today = localtime(now).date()
    prospects, due = relations.count_prospects(today)
    quiet, vacant = relations.count_members(today)
    counts = figures.members_of_network(now)
    return RelationsCard(
        members=Number(counts[-1], links.members()),
        prospects=Number(prospects, links.prospects()),
        todos=[
            *(todo.requests(relations.open_requests()) if with_requests else ()),
            *todo.prospects(due, links.prospects_due()),
            *todo.without_contact(quiet, links.without_contact()),
            *todo.vacancies(vacant, links.with_vacancy()),
        ],
        chart=_members("network", counts, now),
    )

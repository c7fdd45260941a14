"""The agenda as rows that are ready to print: which meetings, grouped by month, and the month as a table.

The page is a list of fifty that everybody opens, so it is made to be quick: the template only prints.
Four queries for a visitor: what to filter on, the meetings, their hosts, the days of the month panel.
"""

from calendar import Calendar
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import MAXYEAR, date, datetime, timedelta
from typing import NamedTuple, Self
from urllib.parse import urlencode

from django.db.models import CharField, QuerySet, Value
from django.http import QueryDict
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.timezone import get_current_timezone, localdate, localtime
from django.utils.translation import gettext as _

from events.models import Event
from events.status import Tag, tag_for
from knowledge_groups.models import KnowledgeGroup
from noord import dates
from sectors.models import Sector

PAGE_SIZE = 50
LAST_PAGE = 1000
SECTOR, GROUP = "sector", "group"


class Host(NamedTuple):
    """A sector or knowledge group, as much as a list needs of it."""

    kind: str
    pk: int
    slug: str
    name: str


def load_hosts() -> list[Host]:
    """Return all sectors and groups, by kind and name (1 query)."""

    def of_kind(queryset: QuerySet, kind: str) -> QuerySet:
        return queryset.order_by().values_list(Value(kind, output_field=CharField()), "pk", "slug", "name")

    rows = of_kind(Sector.objects, SECTOR).union(of_kind(KnowledgeGroup.objects, GROUP), all=True)
    return sorted((Host(*row) for row in rows), key=lambda host: (host.kind != SECTOR, host.name.casefold()))


def host_pairs(events: Iterable[Event]) -> dict[int, set[tuple[str, int]]]:
    """Return per meeting (by pk) which hosts it has, as (kind, pk) (1 query)."""
    pks = [event.pk for event in events]
    if not pks:
        return {}

    def of_kind(through: type, column: str, kind: str) -> QuerySet:
        rows = through.objects.filter(event__in=pks).order_by()
        return rows.values_list("event_id", Value(kind, output_field=CharField()), column)

    sectors = of_kind(Event.sectors.through, "sector_id", SECTOR)
    found = defaultdict(set)
    for event, kind, pk in sectors.union(of_kind(Event.groups.through, "knowledgegroup_id", GROUP), all=True):
        found[event].add((kind, pk))
    return found


@dataclass(frozen=True, slots=True)
class Question:
    """What the reader asks of the agenda, as typed in the address."""

    sector: Host | None = None
    group: Host | None = None
    kind: str = ""
    past: bool = False
    month: date | None = None
    page: int = 1

    @classmethod
    def parse(cls, query: QueryDict, hosts: list[Host]) -> Self:
        """Read the address. Raises ValueError when it asks for something that does not exist."""
        kind, page, month = query.get("soort", ""), query.get("pagina") or "1", query.get("maand")
        if kind and kind not in Event.Kind.values:
            raise ValueError("There is no such kind of meeting.")
        if not (
            page.isascii() and page.isdigit() and len(page) <= len(str(LAST_PAGE)) and 1 <= int(page) <= LAST_PAGE
        ):
            raise ValueError("There is no such page.")
        return cls(
            sector=cls._host(hosts, SECTOR, query.get("sector")),
            group=cls._host(hosts, GROUP, query.get("groep")),
            kind=kind,
            past=bool(query.get("voorbij")),
            month=cls._month(month) if month else None,
            page=int(page),
        )

    @staticmethod
    def _host(hosts: list[Host], kind: str, slug: str | None) -> Host | None:
        if not slug:
            return None
        for host in hosts:
            if host.kind == kind and host.slug == slug:
                return host
        raise ValueError("There is no such sector or group.")

    @staticmethod
    def _month(text: str) -> date:
        year, dash, month = text.partition("-")
        if not (text.isascii() and len(text) == len("2026-12") and dash and year.isdigit() and month.isdigit()):
            raise ValueError("A month is written as 2026-12.")
        first = date(int(year), int(month), 1)
        if not 1900 < first.year < MAXYEAR:
            raise ValueError("The calendar does not go that far.")
        return first

    @property
    def is_filtered(self) -> bool:
        return bool(self.sector or self.group or self.kind)

    def address(self, **changes: object) -> str:
        """Return the query string that asks this with changes (an empty one leaves the word out)."""
        words = {
            "sector": self.sector.slug if self.sector else "",
            "groep": self.group.slug if self.group else "",
            "soort": self.kind,
            "voorbij": "1" if self.past else "",
            "maand": f"{self.month:%Y-%m}" if self.month else "",
        } | changes
        return "?" + urlencode({word: value for word, value in words.items() if value})

    def narrow(self, events: QuerySet) -> QuerySet:
        """Keep the meetings of the chosen sector, group and kind."""
        if self.sector:
            events = events.filter(sectors=self.sector.pk)
        if self.group:
            events = events.filter(groups=self.group.pk)
        return events.filter(kind=self.kind) if self.kind else events

    def select(self, events: QuerySet, now: datetime) -> QuerySet:
        """Keep the meetings of this question in the order of the list."""
        if self.month:
            return in_month(events, self.month)
        return events.past(now) if self.past else events.upcoming(now)


def in_month(events: QuerySet, first: date) -> QuerySet:
    """Keep what starts in the month that begins on the day, in Amsterdam."""
    zone = get_current_timezone()
    begin, end = (datetime(day.year, day.month, 1, tzinfo=zone) for day in (first, next_month(first)))
    return events.filter(start__gte=begin, start__lt=end).order_by("start", "pk")


def next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def previous_month(first: date) -> date:
    return (first - timedelta(days=1)).replace(day=1)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the agenda, every field as it is printed. `anchor` is set on the first row of a day."""

    event: Event
    date: SafeString
    url: str
    times: str
    place: str
    hosts: str
    tag: Tag
    anchor: str


@dataclass(slots=True)
class Month:
    title: str
    rows: list[Row] = field(default_factory=list)


def sentence(names: list[str]) -> str:
    """Return "A", "A en B", or "A, B en C"."""
    if len(names) < 2:
        return "".join(names)
    return _("%(first)s and %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}


def rows_by_month(events: list[Event], hosts: list[Host], now: datetime) -> list[Month]:
    """Return the meetings as rows under their months, in the order given (1 query, for the hosts).

    The meetings need with_seats(); my_registrations when the reader is logged in.
    """
    pairs = host_pairs(events)
    placeholder = "_"
    address = reverse("events:event", args=[placeholder])
    no_place, sector_name = _("place follows"), _("Sector %(name)s")
    months: dict[date, Month] = {}
    names: dict[frozenset, str] = {}
    last_day = None
    for event in events:
        day = localtime(event.start).date()
        own = frozenset(pairs.get(event.pk, ()))
        if own not in names:
            names[own] = sentence(
                [
                    sector_name % {"name": host.name} if host.kind == SECTOR else host.name
                    for host in hosts
                    if (host.kind, host.pk) in own
                ]
            )
        mine = getattr(event, "my_registrations", None)
        first = day.replace(day=1)
        if first not in months:
            months[first] = Month(dates.month_year(day).capitalize())
        months[first].rows.append(
            Row(
                event=event,
                date=dates.date_block(day),
                url=address.replace(placeholder, event.slug),
                times=dates.time_range(event.start, event.end),
                place=event.place or no_place,
                hosts=names[own],
                tag=tag_for(event, mine[0] if mine else None, now),
                anchor="" if day == last_day else f"dag-{day}",
            )
        )
        last_day = day
    return list(months.values())


@dataclass(frozen=True, slots=True)
class Day:
    """A cell of the month: without a number outside it, with an address when there is something that day."""

    number: int
    is_today: bool = False
    url: str = ""
    titles: str = ""


class Link(NamedTuple):
    url: str
    name: str


@dataclass(frozen=True, slots=True)
class Panel:
    """A month as a table of weeks, Monday first."""

    first: date
    title: str
    month_name: str
    weekdays: list[tuple[str, str]]
    weeks: list[list[Day]]
    previous: Link
    next: Link


def month_panel(first: date, meetings: Iterable[tuple[datetime, str, str]], question: Question) -> Panel:
    """Return the month; the meetings are (start, slug, title) in their order.

    A day with one meeting leads to it, a day with more to that day in the list of the month.
    """
    found = defaultdict(list)
    for start, slug, title in meetings:
        found[localtime(start).date()].append((slug, title))
    today = localdate()
    words = dates.names()

    def cell(day: date) -> Day:
        if day.month != first.month:
            return Day(0)
        that_day = found.get(day)
        if not that_day:
            return Day(day.day, day == today)
        if len(that_day) == 1:
            url = reverse("events:event", args=[that_day[0][0]])
        else:
            url = f"{question.address(maand=f'{first:%Y-%m}', voorbij='')}#dag-{day}"
        return Day(day.day, day == today, url, sentence([title for _slug, title in that_day]))

    def neighbour(month: date) -> Link:
        return Link(question.address(maand=f"{month:%Y-%m}", voorbij=""), words.months[month.month - 1].capitalize())

    return Panel(
        first=first,
        title=dates.month_year(first),
        month_name=words.months[first.month - 1],
        weekdays=list(zip(words.short_weekdays, words.weekdays, strict=True)),
        weeks=[[cell(day) for day in week] for week in Calendar().monthdatescalendar(first.year, first.month)],
        previous=neighbour(previous_month(first)),
        next=neighbour(next_month(first)),
    )

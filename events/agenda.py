"""What a reader asks of the agenda, and the answer as rows under their months.

The list of fifty is what everybody opens, so it is made to be quick: four queries for a visitor (what
there is to filter on, the meetings with their hosts, their seats, the days of the month), and rows ready to print.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import MAXYEAR, date, datetime, timedelta
from typing import NamedTuple, Self
from urllib.parse import urlencode

from django.db.models import CharField, Count, Model, QuerySet, Value
from django.http import QueryDict
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from events.models import Event, Registration
from events.rows import RowPrinter
from events.words import sentence
from knowledge_groups.models import KnowledgeGroup
from noord import dates
from noord.prepared import Prepared
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


def _hosts(model: type[Model], kind: str) -> QuerySet:
    return model.objects.order_by().values_list(Value(kind, output_field=CharField()), "pk", "slug", "name")


HOSTS = Prepared(lambda: _hosts(Sector, SECTOR).union(_hosts(KnowledgeGroup, GROUP), all=True))
# Built once; every request takes a copy.
SEATS = Registration.objects.current().order_by().values_list("event", "status").annotate(Count("pk"))


def load_hosts() -> list[Host]:
    """Return all sectors and groups, by kind and name (1 query)."""
    hosts = [Host(*row) for row in HOSTS.all()]
    return sorted(hosts, key=lambda host: (host.kind != SECTOR, host.name.casefold()))


class ListedEvent:
    """A meeting with as much as a row needs; a rule about it is Event's own.

    Fifty of these cost a tenth of fifty models. `hosts` holds (kind, pk) of each host.
    """

    FIELDS = (
        "pk",
        "slug",
        "title",
        "start",
        "end",
        "place",
        "status",
        "capacity",
        "registration_opens",
        "registration_closes",
    )
    Status = Event.Status
    is_cancelled = Event.is_cancelled
    closes_at = Event.closes_at
    is_past = Event.is_past

    def __init__(self, values: Iterable) -> None:
        self.__dict__.update(zip(self.FIELDS, values, strict=True))
        self.hosts: set[tuple[str, int]] = set()
        self.seats_taken = self.waiting_count = 0
        self.my_registrations: list[Registration] = []


def _listed(question: "Question", person: object, now: datetime | None = None) -> QuerySet:
    skip = (question.page - 1) * PAGE_SIZE
    events = question.select(question.narrow(Event.objects.visible_to(person)), now)
    page = events[skip : skip + PAGE_SIZE + 1]
    rows = Event.objects.filter(pk__in=page.values("pk")).order_by(*events.query.order_by)
    return rows.values_list(*ListedEvent.FIELDS, "sectors", "groups")


LISTED = Prepared(_listed)
DAYS = Prepared(
    lambda question, person, begin, end: (
        question.narrow(Event.objects.visible_to(person))
        .filter(start__gte=begin, start__lt=end)
        .order_by("start", "pk")
        .values_list("start", "slug", "title")
    )
)


def load_events(question: "Question", person: object, now: datetime) -> list[ListedEvent]:
    """Return the page of meetings that the question asks for and one more, with hosts and seats.

    Two queries, and one more for who is logged in. A meeting comes once per host, which is why the page is
    cut inside.
    """
    found: dict[int, ListedEvent] = {}
    moment = {} if question.month else {"now": now}
    for *values, sector, group in LISTED.all(question=question, person=person, **moment):
        event = found.get(values[0]) or found.setdefault(values[0], ListedEvent(values))
        event.hosts |= {(kind, pk) for kind, pk in ((SECTOR, sector), (GROUP, group)) if pk}
    limited = [event.pk for event in found.values() if event.capacity is not None]
    for pk, status, count in SEATS.filter(event__in=limited):
        if status == Registration.Status.CONFIRMED:
            found[pk].seats_taken = count
        else:
            found[pk].waiting_count = count
    if person.is_authenticated:
        mine = Registration.objects.current().filter(event__in=list(found), person=person)
        for registration in mine.with_place():
            found[registration.event_id].my_registrations = [registration]
    return list(found.values())


def load_days(question: "Question", person: object, first: date) -> list[tuple[datetime, str, str]]:
    """Return (start, slug, title) of what the question finds in the month that begins on the day (1 query)."""
    begin, end = month_bounds(first)
    # A panel beside the list is the same question whatever page or month the list shows.
    question = replace(question, past=False, month=None, page=1)
    return DAYS.all(question=question, person=person, begin=begin, end=end)


@dataclass(frozen=True, slots=True)
class Question:
    """What the reader asks of the agenda, as typed in the address."""

    sector: str = ""
    group: str = ""
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
            sector=cls._known(SECTOR, query.get("sector", ""), hosts),
            group=cls._known(GROUP, query.get("groep", ""), hosts),
            kind=kind,
            past=bool(query.get("voorbij")),
            month=cls._month(month) if month else None,
            page=int(page),
        )

    @staticmethod
    def _known(kind: str, slug: str, hosts: list[Host]) -> str:
        if slug and not any(host.kind == kind and host.slug == slug for host in hosts):
            raise ValueError("There is no such sector or group.")
        return slug

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
            "sector": self.sector,
            "groep": self.group,
            "soort": self.kind,
            "voorbij": "1" if self.past else "",
            "maand": f"{self.month:%Y-%m}" if self.month else "",
        } | changes
        return "?" + urlencode({word: value for word, value in words.items() if value})

    def narrow(self, events: QuerySet) -> QuerySet:
        """Keep the meetings of the chosen sector, group and kind."""
        if self.sector:
            events = events.filter(sectors__slug=self.sector)
        if self.group:
            events = events.filter(groups__slug=self.group)
        return events.filter(kind=self.kind) if self.kind else events

    def select(self, events: QuerySet, now: datetime) -> QuerySet:
        """Keep the meetings of this question in the order of the list."""
        if self.month:
            begin, end = month_bounds(self.month)
            return events.filter(start__gte=begin, start__lt=end).order_by("start", "pk")
        return events.past(now) if self.past else events.upcoming(now)


def month_bounds(first: date) -> tuple[datetime, datetime]:
    """Return the first moment of the month that begins on the day, and of the next one, in Amsterdam."""
    begin, end = (datetime(day.year, day.month, 1, tzinfo=dates.AMSTERDAM) for day in (first, next_month(first)))
    return begin, end


def next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def previous_month(first: date) -> date:
    return (first - timedelta(days=1)).replace(day=1)


class Month(NamedTuple):
    """A month of the list, its rows as HTML."""

    title: str
    rows: SafeString


def rows_by_month(events: list[ListedEvent], hosts: list[Host], now: datetime) -> list[Month]:
    """Return the meetings as rows under their months, in the order given. The first row of a day has an anchor."""
    printer = RowPrinter(now)
    sector_name = _("Sector %(name)s")
    notes: dict[frozenset, str] = {}
    months: dict[date, list[str]] = defaultdict(list)
    last_day = None
    for event in events:
        day = dates.local_day(event.start)
        own = frozenset(event.hosts)
        if own not in notes:
            names = [
                sector_name % {"name": host.name} if host.kind == SECTOR else host.name
                for host in hosts
                if (host.kind, host.pk) in own
            ]
            notes[own] = sentence(names)
        anchor = "" if day == last_day else f"dag-{day}"
        months[day.replace(day=1)].append(printer.row(event, notes[own], anchor))
        last_day = day
    return [Month(dates.month_year(month).capitalize(), mark_safe("".join(rows))) for month, rows in months.items()]  # noqa: S308

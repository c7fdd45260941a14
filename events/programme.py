"""The programme of a meeting as the page, the form and the calendar show it: rows in the order of the day."""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import Event, ProgrammeItem
from events.words import sentence
from noord.dates import time_of_day
from noord.prepared import Prepared


class Item(NamedTuple):
    """What the programme shows of an item and of one who speaks there, in the order of the columns."""

    pk: int
    title: str
    text: str
    room: str
    kind: str
    capacity: int | None
    block_id: int | None
    begins: datetime
    seats_taken: int
    waiting_count: int
    my_seat: bool
    my_wait: bool
    speakers__name: str | None
    speakers__role: str | None
    speakers__organisation: str | None


# A row for each speaker of an item, one for an item without: a second question would cost more than saying it twice.
ITEMS = Prepared(
    lambda event, person: (
        ProgrammeItem.objects.filter(event=event)
        .with_seats()
        .with_choice_of(person)
        .in_order()
        .order_by("begins", "block", "position", "pk", "speakers__position", "speakers__pk")
        .values_list(*Item._fields)
    )
)


@dataclass(slots=True)
class Line:
    """One item of the programme in words. css is the state class of its seats, mark the person's own place in it."""

    pk: int
    title: str
    text: str
    speakers: str = ""
    room: str = ""
    seats: str = ""
    css: str = "is-open"
    is_mine: bool = False
    is_awaited: bool = False

    @property
    def mark(self) -> str:
        if self.is_mine:
            return _("Your choice")
        return _("Waiting list") if self.is_awaited else ""

    @property
    def mark_css(self) -> str:
        return "is-in" if self.is_mine else "is-wait"

    @property
    def mark_icon(self) -> str:
        return "in" if self.is_mine else "wait"


class Block(NamedTuple):
    """A block of parallel sessions, as much as a form needs of it."""

    pk: int


@dataclass(slots=True)
class Row:
    """One moment of the day: lines for everyone, or the sessions of a block."""

    start: datetime
    label: str
    block: Block | None = None
    items: list[Line] = field(default_factory=list)

    @property
    def time(self) -> str:
        return time_of_day(self.start)


def load_programme(event: Event, person, *, now: datetime) -> list[Row]:
    """Return the rows, with seats, speakers and the person's own choice (1 query whatever the length)."""
    has_seats = not event.is_cancelled and now < event.start
    choose, kinds = _("At the same time: choose 1 session"), ProgrammeItem.Kind
    rows: list[Row] = []
    moment = None
    items = map(Item._make, ITEMS.all(event=event.pk, person=person))
    for _pk, of_item in groupby(items, key=attrgetter("pk")):
        item, *others = of_item
        if moment != (item.block_id, item.begins):
            moment = item.block_id, item.begins
            block = Block(item.block_id) if item.block_id else None
            rows.append(Row(item.begins, choose if block else str(kinds(item.kind).label), block))
        speakers = sentence([_speaker(one) for one in (item, *others)]) if item.speakers__name else ""
        line = Line(item.pk, item.title, item.text, speakers=speakers, room=item.room)
        if item.block_id:
            line.is_mine, line.is_awaited = item.my_seat, item.my_wait
            if has_seats:
                line.seats, line.css = seats_line(item)
        rows[-1].items.append(line)
    return rows


def _speaker(item: Item) -> str:
    about = ", ".join(part for part in (item.speakers__role, item.speakers__organisation) if part)
    return f"{item.speakers__name} ({about})" if about else item.speakers__name


def seats_line(item: Item) -> tuple[str, str]:
    """Return what to say of the seats of a session, and its state class."""
    if item.capacity is None:
        return "", "is-open"
    left = max(0, item.capacity - item.seats_taken)
    if left:
        text = ngettext("%(left)s of %(all)s seat left", "%(left)s of %(all)s seats left", item.capacity)
        return text % {"left": left, "all": item.capacity}, "is-wait" if left <= 3 else "is-open"
    if item.waiting_count:
        return _("Full, %(n)s on the waiting list") % {"n": item.waiting_count}, "is-wait"
    return _("Full, with a waiting list"), "is-wait"


def chosen_line(rows: list[Row]) -> str:
    """Return what the person chose, as a sentence; empty when there is nothing to choose or nothing chosen."""
    seats = [line.title for row in rows for line in row.items if line.is_mine]
    waits = [line.title for row in rows for line in row.items if line.is_awaited]
    sentences = []
    if seats:
        text = ngettext("You go to the session %(titles)s.", "You go to the sessions %(titles)s.", len(seats))
        sentences.append(text % {"titles": ", ".join(seats)})
    if waits:
        sentences.append(_("You are on the waiting list of %(titles)s.") % {"titles": ", ".join(waits)})
    return " ".join(sentences)

"""What a planner wants to know of a meeting before others do: sentences that warn and never stand in the way.

warnings() only looks at what events/planning.py loaded. Of another meeting it tells whose it is and when, and no more:
what another sector plans is not told before it is published.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import combinations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from noord.dates import clock, day_long, local_day, time_range

MOMENT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Slot:
    """One item of the programme; `wanted` counts who has a seat in it or waits for one, a speaker may be known."""

    title: str
    start: datetime
    end: datetime | None = None
    room: str = ""
    speakers: tuple[tuple[str, int | None], ...] = ()
    capacity: int | None = None
    wanted: int = 0

    def overlaps(self, other: "Slot") -> bool:
        return self.start < other._until and other.start < self._until

    @property
    def _until(self) -> datetime:
        """An item without an end takes a moment: how long it lasts, nobody knows."""
        return self.end or self.start + MOMENT


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """One item of another meeting with what may be told of that meeting: its sectors (empty: none) and its hours.

    Of the item counts the time, the room (empty when it is in another building) and the speakers whom we know.
    """

    sectors: str
    start: datetime
    end: datetime
    slot: Slot


@dataclass(frozen=True, slots=True)
class Plan:
    """A meeting with all that its warnings follow from.

    `others` are the meetings of other sectors on its days (sectors, start, end), `elsewhere` the items of any other
    meeting on its days, `doubles` the people of this meeting who have a place in another one at the same time.
    """

    start: datetime
    end: datetime
    capacity: int | None = None
    taken: int = 0
    slots: list[Slot] = field(default_factory=list)
    off: dict[date, str] = field(default_factory=dict)
    others: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    doubles: int = 0
    elsewhere: list[Elsewhere] = field(default_factory=list)


def warnings(plan: Plan) -> list[str]:
    """Return a sentence for each thing that a planner may have missed, the day first."""
    return [
        *_of_the_days(plan),
        *_of_the_people(plan),
        *_outside_the_hours(plan),
        *_twice_at_once(plan.slots),
        *dict.fromkeys(_at_another_meeting(plan)),  # once per meeting, however long its programme is
    ]


def _of_the_days(plan: Plan) -> Iterator[str]:
    for day, name in sorted(plan.off.items()):
        yield _("%(day)s is a day off: %(name)s.") % {"day": day_long(day), "name": name}
    for sectors, start, end in plan.others:
        texts = {"sectors": sectors, "time": time_range(start, end)}
        yield _("Another sector has a meeting on the same day: %(sectors)s, %(time)s.") % texts


def _of_the_people(plan: Plan) -> Iterator[str]:
    if plan.doubles:
        text = ngettext(
            "%(n)s person would have two meetings at the same time.",
            "%(n)s people would have two meetings at the same time.",
            plan.doubles,
        )
        yield text % {"n": plan.doubles}
    if plan.capacity is not None and plan.taken > plan.capacity:
        texts = {"taken": plan.taken, "all": plan.capacity}
        yield _("There are more registrations than seats: %(taken)s of %(all)s.") % texts
    for slot in plan.slots:
        if slot.capacity is not None and slot.wanted > slot.capacity:
            texts = {"title": slot.title, "n": slot.wanted, "all": slot.capacity}
            yield _("“%(title)s” is too small: %(n)s people want to come, and there are %(all)s seats.") % texts


def _outside_the_hours(plan: Plan) -> Iterator[str]:
    for slot in plan.slots:
        if slot.start < plan.start or slot.start >= plan.end or (slot.end and slot.end > plan.end):
            if local_day(slot.start) != local_day(plan.start):
                time = f"{day_long(slot.start)}, {clock(slot.start)}"
            else:
                time = f"{clock(slot.start)} - {clock(slot.end)}" if slot.end else clock(slot.start)
            yield _("“%(title)s” is outside the hours of the meeting: %(time)s h.") % {
                "title": slot.title,
                "time": time,
            }


def _twice_at_once(slots: list[Slot]) -> Iterator[str]:
    for one, other in combinations(slots, 2):
        if not one.overlaps(other):
            continue
        if is_same_name(one.room, other.room):
            texts = {"room": one.room.strip(), "one": one.title, "other": other.title}
            yield _("%(room)s is used twice at the same time: “%(one)s” and “%(other)s”.") % texts
        for name in _who_speaks_in_both(one, other):
            texts = {"name": name, "one": one.title, "other": other.title}
            yield _("%(name)s speaks twice at the same time: “%(one)s” and “%(other)s”.") % texts


def _at_another_meeting(plan: Plan) -> Iterator[str]:
    """Tell of the rooms and the speakers that another meeting has at the same time.

    Only of speakers whom we know: over all meetings of the network one name may be of two people.
    """
    for one in plan.slots:
        for other in plan.elsewhere:
            if not one.overlaps(other.slot):
                continue
            meeting = ", ".join(filter(None, (other.sectors, time_range(other.start, other.end))))
            if is_same_name(one.room, other.slot.room):
                texts = {"room": one.room.strip(), "meeting": meeting}
                yield _("%(room)s is used by another meeting at the same time: %(meeting)s.") % texts
            theirs = {person for _name, person in other.slot.speakers}
            for name, person in one.speakers:
                if person is not None and person in theirs:
                    texts = {"name": name, "meeting": meeting}
                    yield _("%(name)s speaks at another meeting at the same time: %(meeting)s.") % texts


def is_same_name(one: str, other: str) -> bool:
    """Tell whether both are the same room or building, whatever the capitals and the spaces; empty is none."""
    return _plain(one) == _plain(other) != ""


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()


def _who_speaks_in_both(one: Slot, other: Slot) -> Iterator[str]:
    """Two people whom we know are the same or not; of the others the name tells."""
    for name, person in one.speakers:
        for other_name, other_person in other.speakers:
            both_known = person is not None and other_person is not None
            if person == other_person if both_known else name.casefold() == other_name.casefold():
                yield name
                break

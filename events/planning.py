"""What a planner wants to know of a meeting before others do: sentences that warn and never stand in the way.

load_plan() asks the database, always as many times; warnings() only looks at what was loaded.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import combinations

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import Event, Invitation, ProgrammeItem, Registration
from events.planning_days import days_off, moment
from knowledge_groups.models import GroupMembership
from members.models import Person
from noord.dates import clock, day_long, local_day, time_range
from sectors.models import Sector

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
class Plan:
    """A meeting with all that its warnings follow from.

    `others` are the meetings of other sectors on its days (sectors, start, end), `doubles` the people of this
    meeting who have a place in another one at the same time.
    """

    start: datetime
    end: datetime
    capacity: int | None = None
    taken: int = 0
    slots: list[Slot] = field(default_factory=list)
    off: dict[date, str] = field(default_factory=dict)
    others: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    doubles: int = 0


def warnings(plan: Plan) -> list[str]:
    """Return a sentence for each thing that a planner may have missed, the day first."""
    return [*_of_the_days(plan), *_of_the_people(plan), *_outside_the_hours(plan), *_twice_at_once(plan.slots)]


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
        room = one.room.strip()
        if room and room.casefold() == other.room.strip().casefold():
            texts = {"room": room, "one": one.title, "other": other.title}
            yield _("%(room)s is used twice at the same time: “%(one)s” and “%(other)s”.") % texts
        for name in _who_speaks_in_both(one, other):
            texts = {"name": name, "one": one.title, "other": other.title}
            yield _("%(name)s speaks twice at the same time: “%(one)s” and “%(other)s”.") % texts


def _who_speaks_in_both(one: Slot, other: Slot) -> Iterator[str]:
    """Two people whom we know are the same or not; of the others the name tells."""
    for name, person in one.speakers:
        for other_name, other_person in other.speakers:
            both_known = person is not None and other_person is not None
            if person == other_person if both_known else name.casefold() == other_name.casefold():
                yield name
                break


def load_plan(event: Event) -> Plan:
    """Load what warnings() looks at (6 queries, however long the programme is)."""
    first, last = local_day(event.start), local_day(event.end - timedelta(microseconds=1))
    items = ProgrammeItem.objects.filter(event=event).with_seats().in_order().select_related("block")
    return Plan(
        start=event.start,
        end=event.end,
        capacity=event.capacity,
        taken=event.registrations.confirmed().count(),
        slots=[_slot(item) for item in items.prefetch_related("speakers")],
        off=days_off(first, last),
        others=list(_meetings_of_others(event, first, last)),
        doubles=_people_of(event).filter(pk__in=_busy(event)).count(),
    )


def _slot(item: ProgrammeItem) -> Slot:
    return Slot(
        title=item.title,
        start=item.start or item.block.start,
        end=item.end or (item.block.end if item.block and not item.start else None),
        room=item.room,
        speakers=tuple((speaker.name, speaker.person_id) for speaker in item.speakers.all()),
        capacity=item.capacity,
        wanted=item.seats_taken + item.waiting_count,
    )


def meetings_on(first: date, last: date, *, besides: Iterable[int]) -> list[tuple[str, datetime, datetime]]:
    """Return the meetings of other sectors from one day up to and including another, drafts too (2 queries).

    Only of whom and when: what another sector plans is not told before it is published.
    """
    midnight = moment(first, time.min)
    after = moment(last + timedelta(days=1), time.min)
    on_the_day = Event.objects.filter(start__lt=after, end__gt=midnight, sectors__isnull=False)
    on_the_day = on_the_day.exclude(status=Event.Status.CANCELLED).exclude(sectors__in=list(besides)).distinct()
    return [
        (", ".join(sector.name for sector in other.sectors.all()), other.start, other.end)
        for other in on_the_day.order_by("start", "pk").prefetch_related("sectors")
    ]


def _meetings_of_others(event: Event, first: date, last: date) -> list[tuple[str, datetime, datetime]]:
    own = Sector.objects.filter(events=event).values_list("pk", flat=True)
    return meetings_on(first, last, besides=own) if own else []


def _busy(event: Event):
    """Return the ids of the people who have a place in another meeting at the same time."""
    others = Event.objects.filter(start__lt=event.end, end__gt=event.start).exclude(pk=event.pk)
    others = others.exclude(status=Event.Status.CANCELLED)
    return Registration.objects.current().filter(event__in=others.order_by().values("pk")).values("person")


def _people_of(event: Event):
    """Return who is registered or invited here, or on the list of a sector or group that hosts it."""
    invited = Invitation.objects.with_answer().filter(event=event).exclude(answer=Invitation.Answer.NO)
    in_groups = GroupMembership.objects.active_on().filter(group__events=event)
    return Person.objects.filter(
        Q(pk__in=Registration.objects.current().filter(event=event).values("person"))
        | Q(pk__in=invited.values("person"))
        | Q(pk__in=Sector.people.through.objects.filter(sector__events=event).values("person"))
        | Q(pk__in=in_groups.values("person"))
    )

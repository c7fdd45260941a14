"""What the warnings about a meeting are made of: load_plan() asks the database, always as many times.

What they say is in events/planning_warnings.py.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db.models import Prefetch, Q, QuerySet, prefetch_related_objects

from events.models import Event, Invitation, ProgrammeItem, Registration, Speaker
from events.planning_days import days_off, moment
from events.planning_warnings import Elsewhere, Plan, Slot, is_same_name
from knowledge_groups.models import GroupMembership
from members.models import Person
from noord.dates import local_day
from sectors.models import Sector


def load_programme(event: Event) -> None:
    """Load the hosts, the blocks, and the items in the order of the day with their speakers, once (5 queries)."""
    speakers = Prefetch("speakers", Speaker.objects.select_related("person"))
    items = ProgrammeItem.objects.with_seats().in_order().prefetch_related(speakers)
    prefetch_related_objects([event], "sectors", "groups", "blocks", Prefetch("items", items))
    blocks = {block.pk: block for block in event.blocks.all()}
    for item in event.items.all():
        if block := blocks.get(item.block_id):
            item.block = block


def load_plan(event: Event) -> Plan:
    """Load what warnings() looks at: 4 queries, and load_programme(). The meeting comes with_seats()."""
    load_programme(event)
    first, last = local_day(event.start), local_day(event.end - timedelta(microseconds=1))
    slots = [_slot(item) for item in event.items.all()]
    neighbours = [other for other in neighbours_on(first, last) if other.pk != event.pk]
    own = {sector.pk for sector in event.sectors.all()}
    return Plan(
        start=event.start,
        end=event.end,
        capacity=event.capacity,
        taken=event.seats_taken,
        slots=slots,
        off=days_off(first, last),
        others=_of_others(neighbours, own) if own else [],
        doubles=_people_of(event).filter(pk__in=_busy(event)).count(),
        elsewhere=list(_items_elsewhere(event, slots, neighbours)),
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


# No meeting lasts longer; one that did would not be compared in its first days.
LONGEST = timedelta(days=31)


@dataclass(slots=True)
class Neighbour:
    """Another meeting with what is compared of it; `sectors` are names by id."""

    pk: int
    start: datetime
    end: datetime
    venue: str
    address: str
    place: str
    sectors: dict[int, str] = field(default_factory=dict)

    @property
    def sector_names(self) -> str:
        return ", ".join(self.sectors.values())

    def is_in_the_building_of(self, event: Event) -> bool:
        """Tell whether both have the same venue, and nothing else that is known of it differs."""
        if not is_same_name(self.venue, event.venue):
            return False
        pairs = [(self.address, event.address), (self.place, event.place)]
        return all(is_same_name(one, other) for one, other in pairs if one.strip() and other.strip())


def _taking_place(begin: datetime, end: datetime) -> QuerySet[Event]:
    """Keep the meetings, drafts too, that are at least partly between two moments."""
    # Both ends of one index, so that nothing is looked at of the years before and after.
    events = Event.objects.filter(end__gt=begin, end__lt=end + LONGEST, start__lt=end)
    return events.exclude(status=Event.Status.CANCELLED)


def neighbours_on(first: date, last: date) -> list[Neighbour]:
    """Return the meetings from one day up to and including another, drafts too, as they begin (1 query)."""
    on_the_day = _taking_place(moment(first, time.min), moment(last + timedelta(days=1), time.min))
    on_the_day = on_the_day.order_by("start", "pk", "sectors__name")
    found: dict[int, Neighbour] = {}
    columns = ("pk", "start", "end", "venue", "address", "place", "sectors", "sectors__name")
    for *values, sector, name in on_the_day.values_list(*columns):  # a row for each sector
        neighbour = found.setdefault(values[0], Neighbour(*values))
        if sector:
            neighbour.sectors[sector] = name
    return list(found.values())


def meetings_on(first: date, last: date, *, besides: Collection[int]) -> list[tuple[str, datetime, datetime]]:
    """Return the meetings of other sectors from one day up to and including another, drafts too (1 query).

    Only of whom and when: what another sector plans is not told before it is published.
    """
    return _of_others(neighbours_on(first, last), besides)


def _of_others(neighbours: Iterable[Neighbour], own: Collection[int]) -> list[tuple[str, datetime, datetime]]:
    return [
        (other.sector_names, other.start, other.end)
        for other in neighbours
        if other.sectors and other.sectors.keys().isdisjoint(own)
    ]


def _items_elsewhere(event: Event, slots: list[Slot], neighbours: list[Neighbour]) -> Iterator[Elsewhere]:
    """Yield the items of these meetings in a room of the same building or with a speaker of ours (1 query)."""
    by_pk = {other.pk: other for other in neighbours}
    in_building = {other.pk for other in neighbours if other.is_in_the_building_of(event)}
    known = {person for slot in slots for _name, person in slot.speakers if person}
    items = ProgrammeItem.objects.filter(
        Q(event__in=in_building) & ~Q(room="") | Q(event__in=by_pk) & Q(speakers__person__in=known)
    )
    columns = ("event", "start", "end", "block__start", "block__end", "room", "speakers__name", "speakers__person")
    # A row for each speaker: the same item twice says the same thing twice, and a warning is given once.
    for pk, start, end, begins, ends, room, name, person in items.order_by("event", "pk").values_list(*columns):
        other = by_pk[pk]
        slot = Slot(
            title="",
            start=start or begins,
            end=end or (ends if not start else None),
            room=room if pk in in_building else "",
            speakers=((name, person),) if person in known else (),
        )
        yield Elsewhere(other.sector_names, other.start, other.end, slot)


def _busy(event: Event) -> QuerySet:
    """Return the ids of the people who have a place in another meeting at the same time."""
    others = _taking_place(event.start, event.end).exclude(pk=event.pk).order_by()
    return Registration.objects.current().filter(event__in=others.values("pk")).values("person")


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

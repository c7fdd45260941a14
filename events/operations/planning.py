"""Planning ahead: drafts for a whole year, a meeting as last year, and who speaks."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid5

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from events.models import Event, ProgrammeItem, SessionBlock, Speaker
from events.operations.locks import lock_event
from events.planning_days import shifted
from events.speakers import Line, line_of
from members.models import Person
from noord.administration.rights import reaches_everything
from noord.dates import local_day
from sectors.models import FocalPoint, Sector
from sectors.rights import managed_sectors

# What a copy keeps; everything else is the copy's own, or follows from its day.
COPIED = (
    *("kind", "host", "summary", "text", "tags", "place", "venue", "address", "online_url"),
    *("audience", "capacity", "session_required"),
)


@dataclass(frozen=True, slots=True)
class Draft:
    """One meeting that somebody plans; the number tells it from the others of the same page."""

    number: int
    title: str
    start: datetime
    end: datetime


@transaction.atomic
def plan_year(*, sector: Sector, drafts: Sequence[Draft], page: UUID) -> list[Event]:
    """Store the meetings of a year as drafts of the sector; return those that are new.

    Pressing twice makes no doubles: a page stores each of its meetings once, and where the sector has a meeting at
    that very moment already, there comes no second.
    """
    sector = Sector.objects.select_for_update().get(pk=sector.pk)
    uids = {draft.number: _uid(page, draft.number) for draft in drafts}
    stored = set(Event.objects.filter(uid__in=uids.values()).values_list("uid", flat=True))
    own = Event.objects.filter(sectors=sector, start__in=[draft.start for draft in drafts])
    taken = set(own.exclude(status=Event.Status.CANCELLED).values_list("start", flat=True))
    made = []
    for draft in drafts:
        if uids[draft.number] in stored or draft.start in taken:
            continue
        event = Event.objects.create(
            kind=Event.Kind.SECTOR,
            title=draft.title,
            slug=_free_slug(draft.title, local_day(draft.start)),
            start=draft.start,
            end=draft.end,
            uid=uids[draft.number],
        )
        event.sectors.add(sector)
        taken.add(draft.start)
        made.append(event)
    return made


@transaction.atomic
def copy_event(*, event: Event, day: date, title: str, page: UUID, by: Person) -> Event:
    """Make a draft on another day with the programme of this meeting, without its people.

    It has the hosts that are this person's: nobody plans for another sector. In another year it is part of the focal
    points of that year that go on under the same title, and else of the same ones. Every time of the clock stays what
    it is. Pressing twice on one page makes one copy and returns it again.
    """
    event = lock_event(event.pk)
    uid = _uid(page, event.pk)
    if stored := Event.objects.filter(uid=uid).first():
        return stored
    later = day - local_day(event.start)
    copy = Event.objects.create(
        **{name: getattr(event, name) for name in COPIED},
        title=title,
        slug=_free_slug(title, day),
        start=shifted(event.start, later),
        end=shifted(event.end, later),
        registration_opens=shifted(event.registration_opens, later),
        registration_closes=shifted(event.registration_closes, later),
        uid=uid,
        changed_at=timezone.now(),
    )
    sectors, groups = event.sectors.all(), event.groups.all()
    if not reaches_everything(by, "events.add_event"):
        sectors, groups = sectors & managed_sectors(by), groups.led_by(by)
    copy.sectors.set(sectors)
    copy.groups.set(groups)
    copy.focal_points.set(_focal_points_on(event, day.year))
    blocks = {None: None}
    for block in event.blocks.all():
        start, end = shifted(block.start, later), shifted(block.end, later)
        blocks[block.pk] = SessionBlock.objects.create(event=copy, title=block.title, start=start, end=end)
    for item in event.items.prefetch_related("speakers"):
        of_copy = ProgrammeItem.objects.create(
            event=copy,
            block=blocks[item.block_id],
            start=shifted(item.start, later),
            end=shifted(item.end, later),
            **{name: getattr(item, name) for name in ("kind", "title", "text", "position", "room", "capacity")},
        )
        Speaker.objects.bulk_create(
            Speaker(item=of_copy, person_id=speaker.person_id, position=speaker.position, **line_of(speaker)._asdict())
            for speaker in item.speakers.all()
        )
    return copy


def _focal_points_on(event: Event, year: int) -> list[FocalPoint]:
    """Return the focal points of the meeting for a copy in this year: what goes on is the one with the same title."""
    found = []
    for point in event.focal_points.all():
        same = FocalPoint.objects.filter(sector=point.sector_id, title=point.title, year=year).first()
        found.append(same or point)
    return found


@transaction.atomic
def set_speakers(
    *, item: ProgrammeItem, lines: Sequence[Line], tie: Sequence[Person] = (), untie: Collection[int] = ()
) -> None:
    """Let exactly these people speak, in this order; who was there already stays tied to the same person.

    Whoever is in `tie` is tied to a line with the same name that nobody has yet, and else comes in a line of their
    own, the last. A line that was of somebody in `untie` (ids) is of nobody any more.
    """
    left = list(item.speakers.all())
    rows: dict[int, Speaker] = {}
    # First who stayed the same, then who is only announced otherwise: two people may have one name.
    for is_same in (lambda speaker, line: line_of(speaker) == line, _has_name):
        for position, line in enumerate(lines, 1):
            match = next((speaker for speaker in left if position not in rows and is_same(speaker, line)), None)
            if match:
                left.remove(match)
                rows[position] = match
    for speaker in left:
        speaker.delete()
    people = {position: speaker.person_id for position, speaker in rows.items() if speaker.person_id not in untie}
    lines = list(lines)
    for person in tie:
        named = (position for position, line in enumerate(lines, 1) if _is_name_of(line, person))
        free = next((position for position in named if people.get(position) is None), None)
        if free is None:
            lines.append(Line(str(person), "", str(person.organisation or "")))
            free = len(lines)
        people[free] = person.pk
    for position, line in enumerate(lines, 1):
        speaker = rows.get(position) or Speaker(item=item)
        if (line_of(speaker), speaker.position, speaker.person_id) != (line, position, people.get(position)):
            speaker.name, speaker.role, speaker.organisation = line
            speaker.position, speaker.person_id = position, people.get(position)
            speaker.save()


def _has_name(speaker: Speaker, line: Line) -> bool:
    return speaker.name.casefold() == line.name.casefold()


def _is_name_of(line: Line, person: Person) -> bool:
    return line.name.casefold() == str(person).casefold()


def _uid(page: UUID, number: int) -> str:
    return f"{uuid5(page, str(number))}@samenwerking-noord"


def _free_slug(title: str, day: date) -> str:
    """Return an address that no meeting has: the title with the day."""
    base = f"{slugify(title)[:80].strip('-') or 'bijeenkomst'}-{day:%Y-%m-%d}"
    taken = set(Event.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(slug for number in range(1, len(taken) + 2) if (slug := _numbered(base, number)) not in taken)


def _numbered(base: str, number: int) -> str:
    return base if number == 1 else f"{base}-{number}"

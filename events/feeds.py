"""What stands in a personal feed: known before it is built, and built from plain values.

A calendar programme asks every hour, mostly nothing has changed, and two hundred meetings are loaded as models in the
time in which they are written twice.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.db.models import Exists, OuterRef, TextField
from django.db.models.functions import Cast

from events.calendar import Entry
from events.mail.registrations import session_line
from events.models import Event, Registration, SessionChoice
from members.models import Person
from noord.prepared import Prepared

# How long a meeting stays in a feed after its end: calendars keep what they have seen, so a feed need not go further.
KEEP = timedelta(days=180)


class State(NamedTuple):
    """What an entry follows from: when none of this changed, neither did the feed. Moments are text, as stored."""

    pk: int
    version: int
    status: str
    status_changes: int
    changed: str
    event: int
    event_changed: str
    sequence: int
    event_status: str
    end: str
    is_recent: bool


STATE = Prepared(
    lambda person, oldest: (
        Registration.objects.filter(person=person)
        .annotate(
            changed=Cast("changed_at", TextField()),
            event_changed=Cast("event__changed_at", TextField()),
            end=Cast("event__end", TextField()),
            is_recent=Exists(Event.objects.filter(pk=OuterRef("event"), end__gt=oldest)),
        )
        .order_by("event__start", "event")
        .values_list(
            "pk",
            "version",
            "status",
            "status_changes",
            "changed",
            "event",
            "event_changed",
            "event__sequence",
            "event__status",
            "end",
            "is_recent",
        )
    )
)


class FeedEvent:
    """A meeting with as much as a calendar says of it; a rule about it is Event's own."""

    FIELDS = (
        "slug",
        "title",
        "summary",
        "start",
        "end",
        "place",
        "venue",
        "address",
        "online_url",
        "status",
        "uid",
        "sequence",
        "changed_at",
    )
    Status = Event.Status
    is_cancelled = Event.is_cancelled
    where = Event.where
    get_absolute_url = Event.get_absolute_url

    def __init__(self, values: Iterable) -> None:
        self.__dict__.update(zip(self.FIELDS, values, strict=True))


class FeedRegistration:
    """A registration with as much as a calendar says of it; a rule about it is Registration's own."""

    FIELDS = ("pk", "status", "status_changes", "changed_at")
    Status = Registration.Status
    is_confirmed = Registration.is_confirmed
    is_waiting = Registration.is_waiting
    is_cancelled = Registration.is_cancelled
    sequence = Registration.sequence

    def __init__(self, event: FeedEvent, values: Iterable) -> None:
        self.__dict__.update(zip(self.FIELDS, values, strict=True))
        self.event = event


MINE = Prepared(
    lambda person, oldest: (
        Registration.objects.filter(person=person, event__end__gt=oldest)
        .order_by("event__start", "event")
        .values_list(*FeedRegistration.FIELDS, *(f"event__{name}" for name in FeedEvent.FIELDS))
    )
)
CHOICES = Prepared(
    lambda person: (
        SessionChoice.objects.filter(registration__person=person)
        .select_related("first", "seat", "block")
        .order_by("block__start")
    )
)


@dataclass(frozen=True, slots=True)
class PersonalFeed:
    """The meetings that a person is registered or waiting for; cancelled ones stay as cancelled."""

    person: Person
    oldest: datetime
    shown: list[State]
    changed: datetime | None

    @classmethod
    def find(cls, person: Person, now: datetime) -> "PersonalFeed":
        """Look what is in it (1 query, 2 for who cancelled once).

        Whoever cancelled and may not see the meeting any more learns nothing new of it: it is left out.
        """
        oldest = now - KEEP
        state = list(map(State._make, STATE.all(person=person, oldest=oldest)))
        cancelled = [row.event for row in state if row.status == Registration.Status.CANCELLED]
        hidden = set(cancelled)
        if cancelled:
            hidden -= set(Event.objects.visible_to(person).filter(pk__in=cancelled).values_list("pk", flat=True))
        shown = [
            row
            for row in state
            if row.is_recent and row.event not in hidden and row.event_status != Event.Status.DRAFT
        ]
        # Also of what is not shown: that may have been here before.
        moments = [_latest(moment for row in state for moment in (row.changed, row.event_changed))]
        over = _latest(row.end for row in state if not row.is_recent)
        moments.append(over and over + KEEP)
        return cls(person, oldest, shown, max(filter(None, moments), default=None))

    def entries(self) -> list[Entry]:
        """Return the meetings as they stand in this person's calendar, with the sessions (2 queries)."""
        sessions = defaultdict(list)
        for choice in CHOICES.all(person=self.person):
            sessions[choice.registration_id].append(session_line(choice))
        wanted = {row.pk for row in self.shown}
        own = len(FeedRegistration.FIELDS)
        return [
            Entry(
                event := FeedEvent(values[own:]),
                FeedRegistration(event, values[:own]),
                tuple(sessions[values[0]]),
            )
            for values in MINE.all(person=self.person, oldest=self.oldest)
            if values[0] in wanted
        ]


def _latest(moments: Iterable[str]) -> datetime | None:
    """Return the last of these moments; as text, in UTC, they sort as they follow each other."""
    last = max(moments, default="")
    return datetime.fromisoformat(last).replace(tzinfo=UTC) if last else None

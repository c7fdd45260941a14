"""Handing out seats: of the meeting, and of its parallel sessions.

Every function here expects that the caller holds the lock on the meeting's row (operations.lock_event), so that
seats are counted and given one person at a time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from events.models import Event, ProgrammeItem, Registration, SessionChoice
from noord.domain import DomainError
from noord.prepared import Prepared


@dataclass(frozen=True, slots=True)
class Choice:
    """The sessions (ids) somebody wants in one block: the first, and another for when that is full."""

    first: int
    second: int | None = None


SESSIONS = Prepared(
    lambda event: ProgrammeItem.objects.sessions().filter(event=event).with_seats_taken().select_related("block")
)
Choices = Mapping[int, Choice]  # by id of the block


def free_seats(event: Event) -> int | None:
    """Return how many seats the meeting has left, never below 0; None when there is no limit."""
    if event.capacity is None:
        return None
    return max(0, event.capacity - event.registrations.confirmed().count())


class Sessions:
    """The parallel sessions of one meeting with the seats they have left, kept up to date while seats are given."""

    def __init__(self, event: Event) -> None:
        self.by_id: dict[int, ProgrammeItem] = {session.pk: session for session in SESSIONS.all(event=event.pk)}

    def is_full(self, session_id: int) -> bool:
        session = self.by_id[session_id]
        return session.capacity is not None and session.seats_taken >= session.capacity

    def take_first_free(self, choice: SessionChoice) -> bool:
        """Give the choice a seat in its first session, else in its second; False when both are full."""
        for session_id in (choice.first_id, choice.second_id):
            if session_id is not None and not self.is_full(session_id):
                self.by_id[session_id].seats_taken += 1
                choice.seat = self.by_id[session_id]
                return True
        return False

    def leave(self, choice: SessionChoice) -> None:
        if choice.seat_id is not None:
            self.by_id[choice.seat_id].seats_taken -= 1
            choice.seat = None

    def check(self, choices: Choices, *, required: bool) -> None:
        """Raise DomainError when a choice is not one of this meeting's, or when one is missing that must be there."""
        blocks: dict[int, set[int]] = {}
        for session in self.by_id.values():
            blocks.setdefault(session.block_id, set()).add(session.pk)
        for block_id, choice in choices.items():
            wanted = {choice.first} if choice.second is None else {choice.first, choice.second}
            if not wanted <= blocks.get(block_id, set()):
                raise DomainError(_("This session is not part of the programme any more. Choose again."))
            if choice.second == choice.first:
                raise DomainError(_("Choose another session as your second choice."))
        if required and set(choices) != set(blocks):
            raise DomainError(_("Choose a session in every round. This meeting asks for it."))


def choose_again(registration: Registration, choices: Choices, sessions: Sessions, *, now: datetime) -> bool:
    """Store what the person now chooses and hand out seats where there are any; return whether anything changed.

    Somebody who keeps the same choice in a block keeps the seat and the place in line.
    """
    current = {choice.block_id: choice for choice in registration.choices.all()}
    stay = {
        block_id
        for block_id, choice in current.items()
        if block_id in choices and choices[block_id] == Choice(choice.first_id, choice.second_id)
    }
    gone = [choice for block_id, choice in current.items() if block_id not in stay]
    for choice in gone:
        sessions.leave(choice)
    if gone:
        SessionChoice.objects.filter(pk__in=[choice.pk for choice in gone]).delete()
    new = {block_id: wish for block_id, wish in choices.items() if block_id not in stay}
    choose(registration, new, sessions, now=now)
    return bool(gone or new)


def choose(registration: Registration, choices: Choices, sessions: Sessions, *, now: datetime) -> None:
    """Store the choices of somebody who had none in these blocks; on the waiting list they are only remembered."""
    new = [
        SessionChoice(
            registration=registration, block_id=block_id, first_id=wish.first, second_id=wish.second, chosen_at=now
        )
        for block_id, wish in choices.items()
    ]
    if registration.is_confirmed:
        for choice in new:
            sessions.take_first_free(choice)
    SessionChoice.objects.bulk_create(new)


def fill_meeting(event: Event, *, now: datetime) -> list[Registration]:
    """Give free seats to the waiting list in its order; return the registrations that got one, already saved."""
    if event.status != Event.Status.PUBLISHED or now >= event.start:
        return []
    free = free_seats(event)
    line = event.registrations.in_line().select_related("person")
    promoted = list(line if free is None else line[:free])
    for registration in promoted:
        registration.event = event
        registration.status = Registration.Status.CONFIRMED
        registration.promoted_at = registration.changed_at = now
        registration.version += 1
        registration.status_changes += 1
    fields = ["status", "promoted_at", "changed_at", "version", "status_changes"]
    Registration.objects.bulk_update(promoted, fields)
    return promoted


def fill_sessions(event: Event, sessions: Sessions) -> list[SessionChoice]:
    """Give free seats in sessions to those who wait for them, who chose first is first; return the new seats.

    Only people with a seat at the meeting count. Whoever sits in the second choice stays there.
    """
    waiting = (
        SessionChoice.objects.filter(
            registration__event=event, registration__status=Registration.Status.CONFIRMED, seat__isnull=True
        )
        .select_related("registration__person", "first", "second")
        .order_by("chosen_at", "pk")
    )
    seated = [choice for choice in waiting if sessions.take_first_free(choice)]
    SessionChoice.objects.bulk_update(seated, ["seat"])
    return seated

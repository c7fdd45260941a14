"""What the organisers do by hand, past the rules of the line: each with a reason, which is kept."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events import mail, rules, seats
from events.models import Event, Registration, RegistrationReason, SessionChoice
from events.operations.registrations import lock, manages_registrations, register, tell_seated
from members.models import Person
from noord.domain import DomainError

Kind = RegistrationReason.Kind


@transaction.atomic
def add_person(*, event: Event, person: Person, by: Person, above_capacity_reason: str = "") -> Registration:
    """Register somebody; with a reason the person gets a seat although the meeting is full.

    The reason is kept when it was needed. Doing it twice changes nothing. Raises DomainError when `by` does not
    manage the meeting or rules.may_register() refuses.
    """
    _require_manager(by, event.pk)
    registration = register(event=event, person=person, by=by)
    if not registration.is_waiting or not above_capacity_reason.strip():
        return registration
    now = timezone.now()
    event, registration = lock(registration)
    # One mail leaves: that about the place in line is of an older version.
    _give_seat(registration, now=now)
    _keep_reason(registration, Kind.ABOVE_CAPACITY, above_capacity_reason, by)
    mail.tell(registration, mail.News.REGISTERED)
    return registration


@transaction.atomic
def promote(*, registration: Registration, by: Person, reason: str) -> Registration:
    """Give somebody of the waiting list a seat before those who are ahead, also when the meeting is full.

    Who has a seat already keeps it. Raises DomainError without a reason, for somebody who cancelled, when `by` does
    not manage the meeting, or when the meeting is over or called off.
    """
    event, registration = lock(registration)
    _require_manager(by, event.pk)
    now = timezone.now()
    rules.may_get_seat(registration, now=now).require()
    if registration.is_confirmed:
        return registration
    registration.promoted_at = now
    _give_seat(registration, now=now)
    _keep_reason(registration, Kind.OUT_OF_TURN, reason, by)
    mail.tell(registration, mail.News.PROMOTED)
    return registration


@transaction.atomic
def move(
    *, registration: Registration, sessions: Mapping[int, int], by: Person, full_session_reason: str = ""
) -> Registration:
    """Put somebody with a seat in these sessions (by id of the block); the seats left behind go to who waits for them.

    A session that is full takes one more person only with a reason, which is kept. The person hears of it once.
    Raises DomainError when a session is full without a reason or not one of this meeting's, when the person has no
    seat, or when `by` does not manage the meeting.
    """
    event, registration = lock(registration)
    _require_manager(by, event.pk)
    now = timezone.now()
    rules.may_register(event, now=now, as_manager=True).require()
    if not registration.is_confirmed:
        raise DomainError(_("Only somebody with a seat at the meeting can have a session."))
    room = seats.Sessions(event)
    room.check({block: seats.Choice(session) for block, session in sessions.items()}, required=False)
    current = {choice.block_id: choice for choice in registration.choices.all()}
    moved = False
    for block_id, session_id in sessions.items():
        choice = current.get(block_id) or SessionChoice(registration=registration, block_id=block_id, chosen_at=now)
        if choice.seat_id == session_id:
            continue
        room.leave(choice)
        if room.is_full(session_id):
            _keep_full_session(registration, room.by_id[session_id].title, full_session_reason, by)
        choice.seat = choice.first = room.by_id[session_id]
        choice.second = None if choice.second_id == session_id else choice.second
        room.by_id[session_id].seats_taken += 1
        choice.save()
        moved = True
    if moved:
        registration.version += 1
        registration.changed_at = now
        registration.save(update_fields=["version", "changed_at"])
        mail.tell(registration, mail.News.MOVED)
        if now < event.start:
            tell_seated(seats.fill_sessions(event, room), event, now=now)
    return registration


def _require_manager(by: Person, event_id: int) -> None:
    if not manages_registrations(by, event_id):
        raise DomainError(_("Only the organisers of this meeting can do this."))


def _give_seat(registration: Registration, *, now: datetime) -> None:
    """Give a seat at the meeting, and in the sessions that still have one; whoever waits longer has it by now."""
    registration.status = Registration.Status.CONFIRMED
    registration.changed_at = now
    registration.version += 1
    registration.status_changes += 1
    registration.save(update_fields=["status", "promoted_at", "changed_at", "version", "status_changes"])
    choices = list(registration.choices.filter(seat__isnull=True))
    if choices:
        room = seats.Sessions(registration.event)
        SessionChoice.objects.bulk_update([choice for choice in choices if room.take_first_free(choice)], ["seat"])


def _keep_reason(registration: Registration, kind: Kind, reason: str, by: Person) -> None:
    if not reason.strip():
        raise DomainError(_("Give a reason. Whoever was ahead in line may ask for it."))
    RegistrationReason.objects.create(registration=registration, kind=kind, text=reason.strip(), by=by)


def _keep_full_session(registration: Registration, title: str, reason: str, by: Person) -> None:
    if not reason.strip():
        raise DomainError(_("%(session)s is full. Give a reason to put one more person there.") % {"session": title})
    RegistrationReason.objects.create(
        registration=registration, kind=Kind.FULL_SESSION, text=f"{title}: {reason.strip()}"[:300], by=by
    )

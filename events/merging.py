"""How the registrations and invitations of two people become those of one."""

from django.db.models import Field
from django.utils import timezone

from events.models import Invitation, Registration
from events.operations.locks import lock_event
from events.operations.registrations import fill
from members.merging import Merging, forget, merges, returns

_BEST_FIRST = [Registration.Status.CONFIRMED, Registration.Status.WAITING, Registration.Status.CANCELLED]

merges("events.CalendarFeed")(forget)


def _rank(registration: Registration) -> tuple:
    return registration.attended_at is None, _BEST_FIRST.index(registration.status), registration.queued_at


@merges("events.Registration")
def _registrations(merging: Merging, rows: list[Registration], field: Field) -> None:
    """Of two registrations for one meeting the better one stays; a seat that comes free goes to who waits for it."""
    if field.name != "person":  # who registered or cancelled somebody
        merging.move_all(Registration, field, [row.pk for row in rows])
        return
    for row in sorted(rows, key=lambda row: row.event_id):  # one order, so that two merges never wait for each other
        event = lock_event(row.event_id)
        row.refresh_from_db()
        own = event.registrations.filter(person=merging.keep).first()
        if own is None:
            merging.move(row, field)
            continue
        better, worse = sorted((row, own), key=_rank)
        has_freed_a_seat = worse.is_confirmed
        for reason in worse.reasons.all():  # why the organisers made an exception is told of the one that stays
            merging.change(reason, registration=better)
        merging.remove(worse)
        if better is row:
            merging.move(row, field)
        if has_freed_a_seat and not event.is_past() and not event.is_cancelled:
            fill(event, now=timezone.now())


@merges("events.Invitation")
def _invitations(merging: Merging, rows: list[Invitation], field: Field) -> None:
    for row in rows:
        own = Invitation.objects.filter(event=row.event_id, person=merging.keep).first()
        if own is None:
            merging.move(row, field)
            continue
        merging.remove(row)
        merging.change(own, maybe_at=own.maybe_at or row.maybe_at, reminded_at=own.reminded_at or row.reminded_at)


@returns("events.Registration")
def _come_back(registration: Registration) -> None:
    """Let who comes back wait, first in line, when the seat was given to somebody else meanwhile."""
    event = lock_event(registration.event_id)
    taken = event.registrations.filter(status=Registration.Status.CONFIRMED).count()
    is_full = event.capacity is not None and taken >= event.capacity
    if registration.is_confirmed and is_full and not event.is_past():
        registration.status = Registration.Status.WAITING

"""Who was there: noted by the organisers, or by people themselves with the code at the door.

No verb here takes the lock of the meeting. Noting is one conditional update, so that it may come twice, late and in
any order; and a queue at the door does not wait for somebody who registers.
"""

from django.utils import timezone
from django.utils.translation import gettext as _

from events import rules, seats
from events.models import Event, Registration
from events.operations.registrations import manages_registrations
from members.models import Person
from noord.domain import DomainError

Source = Registration.Source


def mark_attended(*, registration: Registration, by: Person) -> bool:
    """Note that somebody with a seat is there; return whether that is new. The first moment stays.

    Raises DomainError when `by` does not manage the meeting, before its day, or for somebody without a seat.
    """
    _require_say(registration.event, by)
    return _note(registration, Source.HAND)


def unmark(*, registration: Registration, by: Person) -> bool:
    """Take back that somebody was there; return whether anything changed. Raises DomainError as mark_attended()."""
    _require_say(registration.event, by)
    row = Registration.objects.filter(pk=registration.pk, attended_at__isnull=False)
    return bool(row.update(attended_at=None, attendance_source=""))


def check_in(*, event: Event, person: Person) -> Registration:
    """Note that the person is there, by the person's own word at the door.

    Raises DomainError with what to do instead, for somebody without a seat or at another moment.
    """
    registration = event.registrations.current().select_related("person").filter(person=person).first()
    free = None if registration else seats.free_seats(event)
    rules.may_check_in_as(event, registration, free=free, now=timezone.now()).require()
    _note(registration, Source.QR)
    return registration


def _require_say(event: Event, by: Person) -> None:
    if not manages_registrations(by, event.pk):
        raise DomainError(_("Only the organisers of this meeting can do this."))
    rules.may_note_attendance(event, now=timezone.now()).require()


def _note(registration: Registration, source: Source) -> bool:
    seated = Registration.objects.filter(pk=registration.pk, status=Registration.Status.CONFIRMED)
    changed = seated.filter(attended_at=None).update(attended_at=timezone.now(), attendance_source=source)
    if not changed:
        now_there = Registration.objects.select_related("person").filter(pk=registration.pk).first()
        if now_there is None:
            raise DomainError(_("This registration does not exist any more."))
        rules.may_attend(now_there).require()
    return bool(changed)

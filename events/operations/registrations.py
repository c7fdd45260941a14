"""Everything that changes a registration. Each verb is one transaction under the lock of the meeting's row."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from events import mail, rules, seats
from events.models import Event, Registration, SessionChoice
from events.operations.locks import lock_event
from events.seats import Choices
from members.models import Person
from noord.administration.rights import reaches_everything
from noord.domain import DomainError
from noord.prepared import Prepared

# The lock of the meeting, for somebody who may see it.
LOCKED_FOR = Prepared(
    lambda slug, person: Event.objects.visible_to(person).select_for_update(of=("self",)).filter(slug=slug)
)
# How many seats are taken, and the person's own row.
STATE = Prepared(
    lambda event, person: (
        Registration.objects.filter(event=event)
        .order_by()
        .values("event")
        .annotate(
            taken=Count("pk", filter=Q(status=Registration.Status.CONFIRMED)), own=Max("pk", filter=Q(person=person))
        )
        .values_list("taken", "own")
    )
)


@transaction.atomic
def register(
    *,
    event: Event,
    person: Person,
    by: Person | None = None,
    choices: Choices | None = None,
    dietary_wish: str = "",
    name_visible: bool = False,
    choose_later: bool = False,
) -> Registration:
    """Give the person a seat, or a place on the waiting list when the meeting is full.

    Without `by` the person does it; else a colleague of the same organisation or a manager of the meeting, who may
    also add people after closing. Doing it twice changes nothing: the registration that is there is returned. A
    manager adds people without a choice of session; they choose themselves.

    Raises DomainError when rules.may_register() refuses, when the meeting is not for this person, or when a choice
    of session is missing or impossible.
    """
    answers = _Answers(choices or {}, dietary_wish, name_visible, choose_later)
    if by is None or by.pk == person.pk:
        locked = LOCKED_FOR.first(slug=event.slug, person=person)
        if locked is None:
            raise DomainError(_("This meeting is not for you. Look in the agenda for meetings that are."))
        return _take_place(locked, person, person, answers)
    as_manager = manages_registrations(by, event.pk)
    return _take_place(lock_event(event.pk), person, by, answers, as_manager=as_manager)


@transaction.atomic
def register_at(
    slug: str, *, person: Person, choices: Choices, dietary_wish: str = "", name_visible: bool = False
) -> Registration:
    """Do as register() does for the person at the meeting with this slug, which nobody has looked up before.

    Hundreds of people may press the button in the same minute: this asks the database no more than it must. Raises
    Event.DoesNotExist when there is no such meeting for this person, DomainError as register() does.
    """
    locked = LOCKED_FOR.first(slug=slug, person=person)
    if locked is None:
        raise Event.DoesNotExist
    return _take_place(locked, person, person, _Answers(choices, dietary_wish, name_visible))


@dataclass(frozen=True, slots=True)
class _Answers:
    choices: Choices
    dietary_wish: str
    name_visible: bool
    choose_later: bool = False


def _take_place(
    event: Event, person: Person, by: Person, answers: _Answers, *, as_manager: bool = False
) -> Registration:
    """Store the registration; the meeting's row is locked."""
    now = timezone.now()
    taken, own = STATE.first(event=event.pk, person=person) or (0, None)
    registration = Registration.objects.get(pk=own) if own else None
    if registration and registration.is_current:
        registration.event, registration.person = event, person
        return registration
    rules.may_register(event, now=now, as_manager=as_manager).require()
    if by.pk != person.pk and not as_manager:
        _require_invited(event, person, by)
        _require_own_wish(registration, by)

    is_full = event.capacity is not None and taken >= event.capacity
    registration = registration or Registration(event=event, person=person, version=0)
    registration.event, registration.person = event, person
    registration.status_changes += registration.pk is not None
    registration.status = Registration.Status.WAITING if is_full else Registration.Status.CONFIRMED
    registration.queued_at = registration.changed_at = now
    registration.promoted_at = registration.cancelled_at = None
    registration.cancelled_by = registration.replaced_by = None
    registration.registered_by = by if by.pk != person.pk else None
    registration.dietary_wish, registration.name_visible = answers.dietary_wish, answers.name_visible
    registration.version += 1
    registration.save()
    if answers.choices or event.session_required:
        sessions = seats.Sessions(event)
        sessions.check(answers.choices, required=event.session_required and not (as_manager or answers.choose_later))
        seats.choose(registration, answers.choices, sessions, now=now)
    mail.tell(registration, mail.News.REGISTERED)
    return registration


def _require_invited(event: Event, colleague: Person, by: Person) -> None:
    if not Event.objects.visible_to(colleague).filter(pk=event.pk).exists():
        raise DomainError(
            _("This meeting is only for the people of the hosts, and your colleague is not one of them.")
        )
    if not Person.objects.colleagues_of(by).filter(pk=colleague.pk).exists():
        raise DomainError(_("You can only register colleagues of your own organisation."))


def _require_own_wish(registration: Registration | None, by: Person) -> None:
    """Whoever cancelled in person comes back in person, not by a colleague's word."""
    if registration and by.pk != registration.person_id and registration.cancelled_by_id == registration.person_id:
        raise DomainError(_("Your colleague cancelled. Only your colleague can register again."))


@transaction.atomic
def change(
    *,
    registration: Registration,
    choices: Choices | None = None,
    dietary_wish: str | None = None,
    name_visible: bool | None = None,
) -> Registration:
    """Change the sessions or the answers; what is None stays as it is. Seats that come free go to who waits for them.

    Raises DomainError when rules.may_change() refuses or a choice is missing or impossible.
    """
    event, registration = lock(registration)
    now = timezone.now()
    rules.may_change(registration, now=now).require()
    if dietary_wish is not None:
        registration.dietary_wish = dietary_wish
    if name_visible is not None:
        registration.name_visible = name_visible
    moved = False
    if choices is not None:
        sessions = seats.Sessions(event)
        sessions.check(choices, required=event.session_required)
        moved = seats.choose_again(registration, choices, sessions, now=now)
    if moved:
        registration.version += 1
        registration.changed_at = now
    # Not the whole row: somebody at the door may note at this very moment that the person is there.
    registration.save(update_fields=["dietary_wish", "name_visible", "version", "changed_at"])
    if moved:
        mail.tell(registration, mail.News.CHANGED)
        tell_seated(seats.fill_sessions(event, sessions), event, now=now)
    return registration


@transaction.atomic
def cancel(*, registration: Registration, by: Person) -> Registration:
    """Give the seat or the place in line back; whoever is first in line gets the seat in the same transaction.

    The person may, and so may who registered the person, and a manager of the meeting. Doing it twice changes
    nothing. Raises DomainError when it is somebody else's or rules.may_cancel() refuses.
    """
    event, registration = lock(registration)
    if registration.is_cancelled:
        return registration
    now = timezone.now()
    _require_say(registration, by)
    rules.may_cancel(registration, now=now).require()
    _release(registration, by=by, now=now)
    registration.save()
    mail.tell(registration, mail.News.CANCELLED if by.pk == registration.person_id else mail.News.CANCELLED_BY_OTHER)
    fill(event, now=now)
    return registration


@transaction.atomic
def hand_over(*, registration: Registration, to: Person, by: Person) -> Registration:
    """Let a colleague take over the seat and its sessions, past the waiting list; return their registration.

    Raises DomainError when there is no seat to give, the colleague works elsewhere or takes part already, or
    rules.may_cancel() refuses.
    """
    event, registration = lock(registration)
    now = timezone.now()
    _require_say(registration, by)
    rules.may_cancel(registration, now=now).require()
    if not registration.is_confirmed:
        raise DomainError(_("You have no seat that a colleague can take over."))
    if not Person.objects.colleagues_of(registration.person).filter(pk=to.pk).exists():
        raise DomainError(_("Only a colleague of the same organisation can take over the seat."))
    _require_invited(event, to, registration.person)
    successor = event.registrations.filter(person=to).first() or Registration(event=event, person=to, version=0)
    if successor.is_confirmed:
        raise DomainError(_("Your colleague takes part already. Cancel your own registration instead."))
    if successor.pk:
        successor.choices.all().delete()
        successor.status_changes += 1
    successor.status = Registration.Status.CONFIRMED
    successor.queued_at = successor.changed_at = now
    successor.promoted_at = successor.cancelled_at = None
    successor.cancelled_by = successor.replaced_by = None
    successor.registered_by = by
    successor.dietary_wish, successor.name_visible = "", False
    successor.version += 1
    successor.save()
    registration.choices.update(registration=successor)
    _release(registration, by=by, now=now)
    registration.replaced_by = to
    registration.save()
    mail.tell(registration, mail.News.HANDED_OVER)
    mail.tell(successor, mail.News.TAKEN_OVER)
    return successor


def fill(event: Event, *, now: datetime) -> list[Registration]:
    """Hand out every seat that is free, of the meeting and of its sessions, and tell who got one.

    Call it under lock_event(), whenever seats may have come free. Returns who was promoted from the waiting list.
    """
    promoted = seats.fill_meeting(event, now=now)
    if event.blocks.exists() and now < event.start:
        seated = seats.fill_sessions(event, seats.Sessions(event))
        tell_seated(seated, event, now=now, besides={registration.pk for registration in promoted})
    for registration in promoted:
        mail.tell(registration, mail.News.PROMOTED)
    return promoted


def manages_registrations(person: Person, event_id: int) -> bool:
    """Tell whether the person may change everybody's registrations: by a role at a host, or by a right over all."""
    return Event.objects.managed_by(person).filter(pk=event_id).exists() or reaches_everything(
        person, "events.change_registration"
    )


def lock(registration: Registration) -> tuple[Event, Registration]:
    """Lock the meeting and return it with the registration as it is now, with its person."""
    event = lock_event(registration.event_id)
    registration = event.registrations.select_related("person").get(pk=registration.pk)
    registration.event = event
    return event, registration


def _require_say(registration: Registration, by: Person) -> None:
    if by.pk in (registration.person_id, registration.registered_by_id):
        return
    if not manages_registrations(by, registration.event_id):
        raise DomainError(_("This is somebody else's registration."))


def _release(registration: Registration, *, by: Person, now: datetime) -> None:
    SessionChoice.objects.filter(registration=registration).delete()
    registration.status = Registration.Status.CANCELLED
    registration.cancelled_at = registration.changed_at = now
    registration.cancelled_by = by
    registration.promoted_at = registration.attended_at = None
    registration.attendance_source = ""
    # Nobody needs to know any more what somebody eats who does not come.
    registration.dietary_wish = ""
    registration.version += 1
    registration.status_changes += 1


def tell_seated(
    seated: list[SessionChoice], event: Event, *, now: datetime, besides: frozenset[int] | set[int] = frozenset()
) -> None:
    """Tell people that they got a seat in the session they waited for, once each; `besides` hear it anyway."""
    registrations = {choice.registration_id: choice.registration for choice in seated}
    told = [registration for pk, registration in registrations.items() if pk not in besides]
    for registration in told:
        registration.event = event
        registration.version += 1
        registration.changed_at = now
    Registration.objects.bulk_update(told, ["version", "changed_at"])
    for registration in told:
        mail.tell(registration, mail.News.SESSION)

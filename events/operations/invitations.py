"""Inviting people, and what they answer."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events import mail, rules
from events.audience import Preview, Selection, preview, reach_of
from events.mail.invitations import ask, ask_again
from events.models import Event, Invitation, InvitationRound, Registration
from events.operations import registrations
from events.operations.locks import lock_event
from members.models import Person
from noord.domain import DomainError


@transaction.atomic
def invite(
    *, event: Event, selection: Selection, by: Person, word: str = "", send_at: datetime | None = None
) -> Preview:
    """Invite everybody of the selection who is not left out; return who that was.

    One invitation per person and meeting, held by a constraint and by the key of the mail: a second click, or two
    managers at once, never send twice. Raises DomainError when the meeting takes no registrations any more, or when
    the selection is wider than `by` may reach.
    """
    event = lock_event(event.pk)
    now = timezone.now()
    rules.may_invite(event, now=now).require()
    _require_reach(event, selection, by)
    chosen = preview(event, selection)
    if chosen.invited:
        send_at = max(send_at or now, now)
        round_ = InvitationRound.objects.create(event=event, by=by, word=word, send_at=send_at, created_at=now)
        Invitation.objects.bulk_create(
            [Invitation(event=event, person=person, round=round_) for person in chosen.invited],
            ignore_conflicts=True,
            batch_size=1000,
        )
        ask(event, chosen.invited, round_)
    return chosen


def _require_reach(event: Event, selection: Selection, by: Person) -> None:
    reach = reach_of(by, event)
    if reach.whole_network:
        return
    own = set(reach.sectors.values_list("pk", flat=True))
    if not own or selection.everyone or selection.organisations or selection.emails or selection.groups:
        raise DomainError(_("You can only invite the people of your own sector."))
    if not set(selection.sectors) <= own:
        raise DomainError(_("You can only invite the people of your own sector."))


@transaction.atomic
def remind(*, event: Event, by: Person) -> int:
    """Ask everybody who has not answered once more, each person once; return how many.

    Raises DomainError when the meeting takes no registrations any more or `by` may not invite.
    """
    event = lock_event(event.pk)
    now = timezone.now()
    rules.may_invite(event, now=now).require()
    reach = reach_of(by, event)
    if not reach:
        raise DomainError(_("You can only invite the people of your own sector."))
    silent = Invitation.objects.within(reach).filter(event=event, reminded_at=None, round__send_at__lte=now)
    silent = silent.unanswered()
    rows = list(silent.filter(person__is_active=True).select_related("person"))
    Invitation.objects.filter(pk__in=[row.pk for row in rows]).update(reminded_at=now)
    ask_again(event, [row.person for row in rows])
    return len(rows)


@transaction.atomic
def answer(
    *, event: Event, person: Person, answer: Invitation.Answer, by_calendar: bool = False
) -> Registration | None:
    """Note what the person says: yes registers (or waits), no cancels, maybe is kept and changes no seat.

    By calendar nobody can choose a session, so it is left for later. Raises DomainError when rules refuse.
    """
    registration = event.registrations.filter(person=person).first()
    match answer:
        case Invitation.Answer.YES:
            return registrations.register(event=event, person=person, choose_later=True)
        case Invitation.Answer.MAYBE:
            lock_event(event.pk)
            Invitation.objects.filter(event=event, person=person).update(maybe_at=timezone.now())
            return registration
        case Invitation.Answer.NO if registration and registration.is_current:
            return registrations.cancel(registration=registration, by=person)
        case Invitation.Answer.NO:
            return _decline(event, person, by_calendar=by_calendar)
    return None


def _decline(event: Event, person: Person, *, by_calendar: bool) -> Registration:
    """Note a no of somebody who had no seat: the row says cancelled, so that one place knows the answer."""
    event = lock_event(event.pk)
    now = timezone.now()
    registration, is_new = event.registrations.get_or_create(
        person=person,
        defaults={
            "status": Registration.Status.CANCELLED,
            "cancelled_at": now,
            "queued_at": now,
            "changed_at": now,
            "status_changes": 1,
            "cancelled_by": person,
        },
    )
    registration.event, registration.person = event, person
    if registration.is_current:  # somebody registered the person while this answer came in
        return registrations.cancel(registration=registration, by=person)
    if not is_new:
        registration.cancelled_at = now
        registration.save(update_fields=["cancelled_at"])
    elif not by_calendar:
        mail.tell(registration, mail.News.DECLINED)
    return registration

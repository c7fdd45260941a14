"""Everything that changes a meeting itself."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from events import mail
from events.mail.invitations import withdraw
from events.models import Event, Invitation
from events.operations import planned_topics
from events.operations.locks import lock_event
from events.operations.notices import close_notice, note_change
from events.operations.registrations import fill
from noord.dates import local_day
from noord.domain import DomainError

# What a calendar shows as another appointment: SEQUENCE rises with these and with nothing else (RFC 5546 2.1.4).
CALENDAR_FIELDS = ("start", "end", "place", "venue", "address", "online_url")
# What follows from the verbs and the tasks: an edit never changes it, however old the page is on which it was made.
OWN_FIELDS = ("status", "uid", "sequence", "week_reminder_at", "day_reminder_at", "thanks_at")


@transaction.atomic
def save_event(*, event: Event) -> Event:
    """Store a new or an edited meeting.

    Its status, UID and SEQUENCE are not the editor's: those follow from the verbs. More seats go to the waiting list
    at once; fewer seats take nobody's away. When people must hear of the edit, it is noted (operations/notices.py),
    and a meeting that moves to another day gets its reminders anew.
    """
    event.changed_at = timezone.now()
    stored = lock_event(event.pk) if event.pk else None
    if stored:
        for field in OWN_FIELDS:
            setattr(event, field, getattr(stored, field))
        event.changed_at = max(event.changed_at, stored.changed_at)  # DTSTAMP never goes back, whatever the clock does
        event.sequence += any(getattr(stored, field) != getattr(event, field) for field in CALENDAR_FIELDS)
        if local_day(stored.start) != local_day(event.start):
            event.week_reminder_at = event.day_reminder_at = None
    event.save()
    if stored:
        note_change(event, before=stored)
    fill(event, now=event.changed_at)
    return event


@transaction.atomic
def publish(*, event: Event) -> Event:
    """Show the meeting to those it is for. Raises DomainError for a meeting that was cancelled."""
    event = lock_event(event.pk)
    if event.status == Event.Status.CANCELLED:
        raise DomainError(_("This meeting is cancelled. Make a new one instead."))
    if event.status == Event.Status.DRAFT:
        event.status = Event.Status.PUBLISHED
        event.changed_at = timezone.now()
        event.save()
    return event


@transaction.atomic
def call_off(*, event: Event) -> int:
    """Cancel the meeting and tell everybody who would come or waits; return how many people hear of it.

    What was planned for it can be chosen for another meeting. Doing it twice changes nothing. Raises DomainError when
    the meeting is over.
    """
    event = lock_event(event.pk)
    now = timezone.now()
    if event.status == Event.Status.CANCELLED:
        return 0
    if event.is_past(now):
        raise DomainError(_("This meeting is over. You cannot cancel it any more."))
    event.status = Event.Status.CANCELLED
    event.sequence += 1
    event.changed_at = now
    event.save()
    planned_topics.release(event=event)
    close_notice(event)
    told = list(event.registrations.current().select_related("person"))
    for registration in told:
        registration.event = event
    mail.tell_all(told, mail.News.CALLED_OFF)
    undecided = [invitation.person for invitation in _undecided(event).select_related("person")]
    withdraw(event, undecided)
    return len(told) + len(undecided)


@transaction.atomic
def throw_away(*, event: Event) -> None:
    """Delete the meeting, a draft that nobody knows of; what was planned for it can be chosen for another one."""
    event = lock_event(event.pk)
    planned_topics.release(event=event)
    event.delete()


def who_hears(*, event: Event) -> int:
    """Return how many people hear of it when the meeting is called off."""
    return event.registrations.current().count() + _undecided(event).count()


def _undecided(event: Event) -> QuerySet[Invitation]:
    """Whoever was asked and did not say yes or no has the meeting in the calendar too."""
    return (
        Invitation.objects.filter(event=event, round__send_at__lte=timezone.now())
        .with_answer()
        .filter(answer__in=[Invitation.Answer.NONE, Invitation.Answer.MAYBE])
    )


@transaction.atomic
def hand_out_seats(*, event: Event) -> None:
    """Give out what came free when the programme was edited; also harmless when nothing did."""
    fill(lock_event(event.pk), now=timezone.now())

"""Reminders before a meeting and thanks after it: once each, however many beats and workers run at the same time.

The meeting's row says what has left. It is read and written under the row's lock, in the transaction that queues the
mails; so who registers later gets no reminder for a moment that has passed.
"""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction

from events.cycle import Step
from events.mail.reminders import Reminder, remind, thank
from events.models import Event, Registration
from events.operations.locks import lock_event
from members.models import Person
from noord.dates import local, local_day

THANKS_WITHIN = timedelta(days=30)
LONGEST_DAY = timedelta(hours=25)
# Whoever has had a seat for less long than this has just had a mail that says all that the reminder would say.
JUST_REGISTERED = timedelta(hours=12)


def due_at(start: datetime, days: int) -> datetime:
    """Return the moment so many days before, at the same time on the clock in Amsterdam, in UTC.

    Over a change of the clock that is not a multiple of 24 hours; R11 asks for the clock.
    """
    return (local(start) - timedelta(days=days)).astimezone(UTC)


def send_reminders(*, now: datetime) -> int:
    """Queue every reminder that is due; return how many mails."""
    soon = now + max(settings.REMINDER_DAYS) * LONGEST_DAY
    coming = Event.objects.filter(status=Event.Status.PUBLISHED, start__gt=now, start__lte=soon, day_reminder_at=None)
    return sum(_remind(event, now=now) for event in coming.order_by("start", "pk").values_list("pk", flat=True))


def send_thanks(*, now: datetime) -> int:
    """Queue the thanks for meetings whose report is ready, up to thirty days after; return how many mails."""
    over = Event.objects.filter(status=Event.Status.PUBLISHED, end__lte=now, end__gt=now - THANKS_WITHIN)
    ready = over.filter(thanks_at=None).exclude(report="")
    return sum(_thank(event, now=now) for event in ready.order_by("end", "pk").values_list("pk", flat=True))


@transaction.atomic
def _remind(event_id: int, *, now: datetime) -> int:
    event = lock_event(event_id)
    if event.status != Event.Status.PUBLISHED or event.start <= now or event.day_reminder_at:
        return 0
    week, day = settings.REMINDER_DAYS
    agenda_at = None
    if now >= due_at(event.start, day):
        reminder, fields = Reminder.DAY, ["day_reminder_at", "week_reminder_at"]
    elif due_at(event.start, week) <= now < due_at(event.start, week - 1):
        agenda_at = _agenda_instead(event)
        if (event.week_reminder_at and not agenda_at) or _has_an_agenda_to_come(event):
            return 0
        reminder, fields = Reminder.WEEK, ["week_reminder_at"]
    else:
        return 0  # a meeting that was published or moved days after its week reminder was due has none
    due = due_at(event.start, day if reminder == Reminder.DAY else week)
    known_by = min(due, now - JUST_REGISTERED)
    people = [row for row in _who_wants_it(event) if (row.promoted_at or row.queued_at) <= known_by]
    if agenda_at:
        people = [row for row in people if (row.promoted_at or row.queued_at) > agenda_at]
        event.week_reminder_at = None
    remind(people, reminder, local_day(event.start))
    for field in fields:
        setattr(event, field, getattr(event, field) or now)
    event.save(update_fields=fields)
    return len(people)


@transaction.atomic
def _thank(event_id: int, *, now: datetime) -> int:
    event = lock_event(event_id)
    if event.status != Event.Status.PUBLISHED or event.thanks_at or not event.report:
        return 0
    people = _who_wants_it(event)
    thank(people)
    event.thanks_at = now
    event.save(update_fields=["thanks_at"])
    return len(people)


def _has_an_agenda_to_come(event: Event) -> bool:
    """Will the agenda be the reminder? It goes out that day (topic_steps.py), unless somebody stopped it."""
    return event.has_topics and not event.topic_steps.filter(kind=Step.AGENDA).exists()


def _agenda_instead(event: Event) -> datetime | None:
    """Return when the agenda left instead of the reminder: who got a seat after that has had neither.

    A chair may have sent it weeks ahead. None when the reminder itself has left, or neither.
    """
    sent = event.topic_steps.filter(kind=Step.AGENDA, is_stopped=False, at=event.week_reminder_at)
    return event.week_reminder_at if event.week_reminder_at and sent.exists() else None


def _who_wants_it(event: Event) -> list[Registration]:
    """Return who has a seat, an address, and nothing against reminders."""
    people = Person.objects.wanting("reminders").filter(email__isnull=False)
    return list(event.registrations.confirmed().filter(person__in=people).select_related("person"))

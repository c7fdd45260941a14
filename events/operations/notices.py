"""Telling people that a meeting has changed: noted with the edit, sent when the manager says so.

A notice keeps the meeting as people were last told. However many edits follow, there is one open notice per meeting
and one mail per person, which is written from the meeting as it is when the mail leaves.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from events.changes import differences, snapshot
from events.mail.changes import tell_change
from events.models import ChangeNotice, Event
from events.operations.locks import lock_event
from members.models import Person
from noord.domain import DomainError
from noord.outbox.models import Mail

# The edits of these minutes come in the same message, also those after "now".
CHANGE_BUNDLE = timedelta(minutes=10)
# What a worker has in hand may have been written before the edit: rather told twice than never.
IN_CALENDAR = (Mail.Status.SENT, Mail.Status.SENDING)


def note_change(event: Event, *, before: Event) -> ChangeNotice | None:
    """Open a notice when people must hear of the edit, keep the one that is open, or close it when nobody has to.

    An edit that is taken back concerns only who was told the version in between. Call it under lock_event(), with the
    meeting as it was before the edit.
    """
    notice = event.change_notices.filter(closed_at=None).first()
    if notice is None:
        if event.status != Event.Status.PUBLISHED or event.is_past(event.changed_at) or not who_hears(event):
            return None
        told = snapshot(before)
        if not differences(told, event):
            return None
        return event.change_notices.create(before=told, edited_at=event.changed_at)
    told = snapshot(before)
    if not differences(told, event):
        return notice
    if notice.told_since:
        # What had been taken back is changed again: everyone knows the version that this edit leaves behind.
        notice.before, notice.told_since = told, None
    elif not differences(notice.before, event):
        notice.before, notice.told_since = told, notice.created_at
    notice.edited_at = event.changed_at
    notice.save(update_fields=["before", "told_since", "edited_at"])
    return notice if who_hears(event) else _close(notice)


def who_hears(event: Event) -> list[Person]:
    """Return whom the change concerns: who is registered or waits, and who was invited and has not answered no.

    Nobody who registered after the edit: that mail said it right. An edit of something else (a typo) does not count.
    Whoever got the invitation has the meeting in the calendar, so the update is for those too who want no invitations
    any more; an invitation that has not left yet will say it right.
    """
    notice = event.change_notices.filter(closed_at=None).first()
    registered = event.registrations.current().filter(queued_at__lte=notice.edited_at if notice else event.changed_at)
    everyone = event.registrations.values("person")
    asked = event.invitations.filter(round__send_at__lte=timezone.now(), person__is_active=True)
    if notice and notice.told_since:
        since = notice.told_since
        registered = registered.filter(Q(queued_at__gt=since) | Q(changed_at__gt=since))
        asked = asked.filter(Q(round__send_at__gt=since) | Q(reminded_at__gt=since))
    got = asked.with_delivery().filter(delivery__in=IN_CALENDAR).exclude(person__in=everyone)
    concerned = Q(pk__in=registered.values("person")) | Q(pk__in=got.values("person"))
    return list(Person.objects.filter(concerned, email__isnull=False).only("pk", "email").order_by("pk"))


@transaction.atomic
def announce(*, event: Event) -> ChangeNotice:
    """Let the notice leave in ten minutes; asking again changes nothing. Raises DomainError when there is none."""
    notice = _lock_notice(event)
    if notice.announce_at is None:
        notice.announce_at = timezone.now() + CHANGE_BUNDLE
        notice.save(update_fields=["announce_at"])
    return notice


@transaction.atomic
def announce_later(*, event: Event) -> ChangeNotice:
    """Keep the notice open until somebody announces it. Raises DomainError when there is none."""
    notice = _lock_notice(event)
    notice.announce_at = None
    notice.save(update_fields=["announce_at"])
    return notice


@transaction.atomic
def keep_silent(*, event: Event) -> ChangeNotice:
    """Close the notice without a mail. Raises DomainError when there is none."""
    return _close(_lock_notice(event))


def close_notice(event: Event) -> None:
    """Close what is open without a mail; call it under lock_event()."""
    event.change_notices.filter(closed_at=None).update(closed_at=timezone.now())


def announce_due(*, now: datetime) -> int:
    """Send the notices whose time has come, each once however often this runs; return how many mails are queued.

    What nobody needs to hear any more, because the meeting is over, is closed.
    """
    due = ChangeNotice.objects.filter(Q(announce_at__lte=now) | Q(event__end__lte=now), closed_at=None)
    return sum(_send(event, now=now) for event in due.order_by("announce_at", "pk").values_list("event", flat=True))


@transaction.atomic
def _send(event_id: int, *, now: datetime) -> int:
    event = lock_event(event_id)
    notice = event.change_notices.filter(closed_at=None).first()
    if notice is None:
        return 0
    is_over = event.is_past(now) or event.status != Event.Status.PUBLISHED
    if is_over or not differences(notice.before, event):
        _close(notice)
        return 0
    if notice.announce_at is None or notice.announce_at > now:
        return 0  # held back while this was waiting for the lock
    people = who_hears(event)
    tell_change(notice, people)
    _close(notice)
    return len(people)


def _lock_notice(event: Event) -> ChangeNotice:
    notice = lock_event(event.pk).change_notices.filter(closed_at=None).first()
    if notice is None:
        raise DomainError(_("There is nothing to announce any more."))
    return notice


def _close(notice: ChangeNotice) -> ChangeNotice:
    notice.closed_at = timezone.now()
    notice.save(update_fields=["closed_at"])
    return notice

"""The mails that come by the clock: a week and a day before a meeting, and when its report is ready.

They have no calendar part: the meeting is in the calendar already, and nothing about it has changed.
"""

from collections.abc import Iterable
from datetime import date

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.mail.letters import Letter, compose, event_facts
from events.mail.registrations import registration_facts
from events.models import Event, Registration
from members.models import Person
from members.unsubscribe import unsubscribe_url
from noord.dates import local_day
from noord.outbox.message import Message
from noord.outbox.queue import NewMail, enqueue_many, renders

REMINDER, THANKS = "events.reminder", "events.thanks"
LIST = "herinneringen"


class Reminder(models.TextChoices):
    WEEK = "week"
    DAY = "day"


def remind(registrations: Iterable[Registration], reminder: Reminder, day: date) -> None:
    """Queue one reminder each for a meeting that begins on this day in Amsterdam; one day has each reminder once.

    Needs person loaded.
    """
    enqueue_many(
        NewMail(
            kind=REMINDER,
            key=f"reminder:{registration.pk}:{reminder}:{day.isoformat()}",
            to=registration.person.email,
            params={"registration": registration.pk, "reminder": str(reminder), "day": day.isoformat()},
            is_bulk=True,
            about=f"event:{registration.event_id}",
        )
        for registration in registrations
    )


def thank(registrations: Iterable[Registration]) -> None:
    """Queue one mail each that says that the report is ready; needs person loaded."""
    enqueue_many(
        NewMail(
            kind=THANKS,
            key=f"thanks:{registration.pk}",
            to=registration.person.email,
            params={"registration": registration.pk},
            is_bulk=True,
            about=f"event:{registration.event_id}",
        )
        for registration in registrations
    )


@renders(REMINDER)
def render_reminder(*, registration: int, reminder: str, day: str) -> Message | None:
    """Return the reminder; None when it is no longer wanted, the meeting moved or began, or the next one has left."""
    row = _wanted(registration)
    if row is None or row.event.start <= timezone.now() or local_day(row.event.start).isoformat() != day:
        return None
    event = row.event
    if reminder == Reminder.WEEK and event.day_reminder_at:
        return None
    choices = list(row.choices.select_related("first", "second", "seat", "block").order_by("block__start"))
    subject = _how_soon((local_day(event.start) - timezone.localdate()).days)
    letter = _letter(row, heading=f"{subject}: {event.title}", facts=registration_facts(row, choices))
    letter.opening = [_("You are registered for this meeting. We look forward to seeing you.")]
    letter.closing = [_("Can you not come? Then cancel, so that your seat is free for somebody else.")]
    letter.button = _("View or change your registration")
    letter.link = settings.SITE_URL + reverse("events:registration", args=[event.slug])
    return _compose(letter, event, subject)


@renders(THANKS)
def render_thanks(*, registration: int) -> Message | None:
    """Return the thanks; None when they are no longer wanted or the report is gone."""
    row = _wanted(registration)
    if row is None or not row.event.report:
        return None
    event = row.event
    subject = _("Thank you, the report is ready")
    letter = _letter(row, heading=f"{subject}: {event.title}", facts=event_facts(event))
    letter.opening = [_("Thank you for being there. On the page of the meeting you can read the report.")]
    letter.button = _("Read the report")
    letter.link = f"{settings.SITE_URL}{event.get_absolute_url()}#verslag"
    return _compose(letter, event, subject)


def _wanted(registration: int) -> Registration | None:
    """Return the registration while it counts, of a meeting that takes place, for somebody who wants reminders."""
    confirmed = Registration.objects.confirmed().filter(person__in=Person.objects.wanting("reminders"))
    published = confirmed.filter(event__status=Event.Status.PUBLISHED)
    return published.select_related("event__host", "person").filter(pk=registration).first()


def _how_soon(days: int) -> str:
    """Return the day as people say it, counted when the mail leaves: it may be late."""
    if days <= 1:
        return _("Tomorrow") if days else _("Today")
    if days == 7:
        return _("In a week")
    return ngettext("In %(days)s day", "In %(days)s days", days) % {"days": days}


def _letter(row: Registration, *, heading: str, facts: list[tuple[str, str]]) -> Letter:
    return Letter(
        heading=heading,
        name=row.person.name,
        facts=facts,
        reason=_("You get this mail because of your registration."),
        unsubscribe_url=unsubscribe_url(row.person_id, "reminders"),
    )


def _compose(letter: Letter, event: Event, subject: str) -> Message:
    return compose(letter, event, subject, unsubscribe_url=letter.unsubscribe_url, list_id=LIST)

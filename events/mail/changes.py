"""The mail that a meeting has changed: written when it leaves, from the meeting as it is by then.

Therefore it does not matter in which order mails are sent: none of them can say something older than another.
"""

from collections.abc import Iterable

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from events import calendar
from events.changes import differences
from events.mail.invitations import answer_url
from events.mail.letters import Letter, compose, event_facts
from events.mail.registrations import registration_facts, session_line
from events.models import ChangeNotice, Event, Registration
from members.models import Person
from members.unsubscribe import unsubscribe_url
from noord.outbox.message import Message
from noord.outbox.queue import NewMail, enqueue_many, renders

KIND = "events.change"


def tell_change(notice: ChangeNotice, people: Iterable[Person]) -> None:
    """Queue one mail each."""
    enqueue_many(
        NewMail(
            kind=KIND,
            key=f"change:{notice.pk}:{person.pk}",
            to=person.email,
            params={"notice": notice.pk, "person": person.pk},
            is_bulk=True,
            about=f"event:{notice.event_id}",
        )
        for person in people
    )


@renders(KIND)
def render(*, notice: int, person: int) -> Message | None:
    """Return the mail; None when the meeting is called off, over or changed back, or the person is out of it."""
    told = ChangeNotice.objects.select_related("event__host").filter(pk=notice).first()
    reader = Person.objects.filter(pk=person).first()
    if told is None or reader is None:
        return None
    event = told.event
    changed = differences(told.before, event)
    if event.status != Event.Status.PUBLISHED or event.is_past(timezone.now()) or not changed:
        return None
    registration = event.registrations.filter(person=reader).first()
    letter = Letter(
        heading=_("Changed: %(event)s") % {"event": event.title},
        name=reader.name,
        opening=[_("This meeting has changed."), *(f"{label}: {sentence}." for label, sentence in changed)],
        facts=event_facts(event),
    )
    if registration is None:
        part = _invitation_part(letter, event, reader)
    else:
        registration.event, registration.person = event, reader
        part = _registration_part(letter, registration)
    if part is None:
        return None
    return compose(
        letter,
        event,
        _("Changed"),
        calendar=part,
        calendar_method="REQUEST",
        unsubscribe_url=letter.unsubscribe_url,
        list_id="uitnodigingen" if letter.unsubscribe_url else "",
    )


def _registration_part(letter: Letter, registration: Registration) -> bytes | None:
    """Fill in what only a participant reads; return the calendar part, None for who has cancelled."""
    event = registration.event
    if registration.is_cancelled:
        return None
    choices = list(registration.choices.select_related("first", "second", "seat", "block").order_by("block__start"))
    letter.facts = registration_facts(registration, choices)
    if registration.is_waiting:
        letter.closing.append(_("You are still on the waiting list."))
    letter.closing.append(_("Can you not come? Then cancel, so that your seat is free for somebody else."))
    letter.button = _("View or change your registration")
    letter.link = settings.SITE_URL + reverse("events:registration", args=[event.slug])
    letter.reason = _("You get this mail because of your registration.")
    lines = tuple(session_line(choice) for choice in choices)
    return calendar.request(calendar.Entry(event, registration, lines=lines))


def _invitation_part(letter: Letter, event: Event, person: Person) -> bytes | None:
    """Fill in what only somebody reads who is invited; return the calendar part, None for who is no longer.

    Whoever wants no invitations has this one in the calendar all the same, so it is kept right there.
    """
    if not event.invitations.filter(person=person, person__is_active=True).exists():
        return None
    letter.button = _("Say whether you are coming")
    letter.link = answer_url(event.pk, person.pk)
    letter.reason = _("You get this mail because you are invited.")
    if Person.objects.wanting("invitations").filter(pk=person.pk).exists():
        letter.unsubscribe_url = unsubscribe_url(person.pk, "invitations")
    return calendar.invite(event, person, answer_url=letter.link)

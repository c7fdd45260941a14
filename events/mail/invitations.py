"""Invitations and their one reminder: a question with a calendar part that can be answered."""

from collections.abc import Iterable

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from events import calendar
from events.mail.letters import Letter, compose, event_facts
from events.models import Event, Invitation, InvitationRound
from members.models import Person
from members.unsubscribe import unsubscribe_url
from noord.dates import deadline
from noord.outbox.message import Message
from noord.outbox.queue import NewMail, enqueue, enqueue_many, renders
from noord.outbox.renderers import renders_batch

KIND, REMINDER = "events.invitation", "events.invitation_reminder"
TRIAL, REFUSED, WITHDRAWN = "events.invitation_trial", "events.answer_refused", "events.invitation_withdrawn"
SALT = "events.invitation"
Params = dict[str, int]  # {"event": id, "person": id}


def answer_url(event_id: int, person_id: int) -> str:
    """Return the address that allows exactly this person to answer this invitation, without logging in."""
    token = signing.dumps([event_id, person_id], salt=SALT)
    return settings.SITE_URL + reverse("events:answer", args=[token])


def read_answer_token(token: str) -> tuple[int, int] | None:
    """Return the ids of the meeting and the person, or None for a token that is not ours.

    It expires with the meeting: the page asks rules.may_answer().
    """
    try:
        event_id, person_id = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    return event_id, person_id


def ask(event: Event, people: Iterable[Person], round_: InvitationRound) -> None:
    """Queue one invitation each; the key makes it one for ever."""
    enqueue_many(
        NewMail(
            kind=KIND,
            key=f"invitation:{event.pk}:{person.pk}",
            to=person.email,
            params={"event": event.pk, "person": person.pk},
            not_before=round_.send_at,
            is_bulk=True,
            about=f"event:{event.pk}",
        )
        for person in people
    )


def ask_again(event: Event, people: Iterable[Person]) -> None:
    enqueue_many(
        NewMail(
            kind=REMINDER,
            key=f"invitation-reminder:{event.pk}:{person.pk}",
            to=person.email,
            params={"event": event.pk, "person": person.pk},
            is_bulk=True,
            about=f"event:{event.pk}",
        )
        for person in people
        if person.email
    )


def withdraw(event: Event, people: Iterable[Person]) -> None:
    """Queue the word that the meeting is called off for who was asked and is not registered."""
    enqueue_many(
        NewMail(
            kind=WITHDRAWN,
            key=f"invitation-withdrawn:{event.pk}:{person.pk}",
            to=person.email,
            params={"event": event.pk, "person": person.pk},
            is_bulk=True,
            about=f"event:{event.pk}",
        )
        for person in people
        if person.email
    )


def send_trial(event: Event, to: Person, word: str) -> None:
    """Send the invitation to who is writing it, to look at: without a calendar part, every time anew."""
    enqueue(
        kind=TRIAL,
        key=f"invitation-trial:{event.pk}:{to.pk}:{timezone.now().timestamp()}",
        to=to.email,
        params={"event": event.pk, "person": to.pk, "word": word},
    )


def tell_refused(event: Event, person: Person, reason: str, *, key: str) -> None:
    """Queue the word that an answer from a calendar could not be followed, and why; once for each answer."""
    enqueue(
        kind=REFUSED,
        key=f"answer-refused:{event.pk}:{person.pk}:{key}",
        to=person.email,
        params={"event": event.pk, "person": person.pk, "reason": reason},
        about=f"event:{event.pk}",
    )


@renders_batch(KIND)
def invitation(asked: list[Params]) -> list[Message | None]:
    """Return the invitations; None for one that was answered or withdrawn meanwhile, or is no longer wanted."""
    return [_compose(row, _("Invitation")) if row else None for row in _open_invitations(asked)]


@renders_batch(REMINDER)
def reminder(asked: list[Params]) -> list[Message | None]:
    return [_compose(row, _("Are you coming?")) if row else None for row in _open_invitations(asked)]


@renders(TRIAL)
def trial(*, event: int, person: int, word: str) -> Message | None:
    row = Event.objects.filter(pk=event).first()
    reader = Person.objects.filter(pk=person).first()
    if row is None or reader is None:
        return None
    letter = _letter(row, reader, word, reader.name, settings.SITE_URL + row.get_absolute_url())
    return compose(letter, row, _("Trial: invitation"))


def _open_invitations(asked: list[Params]) -> list[Invitation | None]:
    """Return for each pair of meeting and person the invitation that still waits for an answer, or None."""
    rows = (
        Invitation.objects.filter(event__in={ids["event"] for ids in asked}, event__status=Event.Status.PUBLISHED)
        .filter(person__in={ids["person"] for ids in asked}, person__is_active=True, event__end__gt=timezone.now())
        .exclude(person__mail_preferences__invitations=False)
        .unanswered()
        .select_related("person")
        # One meeting and one round for all of them, so that what is asked about it is asked once.
        .prefetch_related("event", "round__by")
    )
    found = {(row.event_id, row.person_id): row for row in rows}
    return [found.get((ids["event"], ids["person"])) for ids in asked]


def _compose(row: Invitation, subject: str) -> Message:
    event, person = row.event, row.person
    by = row.round.by.name if row.round.by else "Samenwerking Noord"
    link = answer_url(event.pk, person.pk)
    letter = _letter(event, person, row.round.word, by, link)
    letter.unsubscribe_url = unsubscribe_url(person.pk, "invitations")
    return compose(
        letter,
        event,
        subject,
        calendar=calendar.invite(event, person, answer_url=link),
        calendar_method="REQUEST",
        unsubscribe_url=letter.unsubscribe_url,
        list_id="uitnodigingen",
    )


def _letter(event: Event, person: Person, word: str, by: str, link: str) -> Letter:
    opening = [_("%(name)s invites you to %(event)s.") % {"name": by, "event": event.title}, event.summary, word]
    return Letter(
        heading=_("Are you coming to %(event)s?") % {"event": event.title},
        name=person.name,
        opening=[sentence for sentence in opening if sentence],
        facts=event_facts(event),
        closing=[
            _("Answer %(until)s, with the button or in your calendar.") % {"until": deadline(event.closes_at)},
        ],
        button=_("Say whether you are coming"),
        link=link,
        reason=_("You get this mail because you are invited."),
    )


@renders(WITHDRAWN)
def withdrawn(*, event: int, person: int) -> Message | None:
    row = Event.objects.filter(pk=event).first()
    reader = Person.objects.filter(pk=person, is_active=True).first()
    if row is None or reader is None:
        return None
    letter = Letter(
        heading=f"{_('Called off')}: {row.title}",
        name=reader.name,
        opening=[_("This meeting does not take place. You do not need to do anything.")],
        facts=event_facts(row),
        button=_("View the agenda"),
        link=settings.SITE_URL + reverse("events:agenda"),
        reason=_("You get this mail because you were invited."),
    )
    return compose(letter, row, _("Called off"), calendar=calendar.withdraw(row, reader), calendar_method="CANCEL")


@renders(REFUSED)
def refused(*, event: int, person: int, reason: str) -> Message | None:
    row = Event.objects.filter(pk=event).first()
    reader = Person.objects.filter(pk=person, is_active=True).first()
    if row is None or reader is None:
        return None
    letter = Letter(
        heading=_("We could not use your answer about %(event)s") % {"event": row.title},
        name=reader.name,
        opening=[reason],
        facts=event_facts(row),
        button=_("View the meeting"),
        link=settings.SITE_URL + row.get_absolute_url(),
        reason=_("You get this mail because you answered in your calendar."),
    )
    return compose(letter, row, _("Your answer"))

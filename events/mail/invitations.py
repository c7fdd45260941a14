"""Invitations and their one reminder: a question with a calendar part that can be answered."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from events import calendar
from events.mail.letters import Letter, compose, compose_each, event_facts
from events.models import Event, Invitation, InvitationRound
from members.models import Person
from members.unsubscribe import unsubscribe_url
from noord.dates import deadline
from noord.outbox.abouts import names_abouts
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
    return _write(asked, _("Invitation"))


@renders_batch(REMINDER)
def reminder(asked: list[Params]) -> list[Message | None]:
    return _write(asked, _("Are you coming?"))


@renders(TRIAL)
def trial(*, event: int, person: int, word: str) -> Message | None:
    row = Event.objects.filter(pk=event).first()
    reader = Person.objects.filter(pk=person).first()
    if row is None or reader is None:
        return None
    letter = _letter(row, reader.name, word, reader.name, settings.SITE_URL + row.get_absolute_url())
    return compose(letter, row, _("Trial: invitation"))


def _open_invitations(asked: list[Params]) -> list[Invitation]:
    """Return the invitations that still wait for an answer, those of one round together."""
    rows = (
        Invitation.objects.filter(event__in={ids["event"] for ids in asked}, event__status=Event.Status.PUBLISHED)
        .filter(person__in={ids["person"] for ids in asked}, person__is_active=True, event__end__gt=timezone.now())
        .exclude(person__mail_preferences__invitations=False)
        .unanswered()
        .select_related("person")
        # One meeting and one round for all of them, so that what is asked about it is asked once.
        .prefetch_related("event", "round__by")
        .order_by("round", "pk")
    )
    return list(rows)


def _write(asked: list[Params], subject: str) -> list[Message | None]:
    """Return the message for each pair of meeting and person, None for who has answered or wants none."""
    messages = {}
    for _round, rows in groupby(_open_invitations(asked), key=attrgetter("round_id")):
        for row, message in _write_round(list(rows), subject):
            messages[row.event_id, row.person_id] = message
    return [messages.get((ids["event"], ids["person"])) for ids in asked]


def _write_round(rows: list[Invitation], subject: str) -> Iterator[tuple[Invitation, Message]]:
    """Yield the messages of one round; people differ in their name and their two links."""
    event, round_ = rows[0].event, rows[0].round
    by = round_.by.name if round_.by else "Samenwerking Noord"
    links = [(answer_url(event.pk, row.person_id), unsubscribe_url(row.person_id, "invitations")) for row in rows]
    people = [
        {"name": row.person.name, "link": link, "stop": stop} for row, (link, stop) in zip(rows, links, strict=True)
    ]

    def letter(own: dict[str, str]) -> Letter:
        written = _letter(event, own["name"], round_.word, by, own["link"])
        written.unsubscribe_url = own["stop"]
        return written

    parts = calendar.invite_each(event, [(row.person, link) for row, (link, _stop) in zip(rows, links, strict=True)])
    more = [
        {"calendar": part, "calendar_method": "REQUEST", "unsubscribe_url": stop, "list_id": "uitnodigingen"}
        for part, (_link, stop) in zip(parts, links, strict=True)
    ]
    yield from zip(rows, compose_each(letter, people, event, subject, more), strict=True)


def _letter(event: Event, name: str, word: str, by: str, link: str) -> Letter:
    opening = [_("%(name)s invites you to %(event)s.") % {"name": by, "event": event.title}, event.summary, word]
    return Letter(
        heading=_("Are you coming to %(event)s?") % {"event": event.title},
        name=name,
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


@names_abouts("event")
def name_events(ids: list[int]) -> dict[int, str]:
    """Return the titles, for staff who look at the mail of a meeting."""
    return dict(Event.objects.filter(pk__in=ids).values_list("pk", "title"))

"""The mails about a registration: what happened, the facts, what you can still do until when.

tell() writes the row in the verb's transaction; the text is made when the mail leaves, from what is true then. A row
about an older version of the registration is dropped: an old message never leaves after a newer one.
"""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext as _

from events import calendar
from events.mail.letters import Letter, compose, event_facts
from events.models import Registration, SessionChoice
from noord.dates import deadline, time_of_day
from noord.outbox.message import Message
from noord.outbox.queue import NewMail, enqueue_many, renders

KIND = "events.registration"


class News(models.TextChoices):
    REGISTERED = "registered"
    CHANGED = "changed"
    SESSION = "session"
    MOVED = "moved"
    PROMOTED = "promoted"
    TAKEN_OVER = "taken_over"
    CANCELLED = "cancelled"
    CANCELLED_BY_OTHER = "cancelled_by_other"
    HANDED_OVER = "handed_over"
    CALLED_OFF = "called_off"
    DECLINED = "declined"


def tell(registration: Registration, news: News) -> None:
    """Queue the mail about this version of the registration; needs event and person loaded."""
    tell_all([registration], news)


def tell_all(registrations: list[Registration], news: News) -> None:
    """Queue one mail each; who has no address hears nothing by mail."""
    enqueue_many(
        NewMail(
            kind=KIND,
            # The meeting's SEQUENCE is part of the key: a meeting that is called off is news without a new version.
            key=f"registration:{registration.pk}:{registration.version}:{registration.event.sequence}:{news}",
            to=registration.person.email,
            params={"registration": registration.pk, "version": registration.version, "news": str(news)},
            about=f"event:{registration.event_id}",
        )
        for registration in registrations
        if registration.person.email
    )


@renders(KIND)
def render(*, registration: int, version: int, news: str) -> Message | None:
    """Return the mail, or None when the registration is gone or has changed since."""
    row = (
        Registration.objects.filter(pk=registration, version=version)
        .with_place()
        .select_related("event__host", "person", "registered_by", "replaced_by")
        .first()
    )
    if row is None:
        return None
    # Of a meeting that is called off only that is news; but who cancelled before has it in the calendar as well.
    if row.event.is_cancelled and not row.is_cancelled and news != News.CALLED_OFF:
        return None
    choices = list(row.choices.select_related("first", "second", "seat", "block").order_by("block__start"))
    entry = calendar.Entry(row.event, row, lines=tuple(session_line(choice) for choice in choices))
    gone = row.is_cancelled or row.event.is_cancelled
    return compose(
        _write_letter(row, choices, News(news)),
        row.event,
        _subject(row, News(news)),
        calendar=calendar.cancel(entry) if gone else calendar.request(entry),
        calendar_method="CANCEL" if gone else "REQUEST",
    )


def _subject(row: Registration, news: News) -> str:
    if news == News.REGISTERED and row.is_waiting:
        return _("You are on the waiting list")
    return {
        News.REGISTERED: _("You are registered"),
        News.CHANGED: _("Your choice has changed"),
        News.SESSION: _("You have a seat in your session"),
        News.MOVED: _("You have another session"),
        News.PROMOTED: _("You got a seat"),
        News.TAKEN_OVER: _("You take over a seat"),
        News.CANCELLED: _("You cancelled your registration"),
        News.CANCELLED_BY_OTHER: _("Your registration was cancelled"),
        News.HANDED_OVER: _("A colleague takes your seat"),
        News.CALLED_OFF: _("Called off"),
        News.DECLINED: _("You are not coming"),
    }[news]


def _write_letter(row: Registration, choices: list[SessionChoice], news: News) -> Letter:
    letter = Letter(
        heading=f"{_subject(row, news)}: {row.event.title}",
        name=row.person.name,
        facts=registration_facts(row, choices),
        button=_("View or change your registration"),
        link=settings.SITE_URL + reverse("events:registration", args=[row.event.slug]),
        reason=_("You get this mail because of your registration."),
    )
    by = row.registered_by.name if row.registered_by else ""
    match news:
        case News.REGISTERED if row.is_waiting:
            letter.opening = [
                _("All seats are taken. You are number %(place)s on the waiting list.") % {"place": row.place}
            ]
            letter.closing = [
                _("You get a mail as soon as there is a seat. The meeting is in your calendar as an option.")
            ]
        case News.REGISTERED:
            letter.opening = [_("Good that you are coming.")]
        case News.CHANGED:
            letter.opening = [_("We saved your choice.")]
        case News.SESSION:
            letter.opening = [_("There was a free seat in a session that you chose. You now have that seat.")]
        case News.MOVED:
            letter.opening = [_("The organisers put you in another session. You see below which one it is.")]
        case News.PROMOTED:
            letter.opening = [_("A seat came free. You now take part. Can you no longer come? Then cancel, please.")]
        case News.TAKEN_OVER:
            letter.opening = [_("%(name)s could not come and gave you the seat.") % {"name": by}]
        case News.HANDED_OVER if row.replaced_by:
            letter.opening = [
                _("%(name)s comes in your place. Thank you for telling.") % {"name": row.replaced_by.name}
            ]
        case News.DECLINED:
            letter.opening = [_("Thank you for telling. Can you come after all? Then register on the page.")]
        case News.CALLED_OFF:
            letter.opening = [_("This meeting does not take place. You do not need to do anything.")]
            letter.button, letter.link = _("View the agenda"), settings.SITE_URL + reverse("events:agenda")
        case _:
            letter.opening = [_("You no longer take part in this meeting. Your seat is free for somebody else.")]
    if row.is_cancelled:
        letter.button, letter.link = _("View the meeting"), settings.SITE_URL + row.event.get_absolute_url()
    elif not row.event.is_cancelled:
        if by and news == News.REGISTERED:
            letter.opening.insert(
                0, _("%(name)s registered you. Not what you want? Then cancel it yourself.") % {"name": by}
            )
        letter.closing += [
            _("You can change your choice %(until)s.") % {"until": deadline(row.event.closes_at)},
            _("Can you not come? Then cancel, so that your seat is free for somebody else."),
        ]
    return letter


def registration_facts(row: Registration, choices: list[SessionChoice]) -> list[tuple[str, str]]:
    event = row.event
    facts = event_facts(event)
    if event.online_url and row.is_confirmed and not event.is_cancelled:
        facts.append((_("Take part online"), event.online_url))
    for choice in choices:
        facts.append((_("Your session (%(time)s)") % {"time": time_of_day(choice.block.start)}, _session(row, choice)))
    return facts


def _session(row: Registration, choice: SessionChoice) -> str:
    if row.is_waiting:
        return _("%(session)s, when you get a seat at the meeting") % {"session": choice.first.title}
    if choice.seat is None:
        return _("%(session)s is full, you are on its waiting list") % {"session": choice.first.title}
    return f"{choice.seat.title}, {choice.seat.room}" if choice.seat.room else choice.seat.title


def session_line(choice: SessionChoice) -> str:
    """Return the session for a calendar: "15.30 uur Het Kindpakket (Zaal 1)"; who has no seat there yet reads so."""
    if choice.seat is None:
        where = _("waiting list")
        return f"{time_of_day(choice.block.start)} {choice.first.title} ({where})"
    room = f" ({choice.seat.room})" if choice.seat.room else ""
    return f"{time_of_day(choice.block.start)} {choice.seat.title}{room}"

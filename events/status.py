"""What a person can do with a meeting now: the status box of its page and the tag in a list.

State, sentence and button are decided here together; templates only print them.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import Event, Registration
from noord.dates import day_long, deadline, time_of_day


@dataclass(frozen=True, slots=True)
class Tag:
    """The state in a row: css class is-*, symbol of the sprite, words."""

    css: str
    icon: str
    label: str


@dataclass(frozen=True, slots=True)
class StatusBox:
    """One label, one sentence, one button. `action` names what the button does; the page knows its address."""

    css: str
    icon: str
    label: str
    sentence: str
    action: str = ""
    button: str = ""
    is_main: bool = False


def seats_left(event: Event) -> int | None:
    """Return the seats left, None without a limit; needs with_seats()."""
    return None if event.capacity is None else max(0, event.capacity - event.seats_taken)


def seats_sentence(event: Event) -> str:
    left = seats_left(event)
    if left is None:
        return _("There are seats for everyone.")
    return ngettext("There is %(n)s seat left.", "There are %(n)s seats left.", left) % {"n": left}


def tag_for(event: Event, registration: Registration | None, now: datetime) -> Tag:
    """Return the tag of a row; the event needs with_seats(), the registration with_place()."""
    if event.is_cancelled:
        return Tag("is-off", "off", _("Does not take place"))
    if event.status == Event.Status.DRAFT:
        return Tag("is-full", "note", _("Draft"))
    if event.is_past(now):
        return (
            Tag("is-in", "in", _("You were registered")) if _is_in(registration) else Tag("is-full", "in", _("Over"))
        )
    if _is_in(registration):
        return Tag("is-in", "in", _("You are registered"))
    if registration and registration.is_waiting:
        return Tag("is-wait", "wait", _("Waiting list, number %(place)s") % {"place": registration.place})
    if event.registration_opens and now < event.registration_opens:
        return Tag("is-full", "wait", _("Registration opens later"))
    if now >= event.closes_at:
        return Tag("is-full", "full", _("Registration is closed"))
    left = seats_left(event)
    if left is None:
        return Tag("is-open", "open", _("You can register"))
    if left == 0:
        return Tag("is-wait", "wait", _("Full, with a waiting list"))
    return Tag("is-open", "open", ngettext("%(n)s seat left", "%(n)s seats left", left) % {"n": left})


def status_box(event: Event, registration: Registration | None, now: datetime, *, session: str = "") -> StatusBox:
    """Return the box of the meeting's page.

    The event needs with_seats(), the registration with_place(); `session` is what to say of the chosen sessions.
    """
    if event.is_cancelled:
        sentence = _("This meeting is cancelled. You do not need to do anything.")
        return StatusBox("is-off", "off", _("Does not take place"), sentence, "agenda", _("View the agenda"))
    if event.is_past(now):
        if event.report:
            return StatusBox(
                "is-full", "in", _("This meeting is over"), _("The report is ready."), "report", _("Read the report")
            )
        sentence = _("Look in the agenda for the next one.")
        return StatusBox("is-full", "in", _("This meeting is over"), sentence, "agenda", _("View the agenda"))
    if event.status == Event.Status.DRAFT:
        sentence = _("Only the people who prepare the meeting see it. Nobody can register yet.")
        return StatusBox("is-full", "note", _("This is a draft"), sentence)
    if registration and registration.is_current:
        return _box_of_participant(event, registration, now, session)
    return _box_of_visitor(event, now)


def _box_of_participant(event: Event, registration: Registration, now: datetime, session: str) -> StatusBox:
    if now >= event.closes_at:
        until = _("You can cancel until the meeting begins.")
    else:
        until = _("You can change or cancel %(until)s.") % {"until": deadline(event.closes_at)}
    if registration.is_waiting:
        label = _("You are on the waiting list, number %(place)s") % {"place": registration.place}
        if now >= event.start:
            return StatusBox("is-wait", "wait", label, _("The meeting has begun."))
        sentence = _("You get a mail when there is a seat.")
        return StatusBox("is-wait", "wait", label, sentence, "cancel", _("Take me off the waiting list"))
    if now >= event.start:
        return StatusBox("is-in", "in", _("You are registered"), _("The meeting has begun."))
    change = _("Change or cancel")
    if registration.promoted_at:
        sentence = " ".join(filter(None, [_("You now take part."), session, until]))
        return StatusBox("is-in", "in", _("You got a seat"), sentence, "registration", change)
    sentence = " ".join(filter(None, [session, until]))
    return StatusBox("is-in", "in", _("You are registered"), sentence, "registration", change)


def _box_of_visitor(event: Event, now: datetime) -> StatusBox:
    if event.registration_opens and now < event.registration_opens:
        sentence = _("You can register from %(day)s, %(time)s.") % {
            "day": day_long(event.registration_opens),
            "time": time_of_day(event.registration_opens),
        }
        return StatusBox(
            "is-full", "wait", _("Registration is not open yet"), sentence, "calendar", _("Put it in my calendar")
        )
    if now >= event.closes_at:
        sentence = _("You could register %(until)s.") % {"until": deadline(event.closes_at)}
        return StatusBox("is-full", "full", _("Registration is closed"), sentence, "ask", _("Mail the organisers"))
    if seats_left(event) == 0:
        numbers = {"n": event.capacity, "place": event.waiting_count + 1}
        text = ngettext(
            "The one seat is taken. You will be number %(place)s on the waiting list.",
            "All %(n)s seats are taken. You will be number %(place)s on the waiting list.",
            event.capacity,
        )
        sentence = text % numbers
        return StatusBox(
            "is-wait",
            "wait",
            _("Full, with a waiting list"),
            sentence,
            "register",
            _("Put me on the waiting list"),
            True,
        )
    until = _("You can register %(until)s.") % {"until": deadline(event.closes_at)}
    sentence = f"{until} {seats_sentence(event)}"
    return StatusBox("is-open", "open", _("You can register"), sentence, "register", _("Register"), True)


def _is_in(registration: Registration | None) -> bool:
    return bool(registration and registration.is_confirmed)

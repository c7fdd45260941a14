"""Answers to invitations: METHOD:REPLY (RFC 5546 3.2.3) in a mail (RFC 6047), and the app that acts on them.

Of the calendar only the few lines are read that an answer needs. So a time zone or a rule in it, however strange,
costs nothing, and Windows names of zones do not matter.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from icalendar.parser import Contentline, Contentlines

from noord.inbox.message import Unreadable, bare_address, leaves, sender, text_of
from noord.outbox.message import one_line

MAX_CALENDAR = 512 * 1024
COMMENT_LENGTH = 1_000
WANTED = {"UID", "ATTENDEE", "SEQUENCE", "DTSTAMP", "COMMENT", "RECURRENCE-ID"}
ANSWERS = {"ACCEPTED", "TENTATIVE", "DECLINED"}


@dataclass(frozen=True, slots=True)
class Reply:
    """What one person answered. `attendee` is the address in small letters, `dtstamp` is in UTC."""

    uid: str
    attendee: str
    partstat: str  # ACCEPTED, TENTATIVE or DECLINED
    sequence: int
    dtstamp: datetime
    comment: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an answer, in a sentence for the screen; when nothing came of it, a person must look."""

    is_done: bool
    reason: str | Promise


ReplyHandler = Callable[[Reply], Outcome]
_handlers: list[ReplyHandler] = []


def handles_replies(function: ReplyHandler) -> ReplyHandler:
    """Register the one function that acts on an answer; for an app's module replies.py.

    It runs in a transaction together with the message's own row: what it changes and that it was done stand or fall
    as one. A DomainError from it, or anything else, undoes its changes and puts the message in the tray.
    """
    if _handlers:
        raise ValueError("Two functions handle replies.")
    _handlers.append(function)
    return function


def handler() -> ReplyHandler | None:
    """Return the function that acts on an answer, or None when no app registered one."""
    return _handlers[0] if _handlers else None


@dataclass(slots=True)
class Meeting:
    """A calendar object as far as an answer needs it."""

    method: str = ""
    events: list[dict[str, list[Contentline]]] = field(default_factory=list)


def calendars(message: Message) -> list[Message]:
    """Return the parts that are calendars; a file beside them is the same one for programs that want a file.

    Raises Unreadable.
    """
    parts = list(leaves(message))
    inline = [part for part in parts if part.get_content_type() == "text/calendar"]
    return inline or [
        part
        for part in parts
        if part.get_content_type() == "application/ics" or (part.get_filename() or "").lower().endswith(".ics")
    ]


def read_reply(message: Message, parts: list[Message]) -> Reply:
    """Return the answer in the calendar parts of a message.

    Raises Unreadable with the reason when it is no answer to one meeting by the one who sent it.
    """
    replies = {_read_part(part) for part in parts}
    if len(replies) != 1:
        raise Unreadable(_("The calendars in the message do not say the same."))
    reply = replies.pop()
    if sender(message) != reply.attendee:
        raise Unreadable(_("Somebody else than the person invited sent this answer."))
    return reply


def _read_part(part: Message) -> Reply:
    meeting = _read_calendar(text_of(part, MAX_CALENDAR))
    named = str(part.get_param("method") or meeting.method)
    if meeting.method and named.upper() != meeting.method:
        raise Unreadable(_("The mail names another kind of calendar message than the calendar in it does."))
    match meeting.method:
        case "REPLY":
            return _read_event(meeting)
        case "COUNTER":
            raise Unreadable(_("The sender proposes another time or place."))
        case "REFRESH":
            raise Unreadable(_("The sender asks for the invitation again."))
        case "REQUEST":
            raise Unreadable(_("The sender invites us to a meeting."))
        case "":
            raise Unreadable(_("The calendar in the message does not say what it is for."))
        case other:
            text = _("The portal does not handle calendar messages of the kind %(method)s.")
            raise Unreadable(text % {"method": one_line(other)[:40]})


def _read_calendar(text: str) -> Meeting:
    """Return METHOD and meetings of the one calendar in the text.

    Raises Unreadable when it breaks off or its parts are not one inside the other.
    """
    broken = Unreadable(_("The calendar in the message is broken."))
    meeting, path, count = Meeting(), [], 0
    for line in Contentlines.from_ical(text):
        name = line.replace(";", ":").partition(":")[0].strip().upper()
        if name == "BEGIN":
            path.append(line.partition(":")[2].strip().upper())
            count += len(path) == 1
            if path == ["VCALENDAR", "VEVENT"]:
                meeting.events.append({})
        elif name == "END":
            if not path or path.pop() != line.partition(":")[2].strip().upper():
                raise broken
        elif path == ["VCALENDAR"] and name == "METHOD":
            if meeting.method:
                raise broken
            meeting.method = line.partition(":")[2].strip().upper()
        elif path == ["VCALENDAR", "VEVENT"] and name in WANTED:
            meeting.events[-1].setdefault(name, []).append(line)
    if path or count != 1:
        raise broken
    return meeting


def _read_event(meeting: Meeting) -> Reply:
    if len(meeting.events) != 1 or "RECURRENCE-ID" in meeting.events[0]:
        raise Unreadable(_("The answer is not about exactly one meeting."))
    event = meeting.events[0]
    uid = one_line(_only(event, "UID", _("The answer does not say which meeting it is about."))[1])
    if not 0 < len(uid) <= 255:
        raise Unreadable(_("The answer does not say which meeting it is about."))
    params, address = _only(event, "ATTENDEE", _("The answer does not name exactly one attendee."))
    scheme, _colon, address = address.strip().partition(":")
    try:
        if scheme.lower() != "mailto":
            raise ValueError(scheme)
        attendee = bare_address(address)
    except ValueError:
        raise Unreadable(_("The attendee in the answer has no e-mail address.")) from None
    partstat = str(params.get("PARTSTAT", "NEEDS-ACTION")).upper()
    if partstat == "DELEGATED":
        raise Unreadable(_("The sender wants somebody else to come instead."))
    if partstat not in ANSWERS:
        raise Unreadable(_("The answer is not yes, no or maybe."))
    return Reply(
        uid=uid,
        attendee=attendee,
        partstat=partstat,
        sequence=_read_sequence(event),
        dtstamp=_read_dtstamp(event),
        comment="\n".join(one_line(_parts(line)[1]) for line in event.get("COMMENT", []))[:COMMENT_LENGTH],
    )


def _read_sequence(event: dict[str, list[Contentline]]) -> int:
    """Return SEQUENCE; not there is 0 (RFC 5545 3.8.7.4)."""
    reason = _("The version of the meeting in the answer cannot be read.")
    value = _only(event, "SEQUENCE", reason)[1].strip() if "SEQUENCE" in event else "0"
    if not (value.isascii() and value.isdigit() and len(value) <= 9):
        raise Unreadable(reason)
    return int(value)


def _read_dtstamp(event: dict[str, list[Contentline]]) -> datetime:
    """Return the moment of the answer, which RFC 5545 3.8.7.2 wants in UTC.

    Raises Unreadable when it lies ahead: every later answer would then seem to be older.
    """
    reason = _("The moment of the answer cannot be read.")
    value = _only(event, "DTSTAMP", reason)[1].strip()
    try:
        moment = datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Unreadable(reason) from None
    if moment > timezone.now() + timedelta(days=1):
        raise Unreadable(_("The answer is from the future: the sender's clock is wrong."))
    return moment


def _only(event: dict[str, list[Contentline]], name: str, reason: str) -> tuple[dict, str]:
    """Return parameters and value of a line that stands there once; raises Unreadable with the reason."""
    if len(event.get(name, [])) != 1:
        raise Unreadable(reason)
    return _parts(event[name][0])


def _parts(line: Contentline) -> tuple[dict, str]:
    try:
        _name, params, value = line.parts()
    except ValueError:
        raise Unreadable(_("The calendar in the message is broken.")) from None
    return params, value

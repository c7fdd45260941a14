"""Meetings as iCalendar (RFC 5545): a pure function from meetings to bytes, the same for download, mail and feed.

Times are Europe/Amsterdam with a VTIMEZONE. DTSTAMP comes from the data, so the same data give the same octets.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import vText

from events.models import Event, Registration
from members.models import Person

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
PRODID = "-//Samenwerking Noord//Portal//NL"

# The rules since 1996, made once: 3.6.5 wants the zone in every object, and building it per message is slow.
VTIMEZONE = b"\r\n".join(
    [
        b"BEGIN:VTIMEZONE",
        b"TZID:Europe/Amsterdam",
        b"BEGIN:DAYLIGHT",
        b"DTSTART:19960331T020000",
        b"RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        b"TZNAME:CEST",
        b"TZOFFSETFROM:+0100",
        b"TZOFFSETTO:+0200",
        b"END:DAYLIGHT",
        b"BEGIN:STANDARD",
        b"DTSTART:19961027T030000",
        b"RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
        b"TZNAME:CET",
        b"TZOFFSETFROM:+0200",
        b"TZOFFSETTO:+0100",
        b"END:STANDARD",
        b"END:VTIMEZONE",
        b"",
    ]
)

PARTSTAT = {
    Registration.Status.CONFIRMED: "ACCEPTED",
    Registration.Status.WAITING: "TENTATIVE",
    Registration.Status.CANCELLED: "DECLINED",
}

# Control characters have no place in TEXT (3.3.11); the newline is escaped by the library.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One meeting as it stands in one calendar.

    Without a registration it is what everyone may see; with one it is this person's copy: with the online link, the
    session, and the status of the registration.
    """

    event: Event
    registration: Registration | None = None
    lines: tuple[str, ...] = ()


def publish(entries: Iterable[Entry], *, name: str = "", source: str = "") -> bytes:
    """Return a calendar to download or subscribe to (METHOD:PUBLISH, RFC 5546 3.2.1): no attendees in it.

    A feed has a name, and says how often to come back (RFC 7986 5.7); a public one also where it is (`source`).
    """
    lines = ["METHOD:PUBLISH"]
    if name:
        lines += [f"NAME:{_text(name)}", f"X-WR-CALNAME:{_text(name)}"]
        lines += ["REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H"]
    if source:
        lines.append(f"SOURCE;VALUE=URI:{source}")
    return _calendar(lines, map(_event, entries))


def request(entry: Entry) -> bytes:
    """Return the invitation or update for one person (METHOD:REQUEST, RFC 5546 3.2.2), with only that attendee."""
    return _calendar(["METHOD:REQUEST"], [_event(entry, attendee=_own_attendee(entry))])


def cancel(entry: Entry) -> bytes:
    """Return the cancellation for one person (METHOD:CANCEL, RFC 5546 3.2.5)."""
    return _calendar(["METHOD:CANCEL"], [_event(entry, attendee=_own_attendee(entry), cancelled=True)])


def invite(event: Event, person: Person, *, answer_url: str) -> bytes:
    """Return the question to one person who is not registered (RFC 5546 3.2.2): PARTSTAT=NEEDS-ACTION, RSVP=TRUE."""
    (calendar,) = invite_each(event, [(person, answer_url)])
    return calendar


def invite_each(event: Event, people: Iterable[tuple[Person, str]]) -> Iterator[bytes]:
    """Yield for each person, with the address to answer at, what invite() returns: what all share is made once."""
    whole = _calendar(["METHOD:REQUEST"], [_event(Entry(event), described=False)])
    start, end_mark, end = whole.partition(b"END:VEVENT")
    url = settings.SITE_URL + event.get_absolute_url()
    for person, answer_url in people:
        description = _description(event, (_("Answer here: %(url)s") % {"url": answer_url},), url)
        own = (f"DESCRIPTION:{_text(description)}", _attendee(person, "NEEDS-ACTION"))
        yield b"".join((start, *map(_fold, own), end_mark, end))


def withdraw(event: Event, person: Person) -> bytes:
    """Return the cancellation for somebody who was invited and is not registered (RFC 5546 3.2.5)."""
    attendee = _attendee(person, "NEEDS-ACTION")
    return _calendar(["METHOD:CANCEL"], [_event(Entry(event), attendee=attendee, cancelled=True)])


def _calendar(lines: list[str], events: Iterable[bytes]) -> bytes:
    start = b"".join(map(_fold, ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODID}", *lines]))
    return b"".join((start, VTIMEZONE, *events, b"END:VCALENDAR\r\n"))


def _event(entry: Entry, *, attendee: str = "", cancelled: bool = False, described: bool = True) -> bytes:
    """Return the VEVENT (3.6.1), line by line: a feed has hundreds, for which the library's components are slow."""
    event, registration = entry.event, entry.registration
    url = settings.SITE_URL + event.get_absolute_url()
    changed = max(event.changed_at, registration.changed_at) if registration else event.changed_at
    stamp = f"{changed.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    online = event.online_url if registration and registration.is_confirmed else ""
    lines = [
        "BEGIN:VEVENT",
        f"UID:{event.uid}",
        f"DTSTAMP:{stamp}",
        f"LAST-MODIFIED:{stamp}",
        f"SEQUENCE:{registration.sequence if registration else event.sequence}",
        f"DTSTART;TZID=Europe/Amsterdam:{event.start.astimezone(AMSTERDAM):%Y%m%dT%H%M%S}",
        f"DTEND;TZID=Europe/Amsterdam:{event.end.astimezone(AMSTERDAM):%Y%m%dT%H%M%S}",
        f"SUMMARY:{_text(event.title)}",
        f"STATUS:{_status(event, registration, cancelled=cancelled)}",
    ]
    if event.where or online:
        lines.append(f"LOCATION:{_text(event.where or online)}")
    if online:
        lines.append(f'CONFERENCE;VALUE=URI;FEATURE=VIDEO;LABEL="{_parameter(_("Take part online"))}":{_uri(online)}')
    if described:
        link = (_("Take part online: %(url)s") % {"url": online},) if online else ()
        lines.append(f"DESCRIPTION:{_text(_description(event, (*entry.lines, *link), url))}")
    lines += [f"URL:{url}", f'ORGANIZER;CN="Samenwerking Noord":mailto:{settings.ORGANISER_EMAIL}']
    if attendee:
        lines.append(attendee)
    return b"".join(map(_fold, [*lines, "END:VEVENT"]))


def _description(event: Event, lines: tuple[str, ...], url: str) -> str:
    return "\n\n".join(line for line in (event.summary, *lines, url) if line)


def _status(event: Event, registration: Registration | None, *, cancelled: bool) -> str:
    if cancelled or event.is_cancelled or (registration and registration.is_cancelled):
        return "CANCELLED"
    return "TENTATIVE" if registration and registration.is_waiting else "CONFIRMED"


def _own_attendee(entry: Entry) -> str:
    return _attendee(entry.registration.person, PARTSTAT[entry.registration.status])


def _attendee(person: Person, partstat: str) -> str:
    # Whoever is registered has answered already, and changes that on the site.
    rsvp = "TRUE" if partstat == "NEEDS-ACTION" else "FALSE"
    name = _parameter(person.name or person.email)
    return (
        f'ATTENDEE;CN="{name}";CUTYPE=INDIVIDUAL;PARTSTAT={partstat};ROLE=REQ-PARTICIPANT;RSVP={rsvp}'
        f":mailto:{_uri(person.email or '')}"
    )


def _text(text: str) -> str:
    """Return text as a TEXT value (3.3.11), without control characters."""
    return vText(_CONTROL.sub("", text.replace("\r\n", "\n"))).to_ical().decode()


def _parameter(text: str) -> str:
    """Return text that is safe between quotes as a parameter: no quotes and no line breaks (3.2)."""
    return " ".join(_CONTROL.sub("", text).replace('"', "'").split())


def _uri(text: str) -> str:
    """Return an address without white space and control characters: it can never end its line."""
    return "".join(_CONTROL.sub("", text).split())


def _fold(line: str) -> bytes:
    """Return the line with its end, folded at 75 octets (3.1), never inside a character or an escape."""
    octets = line.encode()
    if len(octets) <= 75:
        return octets + b"\r\n"
    parts, begin, room = [], 0, 75
    while len(octets) - begin > room:
        end = begin + room
        while octets[end] & 0xC0 == 0x80:
            end -= 1
        backslashes = end - begin - len(octets[begin:end].rstrip(b"\\"))
        end -= backslashes % 2
        parts.append(octets[begin:end])
        begin, room = end, 74
    return b"\r\n ".join((*parts, octets[begin:])) + b"\r\n"

"""Meetings as iCalendar (RFC 5545): a pure function from meetings to bytes, the same for download, mail and feed.

Times are Europe/Amsterdam with a VTIMEZONE. DTSTAMP comes from the data, so the same data give the same octets.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import icalendar
from django.conf import settings
from django.utils.translation import gettext as _

from events.models import Event, Registration
from members.models import Person

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
ZONE = {"TZID": "Europe/Amsterdam"}
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

    With a name it is a feed, which says how often to come back. The source is for a public address only: a file is
    passed on more easily than a secret.
    """
    head = [("METHOD", "PUBLISH")]
    if name:
        head += [("NAME", name), ("X-WR-CALNAME", name)]
        head += [("REFRESH-INTERVAL;VALUE=DURATION", "PT1H"), ("X-PUBLISHED-TTL", "PT1H")]
    if source:
        head.append(("SOURCE;VALUE=URI", source))
    return _calendar(head, (_component(entry) for entry in entries))


def request(entry: Entry) -> bytes:
    """Return the invitation or update for one person (METHOD:REQUEST, RFC 5546 3.2.2), with only that attendee."""
    return _calendar([("METHOD", "REQUEST")], [_component(entry, attendee=True)])


def cancel(entry: Entry) -> bytes:
    """Return the cancellation for one person (METHOD:CANCEL, RFC 5546 3.2.5)."""
    return _calendar([("METHOD", "CANCEL")], [_component(entry, attendee=True, cancelled=True)])


def invite(event: Event, person: Person, *, answer_url: str) -> bytes:
    """Return the question to one person who is not registered (RFC 5546 3.2.2): PARTSTAT=NEEDS-ACTION, RSVP=TRUE."""
    (calendar,) = invite_each(event, [(person, answer_url)])
    return calendar


def invite_each(event: Event, people: Iterable[tuple[Person, str]]) -> Iterator[bytes]:
    """Yield for each person, with the address to answer at, what invite() returns: what all share is made once."""
    whole = _calendar([("METHOD", "REQUEST")], [_component(Entry(event), described=False)])
    start, end_mark, end = whole.partition(b"END:VEVENT")
    for person, answer_url in people:
        description = icalendar.vText(_description(event, (_("Answer here: %(url)s") % {"url": answer_url},)))
        attendee = _attendee(person, "NEEDS-ACTION")
        own = (("DESCRIPTION", icalendar.Parameters(), description), ("ATTENDEE", attendee.params, attendee))
        lines = (icalendar.parser.Contentline.from_parts(*parts).to_ical() + b"\r\n" for parts in own)
        yield b"".join((start, *lines, end_mark, end))


def withdraw(event: Event, person: Person) -> bytes:
    """Return the cancellation for somebody who was invited and is not registered (RFC 5546 3.2.5)."""
    component = _component(Entry(event), cancelled=True)
    component.add("attendee", _attendee(person, "NEEDS-ACTION"), encode=0)
    return _calendar([("METHOD", "CANCEL")], [component])


def _calendar(head: list[tuple[str, str]], components: Iterable[icalendar.Event]) -> bytes:
    lines = [icalendar.parser.Contentline("BEGIN:VCALENDAR"), icalendar.parser.Contentline("VERSION:2.0")]
    lines.append(icalendar.parser.Contentline(f"PRODID:{PRODID}"))
    for name, value in head:
        text = value if "VALUE=" in name else icalendar.vText(_clean(value)).to_ical().decode()
        lines.append(icalendar.parser.Contentline(f"{name}:{text}"))
    start = b"".join(line.to_ical() + b"\r\n" for line in lines)
    return start + VTIMEZONE + b"".join(component.to_ical() for component in components) + b"END:VCALENDAR\r\n"


def _component(
    entry: Entry, *, attendee: bool = False, cancelled: bool = False, described: bool = True
) -> icalendar.Event:
    event, registration = entry.event, entry.registration
    url = settings.SITE_URL + event.get_absolute_url()
    changed = max(event.changed_at, registration.changed_at) if registration else event.changed_at
    component = icalendar.Event()
    component.add("uid", event.uid)
    component.add("dtstamp", _utc(changed))
    component.add("last-modified", _utc(changed))
    component.add("sequence", registration.sequence if registration else event.sequence)
    # As the clock in Amsterdam says, with the zone's name beside it: looking the zone up again costs more.
    component.add("dtstart", event.start.astimezone(AMSTERDAM).replace(tzinfo=None), parameters=ZONE)
    component.add("dtend", event.end.astimezone(AMSTERDAM).replace(tzinfo=None), parameters=ZONE)
    component.add("summary", _clean(event.title))
    component.add("status", _status(event, registration, cancelled=cancelled))
    online = event.online_url if registration and registration.is_confirmed else ""
    if event.where or online:
        component.add("location", _clean(event.where or online))
    if online:
        component.add(
            "conference",
            icalendar.vUri(online),
            parameters={"VALUE": "URI", "FEATURE": "VIDEO", "LABEL": _("Take part online")},
        )
    if described:
        link = (_("Take part online: %(url)s") % {"url": online},) if online else ()
        component.add("description", _description(event, (*entry.lines, *link)))
    component.add("url", url)
    component.add("organizer", _organizer())
    if attendee and registration:
        component.add("attendee", _attendee(registration.person, PARTSTAT[registration.status]), encode=0)
    return component


def _description(event: Event, lines: tuple[str, ...]) -> str:
    url = settings.SITE_URL + event.get_absolute_url()
    return _clean("\n\n".join(line for line in (event.summary, *lines, url) if line))


def _status(event: Event, registration: Registration | None, *, cancelled: bool) -> str:
    if cancelled or event.is_cancelled or (registration and registration.is_cancelled):
        return "CANCELLED"
    return "TENTATIVE" if registration and registration.is_waiting else "CONFIRMED"


def _organizer() -> icalendar.vCalAddress:
    organizer = icalendar.vCalAddress(f"mailto:{settings.ORGANISER_EMAIL}")
    organizer.params["CN"] = "Samenwerking Noord"
    return organizer


def _attendee(person: Person, partstat: str) -> icalendar.vCalAddress:
    attendee = icalendar.vCalAddress(f"mailto:{person.email}")
    attendee.params["CN"] = _parameter(person.name or person.email)
    attendee.params["CUTYPE"] = "INDIVIDUAL"
    attendee.params["ROLE"] = "REQ-PARTICIPANT"
    attendee.params["PARTSTAT"] = partstat
    # Whoever is registered has answered already, and changes that on the site.
    attendee.params["RSVP"] = "TRUE" if partstat == "NEEDS-ACTION" else "FALSE"
    return attendee


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def _clean(text: str) -> str:
    return _CONTROL.sub("", text.replace("\r\n", "\n"))


def _parameter(text: str) -> str:
    """Return text that is safe as a parameter: no quotes and no line breaks (RFC 5545 3.2)."""
    return " ".join(_clean(text).replace('"', "'").split())

"""The mail that really left: taken from the mail server, read by two calendar libraries."""

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import icalendar
import vobject

from tests.conftest import MailServer


@dataclass(frozen=True)
class Letter:
    """One mail; `event` is the VEVENT of its calendar part, or None."""

    mail: EmailMessage
    text: str
    method: str = ""
    event: icalendar.Event | None = None

    @property
    def subject(self) -> str:
        return self.mail["Subject"]

    @property
    def uid(self) -> str:
        return str(self.event["UID"])

    @property
    def sequence(self) -> int:
        return int(self.event["SEQUENCE"])


class Mailboxes:
    """What the mail server took, for each address, the oldest first. Every letter is taken once."""

    def __init__(self, server: MailServer) -> None:
        self.server = server

    def take(self, address: str) -> Letter:
        """Take the only letter that waits for this address."""
        waiting = [envelope for envelope in self.server.messages if envelope.rcpt_tos == [address]]
        assert len(waiting) == 1, f"{len(waiting)} letters for {address}"
        self.server.messages.remove(waiting[0])
        return read_letter(waiting[0].content)

    def are_empty(self) -> bool:
        return not self.server.messages


def read_letter(content: bytes) -> Letter:
    """Read a mail, and hold it to what every mail of the portal is: text first, then HTML, then the calendar."""
    mail = message_from_bytes(content, policy=default)
    text = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
    html = mail.get_body(("html",)).get_content()
    assert 'lang="nl"' in html
    assert not {"<script", "<img"} & set(re.findall(r"<\w+", html))
    assert mail["Auto-Submitted"] == "auto-generated"
    alternative = next(part for part in mail.walk() if part.get_content_type() == "multipart/alternative")
    kinds = [part.get_content_type() for part in alternative.iter_parts()]
    assert kinds[:2] == ["text/plain", "text/html"]
    if "text/calendar" not in kinds:
        return Letter(mail, text)
    assert mail.get_content_type() == "multipart/mixed"
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    part = list(alternative.iter_parts())[2]
    octets = part.get_payload(decode=True)
    (attached,) = mail.iter_attachments()
    assert (attached.get_content_type(), attached.get_payload(decode=True)) == ("application/ics", octets)
    event = read_event(octets)
    calendar = icalendar.Calendar.from_ical(octets)
    method = str(calendar["METHOD"])
    assert part["Content-Type"].params["method"] == method
    assert method in ("REQUEST", "CANCEL")
    assert event["ATTENDEE"].removeprefix("mailto:") == mail["To"]
    assert event["ORGANIZER"].removeprefix("mailto:") in mail["From"]
    return Letter(mail, text, method, event)


def read_events(octets: bytes) -> list[icalendar.Event]:
    """Return the meetings of a calendar on which both libraries agree."""
    events = icalendar.Calendar.from_ical(octets).walk("VEVENT")
    others = vobject.readOne(octets.decode()).contents.get("vevent", [])
    assert [
        (str(event["UID"]), str(event["SUMMARY"]), str(event["STATUS"]), event["DTSTART"].dt.isoformat())
        for event in events
    ] == [
        (other.uid.value, other.summary.value, other.status.value, other.dtstart.value.isoformat()) for other in others
    ]
    return events


def read_event(octets: bytes) -> icalendar.Event:
    (event,) = read_events(octets)
    return event

"""From a message to the octets that an SMTP server gets: pure functions, no database.

The parts are put together here and not by email.message.EmailMessage, because that takes 3 to 6 ms
for a mail with a calendar part: more than all the rest of sending it. The structure is fixed, every
user's text goes through one_line() or an encoder, and the tests parse the result with the standard
library and look for its defects.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

SUBJECT_LENGTH = 250
# Everything that could end a header line, hide in one, or that XML and terminals choke on.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
NO_URL = re.compile(r"[\s<>,]")
LABEL = re.compile(r"[a-z0-9-]+", re.IGNORECASE)
CONTROL_IN_TEXT = bytes({*range(32), 127} - set(b"\t\r\n"))


@dataclass(frozen=True, slots=True)
class Message:
    """What one person gets to read.

    `calendar` is a VCALENDAR in UTF-8 with CRLF, whose METHOD is `calendar_method` (REQUEST or CANCEL).
    With `from_organiser` the sender is the network's own mailbox, the ORGANIZER of that calendar part.
    `unsubscribe_url` takes a POST without login or token (RFC 8058); with it a mail programme shows a button.
    `list_id` is a word such as "invitations", to which the portal's host is added (RFC 2919).
    """

    subject: str
    text: str
    html: str = ""
    calendar: bytes = b""
    calendar_method: str = ""
    from_organiser: bool = False
    reply_to: str = ""
    unsubscribe_url: str = ""
    list_id: str = ""


def one_line(text: str) -> str:
    """Return the text without control characters, line ends and half characters: it cannot make a header."""
    return CONTROL.sub(" ", text.encode("utf-8", "replace").decode()).strip()


def ascii_address(address: str) -> str:
    """Return one bare address as SMTP takes it, an international domain in its xn-- form.

    Raises ValueError when it is not one address. The text of the error does not repeat it.
    """
    address = one_line(address)
    try:
        validate_email(address)
    except ValidationError:
        raise ValueError("This is not an e-mail address.") from None
    name, _, domain = address.rpartition("@")
    return address if domain.isascii() else f"{name}@{domain.encode('idna').decode()}"


@lru_cache
def public_host(site_url: str) -> str:
    """Return the host of the portal's address in ASCII; "localhost" for an IPv6 address, which no mail can name."""
    host = urlsplit(site_url).hostname or "localhost"
    return "localhost" if ":" in host else host.encode("idna").decode()


@lru_cache(maxsize=100)
def sender(from_organiser: bool, default_from: str, organiser: str) -> tuple[str, str]:
    """Return the From header and the address of the envelope.

    From has the name and the address of `default_from`; for the organiser that name with the organiser's own address.
    What cannot be delivered comes back to the envelope's address: the organiser's mailbox, which noord.inbox reads,
    as long as that keeps the domain of From (SPF alignment, RFC 7489 3.1.2).
    """
    name, address = parseaddr(default_from)
    organiser = ascii_address(organiser)
    address = organiser if from_organiser else ascii_address(address)
    is_aligned = address.rpartition("@")[2].lower() == organiser.rpartition("@")[2].lower()
    return header("From", str(Address(display_name=one_line(name), addr_spec=address))), (
        organiser if is_aligned else address
    )


@lru_cache(maxsize=1000)
def header(name: str, value: str) -> str:
    """Return one header, folded and encoded (RFC 5322 2.2.3, RFC 2047), with its line end."""
    line = f"{name}: {value}"
    if value.isascii() and len(line) <= 78:
        return line + "\r\n"
    return SMTP.fold(name, SMTP.header_factory(name, value))


def build(message: Message, *, to: str, message_id: str, moment: datetime) -> tuple[str, str, bytes]:
    """Return envelope sender, envelope recipient and the mail.

    Every line is ASCII, shorter than 79 octets where the standards allow it and ended by CRLF (RFC 5322 2.1.1). A
    calendar goes along as RFC 6047 2.4 wants it: last in the alternative, and the same octets attached as a file.

    Raises ValueError when an address is none, or METHOD and calendar_method differ.
    """
    from_header, from_address = sender(message.from_organiser, settings.DEFAULT_FROM_EMAIL, settings.ORGANISER_EMAIL)
    to_address = ascii_address(to)
    lines = [
        from_header,
        f"To: {to_address}\r\n",  # never folded: a folded address is read wrong by some
        header("Subject", one_line(message.subject)[:SUBJECT_LENGTH]),
        f"Date: {format_datetime(moment)}\r\n",
        f"Message-ID: {message_id}\r\n",
        f"Reply-To: {ascii_address(message.reply_to)}\r\n" if message.reply_to else "",
        _unsubscribe(message.unsubscribe_url) if message.unsubscribe_url else "",
        _list_id(message.list_id) if message.list_id else "",
        "Auto-Submitted: auto-generated\r\n",
        "X-Auto-Response-Suppress: OOF, AutoReply\r\n",
        f"Content-Language: {settings.LANGUAGE_CODE}\r\n",
        "MIME-Version: 1.0\r\n",
    ]
    boundary = message_id.strip("<>").partition("@")[0]
    parts = [_text_part("plain", message.text)]
    if message.html:
        parts.append(_text_part("html", message.html))
    if not message.calendar:
        body = parts[0] if len(parts) == 1 else _multipart("alternative", f"text-{boundary}", parts)
        return from_address, to_address, ("".join(lines) + body).encode("ascii")

    if f"\r\nMETHOD:{message.calendar_method}\r\n".encode() not in message.calendar:
        raise ValueError("The calendar part has another METHOD than the mail says (RFC 6047 2.4).")
    octets = _base64(message.calendar)
    parts.append(
        f"Content-Type: text/calendar; method={message.calendar_method}; charset=UTF-8\r\n"
        f"Content-Transfer-Encoding: base64\r\n\r\n{octets}"
    )
    attachment = (
        'Content-Type: application/ics; name="invite.ics"\r\n'
        'Content-Disposition: attachment; filename="invite.ics"\r\n'
        f"Content-Transfer-Encoding: base64\r\n\r\n{octets}"
    )
    body = _multipart("mixed", f"mail-{boundary}", [_multipart("alternative", f"text-{boundary}", parts), attachment])
    return from_address, to_address, ("".join(lines) + body).encode("ascii")


def _unsubscribe(url: str) -> str:
    # One URI per line: each stays whole, and is what RFC 8058 3.1 wants the mail programme to post to.
    if not url.startswith(("https://", "http://")) or not url.isascii() or NO_URL.search(url):
        raise ValueError("The address to unsubscribe at is no web address.")
    return (
        f"List-Unsubscribe: <{url}>,\r\n <mailto:{ascii_address(settings.ORGANISER_EMAIL)}?subject=unsubscribe>\r\n"
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    )


def _list_id(label: str) -> str:
    if not LABEL.fullmatch(label):
        raise ValueError("A list's name is one word of letters, digits and hyphens.")
    return f"List-Id: <{label}.{public_host(settings.SITE_URL)}>\r\n"


def _multipart(subtype: str, boundary: str, parts: list[str]) -> str:
    # "=_" cannot stand in quoted-printable or base64, so no part can contain the boundary (RFC 2045 6.7).
    boundary = f"=_{boundary}"
    inner = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    return f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n\r\n{inner}--{boundary}--\r\n'


def _text_part(subtype: str, text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip() + "\n"
    octets = lines.replace("\n", "\r\n").encode("utf-8", "replace").translate(None, CONTROL_IN_TEXT)
    # istext keeps line ends as they are and encodes the rest, in lines of at most 76 (RFC 2045 6.7).
    encoded = binascii.b2a_qp(octets, istext=True).decode("ascii")
    return (
        f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{encoded}"
    )


def _base64(octets: bytes) -> str:
    return base64.encodebytes(octets).decode("ascii").replace("\n", "\r\n")

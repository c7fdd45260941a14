"""What a message says: reading octets that anybody may have written. Pure functions, no database.

The message is read with the policy compat32: it leaves headers as they are until somebody asks, where the newer
policy parses each of them by a grammar whose time and depth a stranger decides.
"""

import codecs
from collections.abc import Iterator
from contextlib import suppress
from email import policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from noord.outbox.message import one_line

MAX_LINES = 60_000  # 2 MB in lines of 76 characters are half of that
MAX_PARTS = 50
MAX_DEPTH = 10
MAX_HEADER = 1_000
MAX_HEADERS = 64 * 1024
MAX_SHOWN = 50_000

# What calendars and mails in the Netherlands are written in. Not whatever Python knows: some of its codecs take time
# that is quadratic in the length of the text.
CHARSETS = {"utf-8", "ascii", "iso8859-1", "iso8859-15", "cp1252"}


class Unreadable(Exception):
    """A person must look at the message; the text is a sentence for the screen."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read(raw: bytes) -> Message:
    """Return the message.

    Raises Unreadable when it is built to keep a parser busy: that takes as long as lines times nested parts.
    """
    lowered = raw.lower()
    parts = max(lowered.count(b"boundary"), lowered.count(b"message/"))
    if raw.count(b"\n") > MAX_LINES or parts > MAX_PARTS:
        raise Unreadable(_("The message has too many lines or too many parts."))
    return BytesParser(policy=policy.compat32).parsebytes(raw)


def read_headers(raw: bytes) -> Message:
    """Return the message without what comes after its headers."""
    return BytesHeaderParser(policy=policy.compat32).parsebytes(headers_of(raw))


def headers_of(raw: bytes) -> bytes:
    """Return the lines before the first empty one, at most 64 kB of them."""
    head = raw[:MAX_HEADERS]
    ends = [end for end in (head.find(b"\r\n\r\n"), head.find(b"\n\n")) if end >= 0]
    return head[: min(ends)] if ends else head


def header(message: Message, name: str) -> str:
    """Return the first header of this name in one line, decoded (RFC 2047), or "" when there is none."""
    value = _unfold(message.get(name, ""))[:MAX_HEADER]
    with suppress(MessageError, LookupError, ValueError):  # else as it stands there
        value = str(make_header(decode_header(value)))
    return one_line(value)


def plain_headers(message: Message, name: str, limit: int) -> list[str]:
    """Return every header of this name, the topmost first, unfolded and otherwise as it came.

    Raises Unreadable when one is longer than the limit.
    """
    values = [_unfold(value) for value in message.get_all(name, [])]
    if any(len(value) > limit for value in values):
        raise Unreadable(_("The header %(name)s is too long.") % {"name": name})
    return values


def _unfold(value: object) -> str:
    return str(value).replace("\r\n", "").replace("\n", "").strip()


def sender(message: Message) -> str:
    """Return the one address in From, in small letters.

    Raises Unreadable when there is none, more than one, or more than one From.
    """
    values = plain_headers(message, "From", MAX_HEADER)
    if len(values) == 1:
        try:
            addresses = policy.default.header_factory("From", values[0]).addresses
            if len(addresses) == 1:
                return bare_address(addresses[0].addr_spec)
        except Exception:  # noqa: S110 - the grammar of addresses breaks in many ways; the reason is the same
            pass
    raise Unreadable(_("The message does not have one sender."))


def bare_address(text: str) -> str:
    """Return an e-mail address in small letters.

    Raises ValueError when it is none.
    """
    address = text.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise ValueError("This is not an e-mail address.") from None
    return address


def leaves(message: Message, depth: int = 0) -> Iterator[Message]:
    """Yield the parts that hold something; what is inside an attached message was not said by this sender.

    Raises Unreadable when the parts are nested too deep.
    """
    if depth > MAX_DEPTH:
        raise Unreadable(_("The message has too many lines or too many parts."))
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        for part in message.get_payload():
            yield from leaves(part, depth + 1)
    else:
        yield message


def text_of(part: Message, limit: int) -> str:
    """Return the text of a part, without its transfer encoding and in its charset; else UTF-8, else Latin-1.

    Raises Unreadable when it is longer than the limit, in bytes.
    """
    octets = part.get_payload(decode=True) or b""
    if len(octets) > limit:
        raise Unreadable(_("The text in the message is too long."))
    for name in (part.get_content_charset() or "", "utf-8"):
        try:
            codec = codecs.lookup(name)
            if codec.name in CHARSETS:
                return octets.decode(codec.name).removeprefix("\ufeff")
        except (LookupError, ValueError):
            continue
    return octets.decode("latin-1")


def shown(raw: bytes) -> str:
    """Return what a person wants to read of the message: its texts and calendars. Never raises."""
    try:
        texts = []
        for part in leaves(read(raw)):
            kind = part.get_content_type()
            if kind in ("text/plain", "text/calendar"):
                texts.append(text_of(part, len(raw)))
            elif kind == "text/html":
                texts.append(strip_tags(text_of(part, MAX_SHOWN)))
        return "\n\n".join(text.strip() for text in texts)[:MAX_SHOWN]
    except Exception:
        return ""  # the source stands beside it

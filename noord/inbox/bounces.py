"""Reports that a mail of ours did not arrive (RFC 3464)."""

import re
from dataclasses import dataclass
from email.message import Message

from django.utils.translation import gettext as _

from noord.inbox.message import MAX_HEADERS, Unreadable, header, read_headers, text_of

MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")


@dataclass(frozen=True, slots=True)
class Failure:
    """What became of the mail for one recipient: `action` failed, delayed, delivered, relayed or expanded."""

    address: str
    action: str
    status: str
    diagnostic: str

    @property
    def is_permanent(self) -> bool:
        """Trying again is of no use (RFC 3463 2: class 5)."""
        return self.status.startswith("5")


@dataclass(frozen=True, slots=True)
class Report:
    """`message_ids` are those that the mail which did not arrive may have, the most certain first."""

    message_ids: tuple[str, ...]
    failures: tuple[Failure, ...]


def is_report(message: Message) -> bool:
    """Tell whether the message is a delivery status notification."""
    kind = str(message.get_param("report-type") or "").lower()
    return message.get_content_type() == "multipart/report" and kind == "delivery-status"


def is_from_mail_server(message: Message) -> bool:
    """Tell whether a mail server wrote the message, perhaps about a mail that did not arrive."""
    return re.search(r"\b(mailer-daemon|postmaster)@", header(message, "From").lower()) is not None


def read_report(message: Message) -> Report:
    """Return what the report says.

    Raises Unreadable when it names no mail or no recipient.
    """
    parts = message.get_payload() if message.is_multipart() else []
    failures, ids = [], []
    for part in parts:
        kind = part.get_content_type()
        if kind == "message/delivery-status" and part.is_multipart():
            failures += [_read_failure(fields) for fields in part.get_payload() if fields["Action"]]
        elif kind == "message/rfc822" and part.is_multipart():
            ids.append(header(part.get_payload(0), "Message-ID"))
        elif kind == "text/rfc822-headers":
            # Exactly what the other server got of it, so perhaps with the same encoding around it.
            ids.append(header(read_headers(text_of(part, MAX_HEADERS).encode()), "Message-ID"))
    # Exchange leaves the mail itself out where it is too large, and says here what it is about.
    ids += [header(message, "In-Reply-To"), header(message, "References")]
    found = tuple(dict.fromkeys(name for text in ids for name in MESSAGE_ID.findall(text)))
    if not failures or not found:
        raise Unreadable(_("The report does not say which mail did not arrive, or for whom."))
    return Report(message_ids=found, failures=tuple(failures))


def _read_failure(fields: Message) -> Failure:
    return Failure(
        address=_typed(fields, "Original-Recipient") or _typed(fields, "Final-Recipient"),
        action=header(fields, "Action").lower(),
        status=header(fields, "Status").partition(" ")[0],
        diagnostic=_typed(fields, "Diagnostic-Code"),
    )


def _typed(fields: Message, name: str) -> str:
    """Return the value after its type: "rfc822; anna@noord.example" (RFC 3464 2.1.2)."""
    _type, semicolon, value = header(fields, name).partition(";")
    return value.strip() if semicolon else ""

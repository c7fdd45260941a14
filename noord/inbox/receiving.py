"""One verb for every message that comes in, whichever way: receive()."""

import hashlib
import logging
import traceback
from datetime import timedelta
from email.message import Message

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from noord.domain import DomainError
from noord.inbox.authentication import is_proven
from noord.inbox.bounces import Report, is_from_mail_server, is_report, read_report
from noord.inbox.message import Unreadable, header, headers_of, read, read_headers, sender
from noord.inbox.models import IncomingMessage
from noord.inbox.replies import Outcome, Reply, calendars, handler, handles_replies, read_reply
from noord.outbox.holds import bounced

__all__ = ["MAX_SIZE", "Outcome", "Reply", "handles_replies", "mark_handled", "receive", "resume", "try_again"]

logger = logging.getLogger(__name__)

MAX_SIZE = 2 * 1024 * 1024  # an answer has 5 to 50 kB; of what is larger only the headers are kept
MAX_ATTEMPTS = 3
INTERRUPTED_AFTER = timedelta(minutes=5)
DATABASE_GONE = (OperationalError, InterfaceError)
BULK = {"bulk", "auto_reply", "junk", "list"}

Kind, State = IncomingMessage.Kind, IncomingMessage.State


class Tray(Exception):
    """A person must look at it."""


def receive(raw: bytes, *, size: int | None = None) -> IncomingMessage:
    """Keep a message and act on it, once: the same message again changes nothing.

    `size` is how large the message is, for who did not fetch all of it. Raises OperationalError or InterfaceError when
    the database is gone, whatever the message is; then the message must be offered again.
    """
    size = size or len(raw)
    digest = hashlib.sha256(raw.replace(b"\r\n", b"\n")).hexdigest()
    defaults = {"raw": raw if size <= MAX_SIZE else headers_of(raw), "size": size, **_headers(raw)}
    # In a transaction of its own: whatever happens next, the message is here.
    message, _created = IncomingMessage.objects.get_or_create(digest=digest, defaults=defaults)
    return _handle(message.pk) if message.state == State.NEW else message


def try_again(messages: QuerySet[IncomingMessage]) -> int:
    """Act anew on messages in the tray; return how many of them are now done with."""
    count = 0
    for pk in messages.filter(state__in=IncomingMessage.UNFINISHED).values_list("pk", flat=True):
        IncomingMessage.objects.filter(pk=pk, state=State.TRAY).update(state=State.NEW, attempts=0)
        count += _handle(pk).state in IncomingMessage.FINISHED
    return count


def resume() -> int:
    """Act on messages that were kept but not acted on, because the process or the database stopped between the two."""
    left = IncomingMessage.objects.filter(state=State.NEW, received_at__lt=timezone.now() - INTERRUPTED_AFTER)
    pks = list(left.values_list("pk", flat=True))
    for pk in pks:
        _handle(pk)
    return len(pks)


def mark_handled(messages: QuerySet[IncomingMessage]) -> int:
    """Take messages out of the tray, because somebody did what they ask for; return how many."""
    return messages.filter(state__in=IncomingMessage.UNFINISHED).update(state=State.DONE, finished_at=timezone.now())


def _headers(raw: bytes) -> dict[str, str]:
    """Return what the list shows of a message; the address "" when it does not have one sender."""
    fields = {"sender": "", "subject": "", "message_id": ""}
    try:
        headers = read_headers(raw)
        fields["subject"] = header(headers, "Subject")[:250]
        fields["message_id"] = header(headers, "Message-ID")[:250]
        fields["sender"] = header(headers, "From")[:254]
        fields["sender"] = sender(headers)[:254]
    except Exception:  # noqa: S110 - the message itself is kept, and says why it lies in the tray
        pass
    return fields


def _handle(pk: int) -> IncomingMessage:
    """Act on a message that nobody has acted on yet; what is changed and that it was done stand or fall as one."""
    IncomingMessage.objects.filter(pk=pk, state=State.NEW).update(attempts=F("attempts") + 1)
    with transaction.atomic():
        message = IncomingMessage.objects.select_for_update().get(pk=pk)
        if message.state != State.NEW:
            return message
        message.reason = message.outcome = ""
        try:
            with transaction.atomic():
                message.state, message.outcome = _act(message)
        except DATABASE_GONE:
            raise
        except (Tray, Unreadable, DomainError) as refusal:
            message.state, message.reason = State.TRAY, str(refusal)
        except Exception as error:
            # The text of an exception can hold what a stranger wrote: the row and the log get where it was, not what.
            where = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{type(error).__name__} in {where.name}, {where.filename.rpartition('/')[2]} line {where.lineno}"
            logger.error("Incoming message %s cannot be handled: %s", pk, place)
            message.state = State.TRAY
            message.reason = _("Something went wrong: %(place)s") % {"place": place}
        if message.state in IncomingMessage.FINISHED:
            message.finished_at = timezone.now()
        message.save(update_fields=["kind", "state", "reason", "outcome", "finished_at"])
    return message


def _act(row: IncomingMessage) -> tuple[IncomingMessage.State, str]:
    """Do what the message asks for; return the state and what was done. Sets the row's kind on the way.

    Raises Tray, Unreadable or DomainError with the reason when a person must look at it.
    """
    row.kind = Kind.OTHER
    if row.attempts > MAX_ATTEMPTS:
        raise Tray(_("Reading this message was broken off %(count)s times.") % {"count": MAX_ATTEMPTS})
    if row.size > MAX_SIZE:
        raise Tray(_("The message is too large: only its headers are kept here. The rest is in the mailbox."))
    try:
        found = _understand(row)
    except (Tray, Unreadable, DomainError):
        raise
    except Exception as error:  # Python's own parser has its faults, and strangers know them
        logger.warning("Incoming message %s cannot be read (%s)", row.pk, type(error).__name__)
        raise Unreadable(_("The message is broken.")) from None
    match found:
        case Reply():
            return State.DONE, _pass_on(found)
        case Report():
            return State.DONE, _note_bounce(found)
    return State.IGNORED, _("An automatic answer is never answered.")


def _understand(row: IncomingMessage) -> Reply | Report | None:
    """Return the answer or the report in a message, or None when a machine wrote it; changes nothing but the kind.

    Raises Tray, Unreadable or DomainError with the reason when it is something else, or the sender is not proven.
    """
    message = read(bytes(row.raw))
    if is_report(message):
        row.kind = Kind.BOUNCE
        return read_report(message)
    if parts := calendars(message):
        row.kind = Kind.REPLY
        reply = read_reply(message, parts)
        is_proven(message, reply.attendee).require()
        return reply
    if is_from_mail_server(message):
        row.kind = Kind.BOUNCE
        raise Tray(_("A mail server wrote this, in a form that the portal does not read."))
    if _is_automatic(message):
        row.kind = Kind.AUTOMATIC
        return None
    raise Tray(_("This is an ordinary mail: somebody must read it."))


def _pass_on(reply: Reply) -> str:
    act = handler()
    if act is None:
        raise Tray(_("No part of the portal handles answers to invitations."))
    outcome = act(reply)
    if not outcome.is_done:
        raise Tray(str(outcome.reason))
    return str(outcome.reason) or _("The answer is noted.")


def _note_bounce(report: Report) -> str:
    failed = [failure for failure in report.failures if failure.action == "failed"]
    if not failed:
        return _("Nothing failed: the mail is late or has arrived.")
    # Our mails have one recipient. After forwarding there may be more, and then one that is gone counts.
    failure = next((failure for failure in failed if failure.is_permanent), failed[0])
    detail = f"{failure.status} {failure.diagnostic}".strip()
    for message_id in report.message_ids:
        if bounced(message_id=message_id, address=failure.address, is_permanent=failure.is_permanent, detail=detail):
            return _("Noted with the mail: %(detail)s") % {"detail": detail}
    raise Tray(_("The report is about a mail that the portal did not send, or no longer knows."))


def _is_automatic(message: Message) -> bool:
    """Tell whether a machine answered (RFC 3834 2; the rest is what programs do that do not know it)."""
    submitted = header(message, "Auto-Submitted").lower().partition(";")[0].strip()
    return (
        submitted not in ("", "no")
        or header(message, "Return-Path") == "<>"
        or header(message, "Precedence").lower() in BULK
        or any(name in message for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response"))
        or message.get_content_type() == "multipart/report"  # that a mail was read or deleted (RFC 8098)
    )

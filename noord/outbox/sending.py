"""Sending what is due: claim a batch of rows, send it over one connection, record each result at once.

A row says all there is to know, so a worker may die anywhere. What it had claimed is taken by another
when the lease ends; only the mail that was in flight may then arrive twice, with the same Message-ID.
"""

import logging
import random
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from noord.outbox.message import SUBJECT_LENGTH, build, one_line
from noord.outbox.models import Mail
from noord.outbox.renderers import Renderer, renderer_of
from noord.outbox.transport import ConnectionBroken, Refused, ServerDown, Transport, TryLater, make_transport

logger = logging.getLogger(__name__)

BATCH = 50
RUN = timedelta(seconds=60)  # no new batch after this: a task ends well within Celery's time limit
LEASE = timedelta(seconds=getattr(settings, "OUTBOX_LEASE_SECONDS", 120))
# One mail may take EMAIL_TIMEOUT for each of four answers; with less lease than that left, it waits for its next turn.
MARGIN = min(timedelta(seconds=45), LEASE / 2)
BREAKS = 3  # connections that may break one after the other before the rest of the batch waits too
# Minutes between attempts, 48 hours in all (RFC 5321 4.5.4.1 wants some days, the first retries sooner).
PAUSES = (1, 5, 15, 60, 120, 240, 480, 480, 480, 480, 480, 480)
DATABASE_GONE = (OperationalError, InterfaceError)


def send_due(*, more: Callable[[], None] | None = None) -> None:
    """Send what is due until nothing is left, the server is down, or RUN is over.

    `more` is called once when there is work for another worker too.
    """
    end = time.monotonic() + RUN.total_seconds()
    while batch := claim():
        if more and len(batch) == BATCH:
            more()
            more = None
        with translation.override(settings.LANGUAGE_CODE), quick_commits():
            goes_on = send_batch(batch)
        if not goes_on or time.monotonic() > end:
            return


@contextmanager
def quick_commits() -> Iterator[None]:
    """Let PostgreSQL answer before a result is on its disk: a commit then costs 0.1 ms and not 5.

    A result survives the worker's death, and a restart of the database. Only when the database's machine crashes are
    the results of its last half second lost; those mails leave again with the same Message-ID.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO off")
    try:
        yield
    finally:
        # A connection that broke has taken the setting with it.
        with suppress(*DATABASE_GONE), connection.cursor() as cursor:
            cursor.execute("RESET synchronous_commit")


def claim() -> list[Mail]:
    """Take up to BATCH rows that are due, so that no other worker takes them before the lease ends.

    PostgreSQL skips rows that another worker is just claiming; SQLite has one writer at a time.
    """
    now = timezone.now()
    with transaction.atomic():
        due = Mail.objects.due(now)
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True)
        batch = list(due[:BATCH])
        if batch:
            claimed = Mail.objects.filter(pk__in=[mail.pk for mail in batch])
            claimed.update(status=Mail.Status.SENDING, next_attempt_at=now + LEASE, attempts=F("attempts") + 1)
    for mail in batch:
        mail.status, mail.next_attempt_at, mail.attempts = Mail.Status.SENDING, now + LEASE, mail.attempts + 1
    return batch


def send_batch(batch: list[Mail]) -> bool:
    """Send the claimed mails over one connection. Return whether it makes sense to go on with another batch."""
    transport = make_transport()
    breaks = 0
    try:
        for place, mail in enumerate(batch):
            if timezone.now() > mail.next_attempt_at - MARGIN:
                return _give_back(batch[place:])
            try:
                send(mail, transport)
                breaks = 0
            except (ServerDown, ConnectionBroken) as error:
                breaks += 1
                if isinstance(error, ServerDown) or breaks == BREAKS:
                    # Nobody waits for a time-out of their own.
                    for waiting in batch[place + 1 :]:
                        _postpone(waiting, str(error))
                    return False
    finally:
        transport.close()
    return True


def send(mail: Mail, transport: Transport) -> None:
    """Write one claimed mail, hand it over and record how that went.

    Raises ConnectionBroken or ServerDown, after recording, for the caller to decide about the next ones.
    """
    renderer = renderer_of(mail.kind)
    if reason := _reason_to_drop(mail, renderer):
        return _finish(mail, Mail.Status.DROPPED, error=reason)
    if mail.attempts > len(PAUSES) + 1:
        # Its lease ran out each time: whatever it does to the worker, it does not do it again.
        return _finish(mail, Mail.Status.FAILED, error=_("The worker stopped in the middle of this mail, each time."))
    if renderer is None:
        return _postpone(mail, _("This version of the portal does not know this kind of mail."))
    subject = ""
    try:
        message = renderer.write(**mail.params)
        if message is None:
            return _finish(mail, Mail.Status.DROPPED)
        subject = one_line(message.subject)[:SUBJECT_LENGTH]
        sender, to, octets = build(message, to=mail.to, message_id=mail.message_id, moment=timezone.localtime())
        transport.send(sender, to, octets, name=str(mail.pk))
    except Refused as error:
        _finish(mail, Mail.Status.FAILED, error=str(error), subject=subject)
    except TryLater as error:
        _postpone(mail, str(error))
        if isinstance(error, (ConnectionBroken, ServerDown)):
            raise
    except DATABASE_GONE as error:
        _postpone(mail, type(error).__name__)
    except Exception as error:
        # The text of an exception can hold a person's data: the row and the log get where it was, not what.
        where = traceback.extract_tb(error.__traceback__)[-1]
        reason = f"{type(error).__name__} in {where.name}, {where.filename.rpartition('/')[2]} line {where.lineno}"
        logger.error(
            "Mail %s (%s) cannot be written: %s\n%s",
            mail.pk, mail.kind, reason, "".join(traceback.format_tb(error.__traceback__)),
        )  # fmt: skip
        _finish(mail, Mail.Status.FAILED, error=reason)
    else:
        _finish(mail, Mail.Status.SENT, subject=subject)


def _reason_to_drop(mail: Mail, renderer: Renderer | None) -> str:
    if renderer and renderer.expires_after and timezone.now() - mail.created_at > renderer.expires_after:
        return _("It could not be sent in time to be of use.")
    return ""


def _finish(mail: Mail, status: Mail.Status, *, error: str = "", subject: str = "") -> None:
    fields = {"status": status, "finished_at": timezone.now(), "error": error, "subject": subject}
    renderer = renderer_of(mail.kind)
    if renderer and renderer.is_secret:
        fields |= {"params": {}, "subject": ""}
    _record(mail, **fields)


def _postpone(mail: Mail, reason: str) -> None:
    """Let the mail wait for its next attempt; after the last one it has failed."""
    if mail.attempts > len(PAUSES):
        return _finish(mail, Mail.Status.FAILED, error=reason)
    # Up to a quarter longer, so that mails that failed together do not come back together.
    pause = timedelta(minutes=PAUSES[mail.attempts - 1]) * random.uniform(1, 1.25)  # noqa: S311 - no secret
    _record(mail, status=Mail.Status.RETRY, next_attempt_at=timezone.now() + pause, error=reason)


def _give_back(batch: list[Mail]) -> bool:
    """Return what was not begun to the queue, as if it had not been claimed."""
    for mail in batch:
        _record(mail, status=Mail.Status.QUEUED, next_attempt_at=timezone.now(), attempts=mail.attempts - 1)
    return True


def _record(mail: Mail, **fields: object) -> None:
    """Write the result down, in a statement of its own, when the row is still ours.

    The mail has left, so a database that is just restarting is waited for: forgetting would send it again.
    """
    mine = Mail.objects.filter(pk=mail.pk, status=Mail.Status.SENDING, next_attempt_at=mail.next_attempt_at)
    for pause in (0.2, 1, 2, 4, 8):
        try:
            changed = mine.update(**fields)
            break
        except DATABASE_GONE:
            if connection.in_atomic_block:
                raise
            connection.close()
            time.sleep(pause)
    else:
        changed = mine.update(**fields)
    if not changed:
        logger.warning("Mail %s was taken over by another worker: its lease had run out", mail.pk)

"""Sending what is due: claim a batch of rows, send it over one connection, record each result at once.

A row says all there is to know, so a worker may die anywhere. What it had claimed is taken by another
when the lease ends; only the mail that was in flight may then arrive twice, with the same Message-ID.
"""

import logging
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from noord.outbox.claiming import BATCH, LEASE, claim, drop_expired, is_limited
from noord.outbox.composing import Composer
from noord.outbox.message import SUBJECT_LENGTH, build, one_line
from noord.outbox.models import Mail
from noord.outbox.recording import DATABASE_GONE, PAUSES, finish, give_back, postpone
from noord.outbox.renderers import Renderer, renderer_of
from noord.outbox.transport import ConnectionBroken, Refused, ServerDown, Transport, TryLater, make_transport

logger = logging.getLogger(__name__)

RUN = timedelta(seconds=60)  # no new batch after this: a task ends well within Celery's time limit
# One mail may take EMAIL_TIMEOUT for each of four answers; with less lease than that left, it waits for its next turn.
MARGIN = min(timedelta(seconds=45), LEASE / 2)
TURN = 5.0  # seconds: then a batch that goes to many lets mail pass that somebody waits for
BREAKS = 3  # connections that may break one after the other before the rest of the batch waits too


def send_due(*, more: Callable[[], None] | None = None) -> bool:
    """Send what is due until nothing is left, the server is down, or RUN is over.

    `more` is called once when there is work for another worker too. Returns whether mail still waits only because
    OUTBOX_PER_MINUTE allows no more now.
    """
    end = time.monotonic() + RUN.total_seconds()
    with translation.override(settings.LANGUAGE_CODE):
        drop_expired()
        while batch := claim():
            if more and len(batch) == BATCH:
                more()
                more = None
            with quick_commits():
                goes_on = send_batch(batch)
            if not goes_on or time.monotonic() > end:
                return False
        return is_limited()


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


def send_batch(batch: list[Mail]) -> bool:
    """Send the claimed mails over one connection. Return whether it makes sense to go on with another batch."""
    transport, composer = make_transport(), Composer(batch)
    breaks, begin = 0, time.monotonic()
    try:
        for place, mail in enumerate(batch):
            is_over = mail.is_bulk and time.monotonic() - begin > TURN
            if is_over or timezone.now() > mail.next_attempt_at - MARGIN:
                give_back(batch[place:])
                return True
            try:
                send(mail, transport, composer)
                breaks = 0
            except (ServerDown, ConnectionBroken) as error:
                breaks += 1
                if isinstance(error, ServerDown) or breaks == BREAKS:
                    # Nobody waits for a time-out of their own.
                    for waiting in batch[place + 1 :]:
                        postpone(waiting, str(error))
                    return False
    finally:
        transport.close()
    return True


def send(mail: Mail, transport: Transport, composer: Composer) -> None:
    """Write one claimed mail, hand it over and record how that went.

    Raises ConnectionBroken or ServerDown, after recording, for the caller to decide about the next ones.
    """
    renderer = renderer_of(mail.kind)
    if reason := _reason_to_drop(mail, renderer):
        return finish(mail, Mail.Status.DROPPED, error=reason)
    if mail.attempts > len(PAUSES) + 1:
        # Its lease ran out each time: whatever it does to the worker, it does not do it again.
        return finish(mail, Mail.Status.FAILED, error=_("The worker stopped in the middle of this mail, each time."))
    if renderer is None:
        return postpone(mail, _("This version of the portal does not know this kind of mail."))
    subject = ""
    try:
        message = composer.write(mail, renderer)
        if message is None:
            return finish(mail, Mail.Status.DROPPED)
        subject = one_line(message.subject)[:SUBJECT_LENGTH]
        sender, to, octets = build(message, to=mail.to, message_id=mail.message_id, moment=timezone.localtime())
        transport.send(sender, to, octets, name=str(mail.pk))
    except Refused as error:
        finish(mail, Mail.Status.FAILED, error=str(error), subject=subject)
    except TryLater as error:
        postpone(mail, str(error))
        if isinstance(error, (ConnectionBroken, ServerDown)):
            raise
    except DATABASE_GONE as error:
        postpone(mail, type(error).__name__)
    except Exception as error:
        # The text of an exception can hold a person's data: the row and the log get where it was, not what.
        where = traceback.extract_tb(error.__traceback__)[-1]
        reason = f"{type(error).__name__} in {where.name}, {where.filename.rpartition('/')[2]} line {where.lineno}"
        logger.error(
            "Mail %s (%s) cannot be written: %s\n%s",
            mail.pk, mail.kind, reason, "".join(traceback.format_tb(error.__traceback__)),
        )  # fmt: skip
        finish(mail, Mail.Status.FAILED, error=reason)
    else:
        finish(mail, Mail.Status.SENT, subject=subject)


def _reason_to_drop(mail: Mail, renderer: Renderer | None) -> str:
    if renderer and renderer.expires_after and timezone.now() - mail.created_at > renderer.expires_after:
        return _("It could not be sent in time to be of use.")
    return ""

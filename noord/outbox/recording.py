"""Writing down how a mail went: at once, one statement per mail, and only while the row is ours."""

import logging
import random
import time
from collections.abc import Callable
from datetime import timedelta

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from noord.outbox.models import Mail
from noord.outbox.renderers import renderer_of

logger = logging.getLogger(__name__)

# Minutes between attempts, 48 hours in all (RFC 5321 4.5.4.1 wants some days, the first retries sooner).
PAUSES = (1, 5, 15, 60, 120, 240, 480, 480, 480, 480, 480, 480)
DATABASE_GONE = (OperationalError, InterfaceError)

# What QuerySet.update() would say, at a fifth of its price; it is said once for every mail that leaves.
SENT = (
    "UPDATE outbox_mail SET status = 'sent', finished_at = %s, error = '', subject = %s "
    "WHERE id = %s AND status = 'sending' AND next_attempt_at = %s"
)


def finish(mail: Mail, status: Mail.Status, *, error: str = "", subject: str = "") -> None:
    """Nothing more is to be done for this mail; what is secret in it goes."""
    renderer = renderer_of(mail.kind)
    if status == Mail.Status.SENT and not (renderer and renderer.is_secret):
        return _record(mail, lambda: _update_sent(mail, subject))
    fields = {"status": status, "finished_at": timezone.now(), "error": error, "subject": subject}
    if renderer and renderer.is_secret:
        fields |= {"params": {}, "subject": ""}
    return _record(mail, lambda: _mine(mail).update(**fields))


def postpone(mail: Mail, reason: str) -> None:
    """Let the mail wait for its next attempt; after the last one it has failed."""
    if mail.attempts > len(PAUSES):
        return finish(mail, Mail.Status.FAILED, error=reason)
    # Up to a quarter longer, so that mails that failed together do not come back together.
    pause = timedelta(minutes=PAUSES[mail.attempts - 1]) * random.uniform(1, 1.25)  # noqa: S311 - no secret
    fields = {"status": Mail.Status.RETRY, "next_attempt_at": timezone.now() + pause, "error": reason}
    return _record(mail, lambda: _mine(mail).update(**fields))


def give_back(batch: list[Mail]) -> None:
    """Return what was not begun to the queue, as if it had not been claimed."""
    for mail in batch:
        fields = {"status": Mail.Status.QUEUED, "next_attempt_at": timezone.now(), "attempts": mail.attempts - 1}
        _record(mail, lambda mail=mail, fields=fields: _mine(mail).update(**fields))


def _mine(mail: Mail):
    return Mail.objects.filter(pk=mail.pk, status=Mail.Status.SENDING, next_attempt_at=mail.next_attempt_at)


def _update_sent(mail: Mail, subject: str) -> int:
    moment = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(SENT, [moment(timezone.now()), subject, mail.pk, moment(mail.next_attempt_at)])
        return cursor.rowcount


def _record(mail: Mail, update: Callable[[], int]) -> None:
    """Write the result down when the row is still ours.

    The mail has left, so a database that is just restarting is waited for: forgetting would send it again.
    """
    for pause in (0.2, 1, 2, 4, 8):
        try:
            changed = update()
            break
        except DATABASE_GONE:
            if connection.in_atomic_block:
                raise
            connection.close()
            time.sleep(pause)
    else:
        changed = update()
    if not changed:
        logger.warning("Mail %s was taken over by another worker: its lease had run out", mail.pk)

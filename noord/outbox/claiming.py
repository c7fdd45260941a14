"""Taking rows to send, so that no other worker takes them: not before their time, not too many, none on hold."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from noord.outbox.models import AddressHold, Mail
from noord.outbox.renderers import expiring_kinds

BATCH = 50
LEASE = timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)
MINUTE = timedelta(minutes=1)
BULK_SHARE = 0.9  # of OUTBOX_PER_MINUTE: the rest stays free for mail that somebody waits for
CLAIM_LOCK = 0x6E6F6F7264  # "noord": of PostgreSQL's advisory locks, the one under which a limited claim counts


def claim() -> list[Mail]:
    """Take up to BATCH rows that are due; each is ours until LEASE from now, at its next_attempt_at.

    PostgreSQL skips rows that another worker is just claiming; SQLite has one writer at a time. Rows to an address on
    hold are put aside. An empty list means that nothing is due, or that OUTBOX_PER_MINUTE allows no more.
    """
    while True:
        now = timezone.now()
        with transaction.atomic():
            due, limit = Mail.objects.due(now), BATCH
            if settings.OUTBOX_PER_MINUTE:
                due, limit = _within_limit(due, now)
            if connection.features.has_select_for_update_skip_locked:
                due = due.select_for_update(skip_locked=True)
            found = list(due[:limit])
            batch = _put_aside(found)
            if batch:
                claimed = Mail.objects.filter(pk__in=[mail.pk for mail in batch])
                claimed.update(status=Mail.Status.SENDING, next_attempt_at=now + LEASE, attempts=F("attempts") + 1)
        for mail in batch:
            mail.status, mail.next_attempt_at, mail.attempts = Mail.Status.SENDING, now + LEASE, mail.attempts + 1
        if batch or not found:
            return batch


def sent_last_minute(now: datetime) -> int:
    """Return how many mails left in the minute until now, or were refused."""
    return Mail.objects.filter(
        finished_at__gt=now - MINUTE, finished_at__lte=now, status__in=[Mail.Status.SENT, Mail.Status.FAILED]
    ).count()


def is_limited() -> bool:
    """Tell whether mail that is due waits only because OUTBOX_PER_MINUTE allows no more."""
    return bool(settings.OUTBOX_PER_MINUTE) and Mail.objects.due(timezone.now()).exists()


def _within_limit(due: QuerySet[Mail], now: datetime) -> tuple[QuerySet[Mail], int]:
    """Return what of it may be claimed, and how many: what left in the last minute and what is in hand counts."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CLAIM_LOCK])
    in_hand = Mail.objects.filter(status=Mail.Status.SENDING, next_attempt_at__gt=now).count()
    used = sent_last_minute(now) + in_hand
    for_all = settings.OUTBOX_PER_MINUTE - used
    for_bulk = max(1, int(settings.OUTBOX_PER_MINUTE * BULK_SHARE)) - used
    if due.filter(is_bulk=False).exists() or for_bulk <= 0:
        return due.filter(is_bulk=False), max(0, min(BATCH, for_all))
    return due, min(BATCH, for_bulk)


def _put_aside(mails: list[Mail]) -> list[Mail]:
    """Put those to an address on hold aside; return the others."""
    held = set(
        AddressHold.objects.filter(email__in={mail.to.lower() for mail in mails}).values_list("email", flat=True)
    )
    if not held:
        return mails
    put_on_hold(Mail.objects.filter(pk__in=[mail.pk for mail in mails if mail.to.lower() in held]))
    return [mail for mail in mails if mail.to.lower() not in held]


def put_on_hold(mails: QuerySet[Mail]) -> int:
    """Keep mails that are not to leave, visible to staff; return how many."""
    return mails.update(status=Mail.Status.HELD, finished_at=timezone.now(), error=_("The address is on hold."))


def drop_expired() -> int:
    """Drop what is on hold and of no use any more, with its text, as it would be on its way out; return how many."""
    now = timezone.now()
    late = Q()
    for kind, time in expiring_kinds().items():
        late |= Q(kind=kind, created_at__lt=now - time)
    reason = _("It could not be sent in time to be of use.")
    return Mail.objects.filter(late, status=Mail.Status.HELD).update(
        status=Mail.Status.DROPPED, finished_at=now, params={}, subject="", error=reason
    )

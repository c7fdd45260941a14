"""Putting mail in the outbox, and what staff does with what is in it."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction
from django.db.models import Min, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from noord.outbox.message import one_line, public_host
from noord.outbox.models import Mail
from noord.outbox.renderers import renderer_of, renders, secret_kinds
from noord.outbox.tasks import wake

__all__ = ["NewMail", "enqueue", "enqueue_many", "lag", "renders", "stop", "try_again"]

KEY_LENGTH = Mail._meta.get_field("key").max_length
ABOUT_LENGTH = Mail._meta.get_field("about").max_length
ADDRESS_LENGTH = Mail._meta.get_field("to").max_length


@dataclass(frozen=True, slots=True)
class NewMail:
    """A mail to be: `kind` says which renderer writes it from `params` (ids, no text), `key` makes it unique.

    It leaves no sooner than `not_before`; what `is_bulk` leaves after all mail that somebody waits for. Staff finds
    it by what it is `about`, such as "event:12".
    """

    kind: str
    key: str
    to: str
    params: dict[str, Any] = field(default_factory=dict)
    not_before: datetime | None = None
    is_bulk: bool = False
    about: str = ""


def enqueue(
    *,
    kind: str,
    key: str,
    to: str,
    params: dict[str, Any] | None = None,
    not_before: datetime | None = None,
    is_bulk: bool = False,
    about: str = "",
) -> None:
    """Queue one mail in the running transaction; it leaves after the commit, and not at all after a rollback.

    A key that is already there changes nothing. Raises ValueError as enqueue_many() does.
    """
    mail = NewMail(kind=kind, key=key, to=to, params=params or {}, not_before=not_before, is_bulk=is_bulk, about=about)
    enqueue_many([mail])


def enqueue_many(mails: Iterable[NewMail]) -> None:
    """Queue many mails with one query (per 1,000).

    An address that is none does not stop the others: its mail is there as failed, for staff to see.
    Raises ValueError for what a programmer must mend: a kind without a renderer, no address, a key too long.
    """
    rows = [_row(mail) for mail in mails]
    if not rows:
        return
    # "ON CONFLICT DO NOTHING" needs no savepoint and takes no error: two clicks at once are one mail.
    Mail.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    # One wake per transaction. The list forgets what a savepoint rolled back, which a flag would not.
    if not any(function is wake for _sids, function, _robust in connection.run_on_commit):
        transaction.on_commit(wake, robust=True)


def _row(mail: NewMail) -> Mail:
    if renderer_of(mail.kind) is None:
        raise ValueError(f"No renderer is registered for {mail.kind}.")
    if not mail.to:
        raise ValueError(f"No address for {mail.kind}.")
    if not 0 < len(mail.key) <= KEY_LENGTH:
        raise ValueError(f"The key of {mail.kind} has {len(mail.key)} characters; at most {KEY_LENGTH} fit.")
    address = one_line(mail.to)[:ADDRESS_LENGTH]
    name, _at, domain = address.rpartition("@")
    if len(mail.about) > ABOUT_LENGTH:
        raise ValueError(f"What {mail.kind} is about has {len(mail.about)} characters; at most {ABOUT_LENGTH} fit.")
    now = timezone.now()
    row = Mail(
        key=mail.key,
        kind=mail.kind,
        to=f"{name}@{domain.lower()}" if name else address,
        params=mail.params,
        about=mail.about,
        is_bulk=mail.is_bulk,
        message_id=f"<{uuid.uuid4()}@{public_host(settings.SITE_URL)}>",
        created_at=now,
        next_attempt_at=max(now, mail.not_before or now),
    )
    try:
        validate_email(row.to)
    except ValidationError:
        row.status, row.finished_at = Mail.Status.FAILED, timezone.now()
        row.error = _("This is not an e-mail address.")
        if renderer_of(mail.kind).is_secret:
            row.params = {}
    return row


def lag() -> timedelta | None:
    """Return how late the oldest mail is that should have left by now, or None when none is due; one query."""
    now = timezone.now()
    oldest = Mail.objects.due(now).order_by().aggregate(oldest=Min("next_attempt_at"))["oldest"]
    return now - oldest if oldest else None


@transaction.atomic
def try_again(mails: QuerySet[Mail]) -> int:
    """Queue mails that failed or wait for their next attempt, with all attempts before them; return how many.

    A failed mail whose text was wiped cannot be written again and stays as it is.
    """
    again = mails.filter(status__in=[Mail.Status.FAILED, Mail.Status.RETRY]).exclude(
        status=Mail.Status.FAILED, kind__in=secret_kinds()
    )
    count = again.update(
        status=Mail.Status.QUEUED, attempts=0, next_attempt_at=timezone.now(), finished_at=None, error=""
    )
    if count:
        transaction.on_commit(wake, robust=True)
    return count


@transaction.atomic
def stop(mails: QuerySet[Mail]) -> int:
    """Drop mails that have not left and that no worker has in hand; return how many."""
    unsent = mails.filter(status__in=[Mail.Status.QUEUED, Mail.Status.RETRY, Mail.Status.FAILED, Mail.Status.HELD])
    unsent.filter(kind__in=secret_kinds()).update(params={})
    return unsent.update(status=Mail.Status.DROPPED, finished_at=timezone.now(), error=_("Stopped by hand."))

"""The only code that talks IMAP: fetch what is unread, hand it over, mark it as read."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from imapclient import SEEN, IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError

from noord.inbox.address import MailboxAddress, read_url
from noord.inbox.models import MailboxReading
from noord.inbox.receiving import MAX_SIZE, receive
from noord.outbox.message import one_line

logger = logging.getLogger(__name__)

TIMEOUT = SocketTimeout(connect=10, read=30)
BATCH = 50
READS_FOR = 180  # seconds; the rest comes with the next reading. A task is stopped after 240
LEASE = timedelta(seconds=330)  # longer than a task may take, so who still has it is dead
DONE_FOLDER = "Verwerkt"


def read_mailbox() -> int:
    """Act on the unread messages of the mailbox of IMAP_URL; return how many.

    One worker at a time: another one returns 0. A mailbox that cannot be reached is noted and tried again with the
    next reading. Raises OperationalError or InterfaceError when the database is gone; what was not acted on is then
    still unread.
    """
    address = read_url(settings.IMAP_URL)
    mine = _claim(address)
    if mine is None:
        return 0
    result = {}
    try:
        with _open(address) as client:
            count = _read_folder(client, address.folder)
        result = {"read_at": timezone.now(), "error": ""}
        return count
    except (OSError, IMAPClientError) as error:
        result = {"error": one_line(f"{type(error).__name__}: {error}")[:500]}
        logger.warning("The mailbox %s cannot be read: %s", address, result["error"])
        return 0
    finally:
        mine.update(lease_ends_at=timezone.now(), **result)


def _claim(address: MailboxAddress):
    """Return the row of the mailbox, as a queryset of one as long as it is ours; None when another worker has it."""
    now = timezone.now()
    rows = MailboxReading.objects.filter(mailbox=str(address)[:250])
    MailboxReading.objects.get_or_create(mailbox=str(address)[:250], defaults={"lease_ends_at": now})
    ends = now + LEASE
    if not rows.filter(lease_ends_at__lte=now).update(lease_ends_at=ends):
        return None
    return rows.filter(lease_ends_at=ends)


@contextmanager
def _open(address: MailboxAddress) -> Iterator[IMAPClient]:
    """Connect by TLS with the certificate checked (SSL_CERT_FILE names an authority of one's own), and log in."""
    client = IMAPClient(address.host, address.port, ssl=not address.is_starttls, timeout=TIMEOUT)
    with client:
        if address.is_starttls:
            client.starttls()
        if token := _token():
            client.oauth2_login(address.user, token)
        else:
            client.login(address.user, address.password)
        yield client


def _token() -> str:
    """Return the OAuth2 token as it is now: what renews it writes a file, as tokens live for an hour."""
    if settings.IMAP_OAUTH2_TOKEN_FILE:
        return Path(settings.IMAP_OAUTH2_TOKEN_FILE).read_text().strip()
    return settings.IMAP_OAUTH2_TOKEN


def _read_folder(client: IMAPClient, folder: str) -> int:
    client.select_folder(folder)
    done_folder = _find_done_folder(client)
    unread = client.search("UNSEEN")
    stop_at, count = time.monotonic() + READS_FOR, 0
    for start in range(0, len(unread), BATCH):
        batch = unread[start : start + BATCH]
        sizes = client.fetch(batch, ["RFC822.SIZE"])
        read = []
        for uid in batch:
            if time.monotonic() > stop_at:
                break
            if uid in sizes and _take(client, uid, sizes[uid][b"RFC822.SIZE"]):
                # One by one: what was acted on is never offered again, whatever happens to the next.
                client.add_flags([uid], [SEEN], silent=True)
                read.append(uid)
        if read and done_folder:
            try:
                client.move(read, done_folder)
            except IMAPClientError as error:
                logger.warning("Messages that were read cannot be moved to %s: %s", done_folder, one_line(str(error)))
                done_folder = ""
        count += len(read)
    return count


def _take(client: IMAPClient, uid: int, size: int) -> bool:
    """Hand one message over; return whether it is in the portal now. Of a large one only the headers are fetched."""
    item = "BODY.PEEK[]" if size <= MAX_SIZE else "BODY.PEEK[HEADER]"
    fetched = client.fetch([uid], [item]).get(uid, {})
    raw = fetched.get(item.replace(".PEEK", "").encode())
    if raw is None:
        return False  # somebody deleted it meanwhile
    try:
        receive(raw, size=max(size, len(raw)))
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        # Not expected of receive(). It stays unread, and the others go on.
        logger.error("Message %s of the mailbox cannot be kept (%s)", uid, type(error).__name__)
        return False
    return True


def _find_done_folder(client: IMAPClient) -> str:
    """Return the folder for what was read, or "" when the mailbox has none; some servers put it below INBOX."""
    if not client.has_capability("MOVE"):
        return ""
    for _flags, delimiter, name in client.list_folders():
        separator = delimiter.decode() if delimiter else "/"
        if str(name).split(separator)[-1] == DONE_FOLDER:
            return name
    return ""

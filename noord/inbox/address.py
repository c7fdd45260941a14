"""Where the organiser's mailbox is: what IMAP_URL says."""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

PORTS = {"imaps": 993, "imap+starttls": 143}


@dataclass(frozen=True, slots=True)
class MailboxAddress:
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str
    is_starttls: bool

    def __str__(self) -> str:
        return f"{self.user} @ {self.host}:{self.port}/{self.folder}"


def read_url(url: str) -> MailboxAddress:
    """Return what imaps://user:password@host:993/INBOX or imap+starttls://... says.

    Special characters in user, password and folder are percent-encoded, as in every URL; no port is the usual port,
    no folder is INBOX. Raises ImproperlyConfigured, without the password in its text; also for a mailbox without TLS.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured(
            "IMAP_URL cannot be read: write special characters in it as %40 and so on."
        ) from None
    if parts.scheme not in PORTS:
        raise ImproperlyConfigured("IMAP_URL must start with imaps:// or imap+starttls://: never without TLS.")
    if not parts.hostname or not parts.username:
        raise ImproperlyConfigured("IMAP_URL names no host or no user.")
    return MailboxAddress(
        host=parts.hostname,
        port=port or PORTS[parts.scheme],
        user=unquote(parts.username),
        password=unquote(parts.password or ""),
        folder=unquote(parts.path.strip("/")) or "INBOX",
        is_starttls=parts.scheme == "imap+starttls",
    )

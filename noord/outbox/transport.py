"""The only code that talks to a mail server."""

import smtplib
from abc import ABC, abstractmethod
from contextlib import suppress
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from django.conf import settings
from django.core import mail as django_mail
from django.core.exceptions import ImproperlyConfigured
from django.core.mail.backends.smtp import EmailBackend
from django.utils import timezone

from noord.outbox.message import one_line

# "Authentication required" and its kin (RFC 4954 6) say 5xx, but are about our settings and not about this mail.
NOT_WELCOME = (530, 534, 535, 538)


class Refused(Exception):
    """The server never wants this mail (5xx)."""


class TryLater(Exception):
    """Not now, the connection is still good (4xx)."""


class ConnectionBroken(TryLater):
    """Something went wrong between us and the server; what this mail has to do with it is not known."""


class ServerDown(TryLater):
    """No connection could be made, or the server does not know us: no mail can leave now."""


class Transport(ABC):
    """One connection, opened by the first mail that needs it."""

    @abstractmethod
    def send(self, sender: str, to: str, octets: bytes, *, name: str) -> None:
        """Hand one mail over; `name` is unique to the mail.

        Raises Refused, TryLater, ConnectionBroken or ServerDown, each with the server's own words.
        """

    def close(self) -> None:
        """End the connection, if there is one. Never raises."""
        return


class SmtpTransport(Transport):
    """Django's backend opens the connection and logs in; the mail goes over smtplib as it is."""

    def __init__(self) -> None:
        self.backend = EmailBackend()

    def send(self, sender: str, to: str, octets: bytes, *, name: str) -> None:
        if self.backend.connection is None:
            try:
                self.backend.open()
            except OSError as error:  # smtplib's exceptions are OSErrors too
                raise ServerDown(describe(error)) from error
        try:
            self.backend.connection.sendmail(sender, [to], octets)
        except OSError as error:
            raise self._judge(error) from error

    def close(self) -> None:
        with suppress(OSError):
            self.backend.close()

    def _judge(self, error: OSError) -> Exception:
        """Return what the error means for the mail; leave no broken connection behind."""
        code, answer = code_of(error), describe(error)
        if isinstance(error, smtplib.SMTPHeloError) or code in NOT_WELCOME:
            return ServerDown(answer)
        if code is None or code == 421 or self.backend.connection.sock is None:
            self.backend.connection.close()  # without QUIT: nobody may be there to answer
            self.backend.connection = None
            return ConnectionBroken(answer)
        return Refused(answer) if 500 <= code <= 599 else TryLater(answer)


class FileTransport(Transport):
    """For a developer and a demo: each mail is a file that a mail program opens."""

    def send(self, sender: str, to: str, octets: bytes, *, name: str) -> None:
        directory = Path(settings.EMAIL_FILE_PATH)
        directory.mkdir(parents=True, exist_ok=True)
        moment = timezone.localtime()
        (directory / f"{moment:%Y%m%d-%H%M%S}-{name}.eml").write_bytes(octets)


class MemoryTransport(Transport):
    """For tests: each mail is in django.core.mail.outbox, as email.message.EmailMessage."""

    def send(self, sender: str, to: str, octets: bytes, *, name: str) -> None:
        if not hasattr(django_mail, "outbox"):
            django_mail.outbox = []
        django_mail.outbox.append(message_from_bytes(octets, policy=default))


TRANSPORTS: dict[str, type[Transport]] = {
    "django.core.mail.backends.smtp.EmailBackend": SmtpTransport,
    "django.core.mail.backends.filebased.EmailBackend": FileTransport,
    "django.core.mail.backends.locmem.EmailBackend": MemoryTransport,
}


def make_transport() -> Transport:
    """Return the transport that EMAIL_URL asks for; nothing is opened yet."""
    try:
        return TRANSPORTS[settings.EMAIL_BACKEND]()
    except KeyError:
        schemes = "smtp://, smtp+tls://, smtp+ssl:// or filemail://"
        raise ImproperlyConfigured(f"EMAIL_URL must start with {schemes}.") from None


def code_of(error: OSError) -> int | None:
    """Return the SMTP code of the answer, or None when there was no answer.

    A mail has one recipient, so a refusal of recipients has one code.
    """
    match error:
        case smtplib.SMTPRecipientsRefused():
            return next(iter(error.recipients.values()))[0]
        case smtplib.SMTPResponseException():
            return error.smtp_code
        case smtplib.SMTPNotSupportedError():
            return 550
    return None


def describe(error: OSError) -> str:
    """Return the server's answer, or what happened to the connection, in one line of at most 500 characters."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, answer = next(iter(error.recipients.values()))
        case smtplib.SMTPResponseException():
            code, answer = error.smtp_code, error.smtp_error
        case _:
            return one_line(f"{type(error).__name__}: {error}")[:500]
    answer = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    return one_line(f"{code} {answer}")[:500]

"""What the outbox's tests share: a mail server with faults, and mails that need no other app."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from noord.outbox.message import Message
from noord.outbox.queue import enqueue
from noord.outbox.renderers import renders
from tests.conftest import find_port
from tests.noord.inbox_handling import dovecot, english, imap_server, no_handler, noting  # noqa: F401 - fixtures
from tests.noord.outbox_workers import broker, portal, start, two_workers  # noqa: F401 - fixtures


@renders("test.number")
def write_number(*, number: int) -> Message | None:
    """Write a mail; none for 404, an error for 500."""
    if number == 404:
        return None
    if number == 500:
        name = "anna"
        raise LookupError(f"{name}@voorbeeld.example does not exist")
    return Message(subject=f"Bericht {number}", text=f"Beste lid,\n\nDit is bericht {number}.\n")


class FaultyServer:
    """A mail server that does what `script` says, per recipient and one step per attempt; else it takes the mail.

    Steps: an SMTP reply to RCPT TO ("451 4.7.1 Later"), "drop" (take the text, then hang up without an answer) or
    "hang" (no answer for 5 seconds). `mails` are the mails taken, also those that "drop" took. `pause` is what each
    mail takes, in seconds.
    """

    def __init__(self) -> None:
        self.port = find_port()
        self.script: dict[str, list[str]] = defaultdict(list)
        self.mails: list[EmailMessage] = []
        self.senders: list[str] = []
        self.connections = 0
        self.pause = 0.0

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.script[address] and self.script[address][0][0].isdigit():
            return self.script[address].pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        steps = self.script[envelope.rcpt_tos[0]]
        step = steps.pop(0) if steps else ""
        await asyncio.sleep(5 if step == "hang" else self.pause)
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        self.senders.append(envelope.mail_from)
        if step == "drop":
            server.transport.abort()
        return "250 OK"

    @property
    def recipients(self) -> list[str]:
        return [mail["To"] for mail in self.mails]


@pytest.fixture
def faulty_server(settings) -> Iterator[FaultyServer]:
    """A mail server of this test's own, to which this process's mail goes."""
    server = FaultyServer()
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_TIMEOUT = 0.5
    yield server
    controller.stop()


def enqueue_number(number: int, to: str = "") -> None:
    """Queue one mail of the kind that this file writes."""
    enqueue(
        kind="test.number", key=f"test:{number}", to=to or f"lid-{number}@noord.example", params={"number": number}
    )

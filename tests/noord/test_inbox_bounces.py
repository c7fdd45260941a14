"""Reports of mail that did not arrive put an address on hold; reports that anybody can write do not."""

import pytest

from noord.inbox.models import IncomingMessage
from noord.inbox.receiving import receive
from noord.outbox.models import AddressHold, Mail
from noord.outbox.sending import send_due
from tests.noord.conftest import enqueue_number
from tests.noord.inbox_messages import crlf, exchange_bounce, plain, postfix_bounce

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent() -> Mail:
    """A mail of ours to lid-1@noord.example that has left."""
    enqueue_number(1)
    send_due()
    mail = Mail.objects.get()
    assert mail.status == Mail.Status.SENT
    return mail


def held() -> list[str]:
    return list(AddressHold.objects.values_list("email", flat=True))


@pytest.mark.parametrize(
    "report",
    [
        postfix_bounce,
        exchange_bounce,
        lambda message_id: exchange_bounce(message_id, with_mail=False),
        lambda message_id: postfix_bounce(message_id, to="LID-1@Noord.example"),
        lambda message_id: postfix_bounce(message_id).replace(b"\r\n", b"\n"),
    ],
    ids=["postfix", "exchange", "exchange without the mail", "capitals", "from a pipe"],
)
def test_a_report_of_failure_puts_the_address_on_hold(sent: Mail, report):
    message = receive(report(sent.message_id))
    sent.refresh_from_db()
    assert (message.kind, message.state, message.reason) == ("bounce", "done", "")
    assert (held(), sent.status) == (["lid-1@noord.example"], Mail.Status.FAILED)
    assert AddressHold.objects.get().detail.startswith("5.1.1")
    assert "5.1.1" in sent.error


def test_a_temporary_failure_is_noted_and_holds_nobody(sent: Mail):
    message = receive(postfix_bounce(sent.message_id, status="4.4.1"))
    sent.refresh_from_db()
    assert (message.state, sent.status, held()) == ("done", Mail.Status.FAILED, [])


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed"])
def test_a_report_of_no_failure_changes_nothing(sent: Mail, action: str):
    message = receive(postfix_bounce(sent.message_id, action=action, status="4.4.1"))
    sent.refresh_from_db()
    assert (message.kind, message.state, sent.status, held()) == ("bounce", "done", Mail.Status.SENT, [])


def forged(message_id: str) -> list[bytes]:
    """Return reports by somebody who does not have the mail, or that say nothing."""
    other = "<11111111-2222-3333-4444-555555555555@noord.example>"
    return [
        postfix_bounce(other),
        exchange_bounce(other),
        postfix_bounce(""),
        postfix_bounce(f"<{'x' * 5000}>"),
        postfix_bounce(message_id).replace(b"Action:", b"X-Action:"),
        postfix_bounce(message_id).replace(b"message/delivery-status", b"text/plain"),
        crlf("Content-Type: multipart/report; report-type=delivery-status\n\n" + message_id),
        plain(f"Final-Recipient: rfc822; lid-1@noord.example\nAction: failed\nMessage-ID: {message_id}"),
        plain(sender="MAILER-DAEMON@gemeente.example"),
    ]


def test_a_report_about_no_mail_of_ours_goes_to_the_tray(sent: Mail):
    messages = [receive(raw) for raw in forged(sent.message_id)]
    sent.refresh_from_db()
    assert {message.state for message in messages} == {IncomingMessage.State.TRAY}
    assert all(message.reason for message in messages)
    assert (sent.status, held()) == (Mail.Status.SENT, [])

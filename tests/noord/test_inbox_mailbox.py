"""Reading a real mailbox: Dovecot, started and filled here."""

import threading
import time
from dataclasses import astuple
from datetime import timedelta

import pytest
from celery import current_app
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection
from django.utils import timezone

from noord.inbox import mailbox, receiving
from noord.inbox.address import read_url
from noord.inbox.mailbox import read_mailbox
from noord.inbox.models import IncomingMessage, MailboxReading
from noord.inbox.replies import Outcome
from noord.inbox.tasks import read_mailbox as read_mailbox_task
from noord.outbox.models import AddressHold, Mail
from noord.outbox.sending import send_due
from tests.noord.conftest import enqueue_number
from tests.noord.inbox_dovecot import TOKEN, USER, Dovecot
from tests.noord.inbox_handling import Noting
from tests.noord.inbox_messages import apple, exchange, gmail, out_of_office, passes, plain, postfix_bounce

dovecot = pytest.mark.dovecot
pytestmark = pytest.mark.django_db


def states() -> list[str]:
    return list(IncomingMessage.objects.order_by("pk").values_list("state", flat=True))


@dovecot
def test_everything_in_the_mailbox_is_handled_and_marked_as_read(imap_server: Dovecot, noting: Noting):
    enqueue_number(1)
    send_due()
    imap_server.deliver(
        exchange(), gmail(), apple(), exchange(results=[]), exchange(results=passes("elders.example")),
        postfix_bounce(Mail.objects.get().message_id), postfix_bounce("<niet-van-ons@x.example>"), out_of_office(),
        plain(), b"\xff\xfe" * 100,
    )  # fmt: skip
    assert read_mailbox() == 10
    assert states() == ["done"] * 3 + ["tray"] * 2 + ["done", "tray", "ignored", "tray", "tray"]
    assert [reply.partstat for reply in noting.replies] == ["ACCEPTED", "DECLINED", "TENTATIVE"]
    assert AddressHold.objects.get().email == "lid-1@noord.example"
    assert (imap_server.unread(), imap_server.count()) == (0, 10)
    assert (read_mailbox(), len(states())) == (0, 10)
    reading = MailboxReading.objects.get()
    assert (reading.error, reading.read_at is not None, reading.lease_ends_at <= timezone.now()) == ("", True, True)
    assert "geheim" not in reading.mailbox


@dovecot
@pytest.mark.parametrize("folder", ["Verwerkt", "INBOX.Verwerkt"])
def test_what_was_read_goes_to_its_folder_if_there_is_one(imap_server: Dovecot, noting: Noting, folder: str):
    with imap_server.client() as client:
        client.create_folder(folder)
    imap_server.deliver(exchange(), plain())
    assert read_mailbox() == 2
    assert (imap_server.count(), imap_server.count(folder), imap_server.unread(folder)) == (0, 2, 0)


@dovecot
def test_read_by_starttls_and_with_a_token_from_a_file(imap_server: Dovecot, noting: Noting, settings, tmp_path):
    imap_server.deliver(exchange())
    settings.IMAP_URL = settings.IMAP_URL.replace("imaps:", "imap+starttls:").replace(
        f":{imap_server.port}/", f":{imap_server.starttls_port}/"
    )
    assert read_mailbox() == 1
    imap_server.deliver(gmail())
    settings.IMAP_URL = f"imaps://{USER.replace('@', '%40')}@127.0.0.1:{imap_server.port}/"
    settings.IMAP_OAUTH2_TOKEN_FILE = str(tmp_path / "token")
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    assert read_mailbox() == 1
    settings.IMAP_OAUTH2_TOKEN_FILE, settings.IMAP_OAUTH2_TOKEN = "", TOKEN
    imap_server.deliver(apple())
    assert read_mailbox() == 1
    assert states() == ["done"] * 3


@dovecot
def test_a_large_message_is_not_fetched(imap_server: Dovecot, noting: Noting, monkeypatch: pytest.MonkeyPatch):
    for module in (mailbox, receiving):
        monkeypatch.setattr(module, "MAX_SIZE", 50_000)
    imap_server.deliver(exchange() + b"x" * 60_000, exchange())
    assert read_mailbox() == 2
    first, _second = IncomingMessage.objects.order_by("pk")
    assert (states(), first.size > 60_000, len(bytes(first.raw)) < 3_000) == (["tray", "done"], True, True)


@dovecot
def test_after_a_crash_between_handling_and_marking_it_is_handled_once(imap_server: Dovecot, noting: Noting):
    imap_server.deliver(exchange())
    receiving.receive(exchange())  # as it went before the crash
    assert (read_mailbox(), imap_server.unread(), len(noting.replies), states()) == (1, 0, 1, ["done"])


@dovecot
def test_one_message_that_breaks_the_app_does_not_stop_the_others(imap_server: Dovecot, noting: Noting):
    def break_for_anna(reply):
        if "anna" in reply.attendee:
            raise RuntimeError
        return Outcome(is_done=True, reason="Genoteerd.")

    noting.act = break_for_anna
    imap_server.deliver(exchange(), gmail())
    assert (read_mailbox(), states(), imap_server.unread()) == (2, ["tray", "done"], 0)


@dovecot
def test_without_a_database_the_message_stays_unread(imap_server: Dovecot, noting: Noting):
    def restart(reply):
        raise OperationalError("the server closed the connection")

    imap_server.deliver(exchange(), gmail())
    noting.act = restart
    with pytest.raises(OperationalError):
        read_mailbox()
    assert imap_server.unread() == 2
    noting.act = lambda reply: Outcome(is_done=True, reason="Genoteerd.")
    assert (read_mailbox(), imap_server.unread(), states()) == (2, 0, ["done", "done"])


@dovecot
def test_more_than_a_batch_is_read_in_one_go(imap_server: Dovecot, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(mailbox, "BATCH", 3)
    imap_server.deliver(*[plain(f"Vraag {number}") for number in range(7)])
    assert (read_mailbox(), imap_server.unread()) == (7, 0)


@dovecot
def test_who_has_no_time_left_leaves_the_rest_unread(imap_server: Dovecot, monkeypatch: pytest.MonkeyPatch):
    imap_server.deliver(plain("Een"), plain("Twee"))
    monkeypatch.setattr(mailbox, "READS_FOR", -1)
    assert (read_mailbox(), imap_server.unread()) == (0, 2)


@dovecot
def test_a_mailbox_that_another_worker_reads_is_left_alone(imap_server: Dovecot):
    imap_server.deliver(plain())
    address = str(read_url(mailbox.settings.IMAP_URL))
    reading = MailboxReading.objects.create(mailbox=address, lease_ends_at=timezone.now() + timedelta(minutes=5))
    assert (read_mailbox(), imap_server.unread()) == (0, 1)
    reading.lease_ends_at = timezone.now() - timedelta(seconds=1)  # that worker is dead
    reading.save()
    assert (read_mailbox(), imap_server.unread()) == (1, 0)


@dovecot
@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_two_workers_at_once_handle_each_message_once(imap_server: Dovecot, noting: Noting):
    imap_server.deliver(*[exchange(message_id=f"<{number}@gemeente.example>") for number in range(10)])
    counts, barrier = [], threading.Barrier(2)

    def work() -> None:
        barrier.wait()
        counts.append(read_mailbox())
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sorted(counts), len(noting.replies), states()) == ([0, 10], 10, ["done"] * 10)


@dovecot
@pytest.mark.parametrize(
    "change",
    [("geheim", "fout"), ("127.0.0.1", "localhost"), ("/INBOX", "/Bestaat niet")],
    ids=["password", "certificate", "folder"],
)
def test_a_mailbox_that_cannot_be_read_is_noted(imap_server: Dovecot, settings, change: tuple[str, str]):
    imap_server.deliver(plain())
    settings.IMAP_URL = settings.IMAP_URL.replace(*change)
    assert (read_mailbox(), imap_server.unread()) == (0, 1)
    reading = MailboxReading.objects.get()
    assert (bool(reading.error), "vraag" in reading.error, reading.read_at) == (True, False, None)
    assert reading.lease_ends_at <= timezone.now()


def test_nobody_there_or_nobody_answering_costs_little(settings, free_port: int, silent_port: int, monkeypatch):
    monkeypatch.setattr(mailbox, "TIMEOUT", mailbox.SocketTimeout(connect=0.3, read=0.3))
    started = time.monotonic()
    for port in (free_port, silent_port):
        settings.IMAP_URL = f"imaps://agenda:geheim@127.0.0.1:{port}/"
        assert read_mailbox() == 0
        settings.IMAP_URL = f"imap+starttls://agenda:geheim@127.0.0.1:{port}/"
        assert read_mailbox() == 0
    assert time.monotonic() - started < 5
    assert all(MailboxReading.objects.values_list("error", flat=True))


def test_without_a_mailbox_the_task_does_nothing(settings):
    settings.IMAP_URL = ""
    read_mailbox_task()
    assert (MailboxReading.objects.count(), IncomingMessage.objects.count()) == (0, 0)


def test_the_mailbox_is_read_every_minute():
    assert current_app.conf.beat_schedule["read-mailbox"]["schedule"] == 60


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("imaps://a%40b.example:p%2Fw@imap.example", ("imap.example", 993, "a@b.example", "p/w", "INBOX", False)),
        ("imap+starttls://a:b@imap.example:10143/Agenda/In", ("imap.example", 10143, "a", "b", "Agenda/In", True)),
        ("imap+starttls://a@[::1]/", ("::1", 143, "a", "", "INBOX", True)),
    ],
)
def test_read_the_address_of_a_mailbox(url: str, address: tuple):
    assert astuple(read_url(url)) == address


@pytest.mark.parametrize(
    "url",
    ["imap://a:geheim@imap.example", "imaps://imap.example", "imaps://a:geheim@", "imaps://a:ge/heim@x:y", "mail"],
)
def test_refuse_a_mailbox_without_tls_host_or_user(url: str):
    with pytest.raises(ImproperlyConfigured) as refusal:
        read_url(url)
    assert "geheim" not in str(refusal.value)

import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import timedelta
from email.message import EmailMessage

import psycopg
import pytest
from django.core import mail as django_mail
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from noord.outbox import claiming, sending
from noord.outbox.message import Message
from noord.outbox.models import Mail
from noord.outbox.queue import enqueue, renders, try_again
from noord.outbox.recording import finish
from noord.outbox.sending import send_due
from tests.conftest import ROOT, database_url
from tests.noord.conftest import FaultyServer, enqueue_number

pytestmark = pytest.mark.django_db

NOON = "2026-03-10T12:00:00Z"


def states() -> dict[str, str]:
    """Return the state of each mail by its number."""
    return {key.partition(":")[2]: status for key, status in Mail.objects.order_by("pk").values_list("key", "status")}


def test_send_due_delivers_what_waits_over_one_connection(faulty_server: FaultyServer):
    for number in range(3):
        enqueue_number(number)
    send_due()

    assert faulty_server.connections == 1
    assert [(mail["To"], mail["Subject"], mail.get_content()) for mail in faulty_server.mails] == [
        (f"lid-{n}@noord.example", f"Bericht {n}", f"Beste lid,\r\n\r\nDit is bericht {n}.\r\n") for n in range(3)
    ]
    assert faulty_server.senders == ["agenda@noord.example"] * 3  # where bounces are read
    assert [mail["Message-ID"] for mail in faulty_server.mails] == [
        mail.message_id for mail in Mail.objects.order_by("pk")
    ]
    mail = Mail.objects.get(key="test:1")
    assert (mail.status, mail.subject, mail.attempts, mail.error) == ("sent", "Bericht 1", 1, "")
    assert mail.finished_at is not None


def test_send_due_opens_no_connection_when_nothing_is_due(faulty_server: FaultyServer, django_assert_num_queries):
    # What expired on hold, a savepoint's two, and the claim.
    with django_assert_num_queries(4):
        send_due()
    assert faulty_server.connections == 0


def test_send_due_takes_one_query_per_mail(faulty_server: FaultyServer, django_assert_num_queries):
    for number in range(10):
        enqueue_number(number)
    # What expired on hold; two claims, one with a batch and one without; PostgreSQL is told twice how to commit.
    with django_assert_num_queries(10 + 1 + 5 + 3 + 2 * (connection.vendor == "postgresql")):
        send_due()


def test_send_due_goes_on_with_the_next_batch(faulty_server: FaultyServer, monkeypatch):
    monkeypatch.setattr(claiming, "BATCH", 2)
    monkeypatch.setattr(sending, "BATCH", 2)
    calls = []
    for number in range(5):
        enqueue_number(number)
    send_due(more=lambda: calls.append("more"))

    assert (len(faulty_server.mails), faulty_server.connections, calls) == (5, 3, ["more"])


def test_send_due_leaves_the_future_alone(faulty_server: FaultyServer):
    enqueue_number(1)
    Mail.objects.update(next_attempt_at=timezone.now() + timedelta(minutes=1))
    send_due()
    assert (faulty_server.mails, states()) == ([], {"1": "queued"})


def test_temporary_refusal_waits_with_growing_pauses_and_delivers_at_last(faulty_server: FaultyServer, time_machine):
    time_machine.move_to(NOON, tick=False)
    faulty_server.script["lid-1@noord.example"] = ["451 4.7.1 Greylisted, come back"] * 3
    enqueue_number(1)
    pauses = []
    for attempt in range(1, 4):
        send_due()
        mail = Mail.objects.get()
        assert (mail.status, mail.attempts, mail.error) == ("retry", attempt, "451 4.7.1 Greylisted, come back")
        pauses.append((mail.next_attempt_at - timezone.now()) / timedelta(minutes=1))
        send_due()  # too early: nothing happens
        assert Mail.objects.get().attempts == attempt
        time_machine.move_to(mail.next_attempt_at, tick=False)
    send_due()

    assert [minutes <= pause <= 1.25 * minutes for minutes, pause in zip([1, 5, 15], pauses, strict=True)] == [
        True
    ] * 3
    mail = Mail.objects.get()
    assert (mail.status, mail.attempts, mail.error, len(faulty_server.mails)) == ("sent", 4, "", 1)


def test_temporary_refusal_fails_after_two_days(faulty_server: FaultyServer, time_machine):
    time_machine.move_to(NOON, tick=False)
    begin = timezone.now()
    faulty_server.script["lid-1@noord.example"] = ["450 4.2.2 Mailbox full"] * 50
    enqueue_number(1)
    while Mail.objects.get().status != "failed":
        send_due()
        time_machine.move_to(Mail.objects.get().next_attempt_at, tick=False)

    assert timedelta(hours=48) < timezone.now() - begin < timedelta(hours=72)
    assert Mail.objects.get().error == "450 4.2.2 Mailbox full"


def test_permanent_refusal_fails_at_once_and_holds_nobody_up(faulty_server: FaultyServer):
    faulty_server.script["lid-2@noord.example"] = ["550 5.1.1 No such user"]
    for number in range(5):
        enqueue_number(number)
    send_due()

    assert states() == {"0": "sent", "1": "sent", "2": "failed", "3": "sent", "4": "sent"}
    assert Mail.objects.get(key="test:2").error == "550 5.1.1 No such user"
    assert faulty_server.connections == 1


def test_try_again_sends_a_failed_mail(faulty_server: FaultyServer):
    faulty_server.script["lid-1@noord.example"] = ["550 5.1.1 No such user"]
    enqueue_number(1)
    send_due()
    try_again(Mail.objects.all())
    send_due()
    assert (states(), len(faulty_server.mails)) == ({"1": "sent"}, 1)


def test_server_that_is_gone_costs_one_attempt_for_all(settings, free_port, django_assert_max_num_queries):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port
    for number in range(3):
        enqueue_number(number)
    send_due()

    assert set(Mail.objects.values_list("status", "attempts")) == {("retry", 1)}
    assert Mail.objects.filter(error__startswith="ConnectionRefusedError").count() == 3


def test_server_that_does_not_answer_costs_one_time_out_for_all(settings, silent_port):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", silent_port, 0.3
    for number in range(20):
        enqueue_number(number)
    before = timezone.now()
    send_due()

    assert timezone.now() - before < timedelta(seconds=2)
    assert set(Mail.objects.values_list("status", flat=True)) == {"retry"}


def test_login_that_is_refused_is_no_fault_of_the_mail(faulty_server: FaultyServer):
    faulty_server.script["lid-1@noord.example"] = ["530 5.7.0 Authentication required"]
    for number in range(1, 4):
        enqueue_number(number)
    send_due()
    assert states() == {"1": "retry", "2": "retry", "3": "retry"}


@pytest.mark.parametrize("fault", ["drop", "hang", "421 4.3.2 Shutting down"])
def test_broken_connection_retries_that_mail_and_sends_the_others(faulty_server: FaultyServer, fault, time_machine):
    faulty_server.script["lid-1@noord.example"] = [fault]
    for number in range(4):
        enqueue_number(number)
    send_due()

    assert states() == {"0": "sent", "1": "retry", "2": "sent", "3": "sent"}
    assert faulty_server.connections == 2
    Mail.objects.update(next_attempt_at=timezone.now())
    send_due()
    assert states()["1"] == "sent"


def test_mail_that_was_taken_without_an_answer_comes_back_with_the_same_message_id(faulty_server: FaultyServer):
    faulty_server.script["lid-1@noord.example"] = ["drop"]
    enqueue_number(1)
    send_due()
    Mail.objects.update(next_attempt_at=timezone.now())
    send_due()
    assert [mail["Message-ID"] for mail in faulty_server.mails] == [Mail.objects.get().message_id] * 2


def test_connections_that_keep_breaking_end_the_batch(faulty_server: FaultyServer):
    for number in range(10):
        enqueue_number(number)
        faulty_server.script[f"lid-{number}@noord.example"] = ["drop"]
    send_due()
    assert (faulty_server.connections, Counter(states().values())) == (3, {"retry": 10})


def test_renderer_that_breaks_fails_that_mail_and_tells_nothing_personal(faulty_server: FaultyServer, caplog):
    for number in (1, 500, 2):
        enqueue_number(number)
    send_due()

    assert states() == {"1": "sent", "500": "failed", "2": "sent"}
    error = Mail.objects.get(key="test:500").error
    assert re.fullmatch(r"LookupError in write_number, conftest\.py line \d+", error)
    assert "anna@voorbeeld" not in caplog.text


def test_renderer_that_returns_none_drops_the_mail(faulty_server: FaultyServer):
    enqueue_number(404)
    send_due()
    assert (faulty_server.connections, states()) == (0, {"404": "dropped"})


def test_kind_of_a_newer_version_waits(faulty_server: FaultyServer):
    enqueue_number(1)
    Mail.objects.update(kind="test.from_tomorrow")
    send_due()
    assert states() == {"1": "retry"}


def test_lease_that_ran_out_is_taken_over(faulty_server: FaultyServer, time_machine):
    time_machine.move_to(NOON, tick=False)
    enqueue_number(1)
    (lost,) = sending.claim()
    send_due()
    assert states() == {"1": "sending"}
    time_machine.shift(sending.LEASE)
    send_due()
    assert (states(), Mail.objects.get().attempts) == ({"1": "sent"}, 2)
    # Who lost the lease no longer has a say.
    finish(lost, Mail.Status.FAILED, error="late")
    assert states() == {"1": "sent"}


def test_lease_that_is_about_to_end_is_given_back(faulty_server: FaultyServer, time_machine):
    time_machine.move_to(NOON, tick=False)
    enqueue_number(1)
    batch = sending.claim()
    time_machine.shift(sending.LEASE - timedelta(seconds=30))
    assert sending.send_batch(batch)
    assert (faulty_server.connections, states(), Mail.objects.get().attempts) == (0, {"1": "queued"}, 0)


def test_mail_that_stops_the_worker_each_time_is_given_up(faulty_server: FaultyServer):
    enqueue_number(1)
    Mail.objects.update(status=Mail.Status.SENDING, attempts=len(sending.PAUSES) + 1)
    send_due()
    mail = Mail.objects.get()
    assert (mail.status, mail.error, faulty_server.mails) == (
        "failed", _("The worker stopped in the middle of this mail, each time."), [],
    )  # fmt: skip


def enqueue_code() -> None:
    params = {"subject": "Je code", "text": "Je code is 123456.", "html": "<p>Je code is 123456.</p>"}
    enqueue(kind="account.message", key="code:1", to="lid@noord.example", params=params)


@pytest.mark.parametrize(("script", "status"), [([], "sent"), (["550 No"], "failed")])
def test_text_of_an_account_mail_is_gone_once_it_is_done_with(faulty_server: FaultyServer, script, status):
    faulty_server.script["lid@noord.example"] = script
    enqueue_code()
    send_due()

    mail = Mail.objects.values().get()
    assert (mail["status"], mail["params"], mail["subject"]) == (status, {}, "")
    assert "123456" not in str(mail)
    assert ["123456" in mail.as_string() for mail in faulty_server.mails] == [True] * (status == "sent")


def test_text_of_an_account_mail_stays_for_the_next_attempt(faulty_server: FaultyServer):
    faulty_server.script["lid@noord.example"] = ["451 Later"]
    enqueue_code()
    send_due()
    Mail.objects.update(next_attempt_at=timezone.now())
    send_due()
    assert len(faulty_server.mails) == 1


def test_code_that_waited_for_more_than_an_hour_is_dropped(faulty_server: FaultyServer, time_machine):
    time_machine.move_to(NOON, tick=False)
    enqueue_code()
    time_machine.shift(timedelta(minutes=61))
    send_due()
    mail = Mail.objects.get()
    assert (mail.status, mail.params, faulty_server.mails) == ("dropped", {}, [])


def test_file_transport_writes_each_mail_to_a_file(settings, tmp_path, time_machine):
    time_machine.move_to(NOON, tick=False)
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "var" / "mail"
    enqueue_number(1)
    enqueue_number(2)
    send_due()

    first, second = Mail.objects.order_by("pk")
    names = [f"20260310-130000-{first.pk}.eml", f"20260310-130000-{second.pk}.eml"]
    assert sorted(path.name for path in settings.EMAIL_FILE_PATH.iterdir()) == sorted(names)
    assert b"\r\nSubject: Bericht 1\r\n" in (settings.EMAIL_FILE_PATH / names[0]).read_bytes()


def test_memory_transport_shows_each_mail_to_a_test():
    enqueue_number(1)
    send_due()
    assert [(type(mail), mail["Subject"]) for mail in django_mail.outbox] == [(EmailMessage, "Bericht 1")]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_send_each_mail_once(faulty_server: FaultyServer, settings):
    settings.EMAIL_TIMEOUT = 10
    addresses = [f"lid-{number}@noord.example" for number in range(300)]
    Mail.objects.bulk_create(
        Mail(kind="test.number", key=address, to=address, params={"number": 1}, message_id=f"<{address}>")
        for address in addresses
    )
    start = threading.Barrier(3)

    def run() -> None:
        try:
            start.wait()
            send_due()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(faulty_server.recipients) == sorted(addresses)
    assert set(Mail.objects.values_list("status", "attempts")) == {("sent", 1)}
    assert faulty_server.connections >= 6


@renders("test.restart")
def write_during_restart() -> Message:
    """End this test's database session behind its back, as a restart of PostgreSQL does, before the mail leaves."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (session,) = cursor.fetchone()
    with psycopg.connect(database_url()) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [session])
    return Message(subject="S", text="T")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_database_that_restarts_in_mid_batch_is_waited_for(faulty_server: FaultyServer):
    for number in range(3):
        row = {
            "kind": "test.restart" if number == 1 else "test.number",
            "params": {} if number == 1 else {"number": 1},
        }
        Mail.objects.create(key=f"test:{number}", to="lid@noord.example", message_id=f"<{number}>", **row)
    send_due()
    assert (states(), len(faulty_server.mails)) == ({"0": "sent", "1": "sent", "2": "sent"}, 3)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_process_killed_in_mid_batch_sends_at_most_one_mail_twice(faulty_server: FaultyServer):
    faulty_server.pause = 0.01
    Mail.objects.bulk_create(
        Mail(
            kind="account.notice",
            key=f"test:{number}",
            to=f"lid-{number}@noord.example",
            params={"subject": "S", "text": "T"},
            message_id=f"<{number}@noord.example>",
        )
        for number in range(120)
    )
    code = "import django; django.setup(); from noord.outbox.sending import send_due; send_due()"
    variables = {
        "DJANGO_SETTINGS_MODULE": "noord.settings",
        "DATABASE_URL": database_url(),
        "EMAIL_URL": f"smtp://127.0.0.1:{faulty_server.port}",
    }
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=os.environ | variables)
    while len(faulty_server.mails) < 60:
        assert process.poll() is None
        time.sleep(0.005)
    process.kill()
    process.wait()
    # The mail in flight has arrived, and is not written down yet.
    assert 59 <= Mail.objects.filter(status="sent").count() < 120
    assert Mail.objects.filter(status="sending").count() > 0
    # The lease of what the process had in hand runs out.
    Mail.objects.filter(status="sending").update(next_attempt_at=timezone.now())
    send_due()

    assert set(states().values()) == {"sent"}
    counts = Counter(mail["Message-ID"] for mail in faulty_server.mails)
    assert set(counts) == {f"<{number}@noord.example>" for number in range(120)}
    assert sorted(counts.values())[-2:] in ([1, 1], [1, 2])


@pytest.mark.worker
@pytest.mark.django_db(transaction=True)
def test_worker_sends_what_a_commit_leaves(celery_worker_process, smtp_server):
    enqueue(kind="account.notice", key="n", to="lid@noord.example", params={"subject": "S", "text": "T"})
    deadline = timezone.now() + timedelta(seconds=10)
    while not smtp_server.messages and timezone.now() < deadline:
        threading.Event().wait(0.05)
    assert [envelope.rcpt_tos for envelope in smtp_server.messages] == [["lid@noord.example"]]

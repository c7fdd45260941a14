import time
from contextlib import suppress
from datetime import timedelta

import pytest
from celery import current_app
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from noord.outbox.models import Mail
from noord.outbox.queue import NewMail, enqueue, enqueue_many, lag, stop, try_again
from noord.outbox.retention import forget_finished
from noord.outbox.tasks import wake
from tests.noord.conftest import enqueue_number

pytestmark = pytest.mark.django_db


def enqueue_and_fail() -> None:
    """Queue number 1 in a transaction (or savepoint) that is rolled back."""
    with suppress(RuntimeError), transaction.atomic():
        enqueue_number(1)
        raise RuntimeError


def wakes() -> int:
    return sum(function is wake for _sids, function, _robust in connection.run_on_commit)


def test_enqueue_writes_one_row_in_one_query(django_assert_num_queries):
    with django_assert_num_queries(1):
        enqueue(kind="test.number", key="een", to=" Lid@Noord.EXAMPLE\r\n", params={"number": 1})

    mail = Mail.objects.get()
    assert (mail.key, mail.kind, mail.to, mail.params, mail.status, mail.attempts) == (
        "een", "test.number", "Lid@noord.example", {"number": 1}, Mail.Status.QUEUED, 0,
    )  # fmt: skip
    assert mail.message_id.startswith("<")
    assert mail.message_id.endswith("@127.0.0.1>")


def test_enqueue_makes_the_message_id_on_the_public_host(settings):
    settings.SITE_URL = "https://portaal.noord.example:8443"
    enqueue_number(1)
    assert Mail.objects.get().message_id.endswith("@portaal.noord.example>")


def test_enqueue_of_the_same_key_changes_nothing():
    enqueue_number(1)
    before = Mail.objects.values().get()
    enqueue_number(1, to="ander@noord.example")
    assert Mail.objects.values().get() == before


def test_enqueue_many_takes_one_query_and_one_wake(django_assert_num_queries):
    mails = (NewMail("test.number", f"n:{n}", f"lid-{n}@noord.example", {"number": n}) for n in range(50))
    with django_assert_num_queries(1):
        enqueue_many(mails)
    enqueue_number(51)
    assert (Mail.objects.count(), wakes()) == (51, 1)


def test_enqueue_many_of_nothing_does_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        enqueue_many([])
    assert wakes() == 0


def test_enqueue_wakes_when_an_earlier_savepoint_was_rolled_back():
    enqueue_and_fail()
    enqueue_number(2)
    assert (list(Mail.objects.values_list("key", flat=True)), wakes()) == (["test:2"], 1)


def test_enqueue_many_keeps_a_bad_address_apart_from_the_others():
    enqueue_many(
        [
            NewMail("test.number", "een", "geen adres", {"number": 1}),
            NewMail("test.number", "twee", "lid@noord.example"),
        ]
    )
    assert list(Mail.objects.order_by("key").values_list("key", "status", "error")) == [
        ("een", Mail.Status.FAILED, _("This is not an e-mail address.")),
        ("twee", Mail.Status.QUEUED, ""),
    ]


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "test.unknown"}, {"to": ""}, {"key": ""}, {"key": "x" * 161}],
    ids=["kind", "to", "no-key", "key"],
)
def test_enqueue_refuses_what_a_programmer_must_mend(wrong: dict[str, str]):
    with pytest.raises(ValueError):
        enqueue(**{"kind": "test.number", "key": "een", "to": "lid@noord.example"} | wrong)


@pytest.mark.django_db(transaction=True)
def test_commit_sends_and_rollback_leaves_nothing(faulty_server):
    enqueue_and_fail()
    with transaction.atomic():
        enqueue_number(2)
        assert faulty_server.mails == []

    assert faulty_server.recipients == ["lid-2@noord.example"]
    assert list(Mail.objects.values_list("key", "status")) == [("test:2", Mail.Status.SENT)]


@pytest.mark.django_db(transaction=True)
def test_commit_goes_on_when_sending_in_the_process_breaks(settings):
    settings.EMAIL_BACKEND = "no.such.Backend"
    with transaction.atomic():
        enqueue_number(1)
    assert Mail.objects.get().status == Mail.Status.SENDING  # its lease ends, and the next run takes it


@pytest.fixture(params=["refused", "silent"])
def dead_broker(request, free_port, silent_port):
    """A Redis that is not there, or takes connections and says nothing."""
    port = free_port if request.param == "refused" else silent_port
    options = {"max_retries": 0, "socket_connect_timeout": 0.5, "socket_timeout": 0.5}
    wanted = {
        "task_always_eager": False,
        "broker_url": f"redis://127.0.0.1:{port}/0",
        "task_publish_retry": False,
        "broker_transport_options": options,
    }
    conf, amqp = current_app.conf, current_app.amqp
    before, pool = {name: conf[name] for name in wanted}, amqp._producer_pool
    conf.update(wanted)
    amqp._producer_pool = None
    yield
    conf.update(before)
    amqp._producer_pool = pool


@pytest.mark.django_db(transaction=True)
def test_commit_goes_on_within_a_second_when_the_broker_is_down(dead_broker):
    before = time.monotonic()
    with transaction.atomic():
        enqueue_number(1)

    assert time.monotonic() - before < 1
    assert Mail.objects.get().status == Mail.Status.QUEUED


def test_try_again_queues_what_failed_or_waits_and_nothing_else():
    for number, status in enumerate(Mail.Status):
        enqueue_number(number)
        Mail.objects.filter(key=f"test:{number}").update(status=status, attempts=7, error="550 No")
    enqueue(kind="account.message", key="code", to="lid@noord.example", params={"subject": "S", "text": "T"})
    Mail.objects.filter(key="code").update(status=Mail.Status.FAILED, params={})

    assert try_again(Mail.objects.all()) == 2
    assert (
        list(Mail.objects.filter(attempts=0).exclude(key="code").values_list("status", "error"))
        == [("queued", "")] * 2
    )


def test_stop_drops_what_has_not_left_and_wipes_a_secret():
    enqueue(kind="account.message", key="code", to="lid@noord.example", params={"subject": "S", "text": "123456"})
    enqueue_number(1)
    enqueue_number(2)
    Mail.objects.filter(key="test:1").update(status=Mail.Status.SENDING)

    assert stop(Mail.objects.all()) == 2
    assert list(Mail.objects.order_by("key").values_list("key", "status", "params", "error")) == [
        ("code", "dropped", {}, _("Stopped by hand.")),
        ("test:1", "sending", {"number": 1}, ""),
        ("test:2", "dropped", {"number": 2}, _("Stopped by hand.")),
    ]


def test_lag_is_the_age_of_the_oldest_mail_that_is_due(time_machine, django_assert_num_queries):
    time_machine.move_to("2026-03-10T12:00:00Z", tick=False)
    with django_assert_num_queries(1):
        assert lag() is None
    enqueue_number(1)
    enqueue_number(2)
    Mail.objects.filter(key="test:1").update(next_attempt_at=timezone.now() + timedelta(hours=1))
    time_machine.move_to("2026-03-10T12:03:00Z", tick=False)
    assert lag() == timedelta(minutes=3)


def test_forget_finished_deletes_what_was_done_with_long_ago(time_machine):
    time_machine.move_to("2026-03-10T12:00:00Z", tick=False)
    for number, status in enumerate(Mail.Status):
        enqueue_number(number)
        done = status in Mail.DONE
        Mail.objects.filter(key=f"test:{number}").update(status=status, finished_at=timezone.now() if done else None)
    time_machine.move_to("2026-06-08T11:59:00Z", tick=False)
    assert forget_finished() == 0
    time_machine.move_to("2026-06-08T12:01:00Z", tick=False)
    assert forget_finished() == 4
    assert set(Mail.objects.values_list("status", flat=True)) == {"queued", "sending", "retry"}

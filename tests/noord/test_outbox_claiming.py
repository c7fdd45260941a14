from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from noord.outbox import sending
from noord.outbox.message import Message
from noord.outbox.models import Mail
from noord.outbox.queue import NewMail, enqueue, enqueue_many
from noord.outbox.renderers import renders_batch
from noord.outbox.sending import send_due
from tests.noord.conftest import FaultyServer, enqueue_number

pytestmark = pytest.mark.django_db

NOON = "2026-03-10T12:00:00Z"


def enqueue_bulk(*numbers: int, **more) -> None:
    enqueue_many(
        NewMail("test.number", f"bulk:{n}", f"bulk-{n}@noord.example", {"number": n}, is_bulk=True, **more)
        for n in numbers
    )


def test_what_somebody_waits_for_leaves_before_what_goes_to_many(faulty_server: FaultyServer):
    enqueue_bulk(1, 2)
    enqueue_number(3)
    send_due()
    assert faulty_server.recipients == ["lid-3@noord.example", "bulk-1@noord.example", "bulk-2@noord.example"]


def test_a_slow_batch_to_many_lets_a_login_code_pass(faulty_server: FaultyServer, monkeypatch):
    monkeypatch.setattr(sending, "TURN", 0.05)
    faulty_server.pause = 0.06
    enqueue_bulk(1, 2, 3)
    (first, *_rest) = batch = sending.claim()
    enqueue_number(9)
    sending.send_batch(batch)
    faulty_server.pause = 0
    send_due()
    assert faulty_server.recipients[:2] == [first.to, "lid-9@noord.example"]
    assert set(Mail.objects.values_list("status", "attempts")) == {("sent", 1)}


def test_mail_leaves_no_sooner_than_it_may(faulty_server: FaultyServer, time_machine):
    time_machine.move_to(NOON, tick=False)
    enqueue_bulk(1, not_before=timezone.now() + timedelta(hours=2))
    enqueue_bulk(2, not_before=timezone.now() - timedelta(hours=2))
    send_due()
    assert faulty_server.recipients == ["bulk-2@noord.example"]
    time_machine.shift(timedelta(hours=2))
    send_due()
    assert len(faulty_server.mails) == 2


def test_no_more_leave_per_minute_than_the_setting_says(faulty_server: FaultyServer, settings, time_machine):
    settings.OUTBOX_PER_MINUTE = 10
    time_machine.move_to(NOON, tick=False)
    enqueue_bulk(*range(12))
    assert send_due()
    assert len(faulty_server.mails) == 9  # a tenth stays free for what somebody waits for
    enqueue_number(1)
    enqueue_number(2)
    assert send_due()
    assert faulty_server.recipients[9:] == ["lid-1@noord.example"]
    time_machine.shift(timedelta(seconds=61))
    assert not send_due()
    assert len(faulty_server.mails) == 14


def test_what_a_worker_has_in_hand_counts_for_the_limit(settings):
    settings.OUTBOX_PER_MINUTE = 10
    enqueue_bulk(*range(12))
    assert (len(sending.claim()), len(sending.claim())) == (9, 0)


def test_command_sends_what_is_due(faulty_server: FaultyServer):
    enqueue_number(1)
    call_command("send_outbox", stdout=StringIO())
    assert faulty_server.recipients == ["lid-1@noord.example"]


calls: list[int] = []


@renders_batch("test.together")
def write_together(asked: list[dict[str, int]]) -> list[Message | None]:
    calls.append(len(asked))
    if any(ids["number"] == 500 for ids in asked):
        raise LookupError
    return [None if ids["number"] == 404 else Message(subject=f"S {ids['number']}", text="T") for ids in asked]


@pytest.mark.parametrize(
    ("numbers", "states", "expected"),
    [
        ([1, 404, 2], ["sent", "dropped", "sent"], [3]),
        ([1, 500, 2], ["sent", "failed", "sent"], [3, 1, 1, 1]),
    ],
    ids=["together", "one-by-one"],
)
def test_mails_of_a_kind_are_written_together(faulty_server: FaultyServer, numbers, states, expected):
    calls.clear()
    for number in numbers:
        enqueue(kind="test.together", key=f"t:{number}", to=f"t-{number}@noord.example", params={"number": number})
    send_due()
    assert (list(Mail.objects.order_by("pk").values_list("status", flat=True)), calls) == (states, expected)
    assert [mail["Subject"] for mail in faulty_server.mails] == [
        f"S {number}" for number, state in zip(numbers, states, strict=True) if state == "sent"
    ]


def test_what_was_written_ahead_is_written_anew_after_a_second(faulty_server: FaultyServer, monkeypatch):
    monkeypatch.setattr("noord.outbox.composing.FRESH", 0.05)
    calls.clear()
    faulty_server.pause = 0.06
    for number in (1, 2, 3):
        enqueue(kind="test.together", key=f"t:{number}", to=f"t-{number}@noord.example", params={"number": number})
    send_due()
    assert calls == [3, 2, 1]

"""Every message becomes one row, is acted on once, and what no program may decide waits for a person."""

import io
import os
import sys
from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine
from django.core.management import call_command
from django.db import OperationalError, connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from noord.domain import DomainError
from noord.inbox.models import IncomingMessage
from noord.inbox.receiving import MAX_SIZE, Outcome, mark_handled, receive, resume, try_again
from noord.inbox.replies import handles_replies
from noord.inbox.retention import forget_finished, forget_sender
from noord.outbox.models import Mail
from tests.noord.inbox_handling import Noting
from tests.noord.inbox_messages import (
    ANNA,
    UID,
    apple,
    calendar,
    exchange,
    exchange_bounce,
    gmail,
    nested,
    out_of_office,
    passes,
    plain,
    postfix_bounce,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("march")]


@pytest.fixture
def march():
    with time_machine.travel("2026-03-03 12:00:00+00:00", tick=False) as traveller:
        yield traveller


def seen(message: IncomingMessage) -> tuple[str, str, bool]:
    return message.kind, message.state, bool(message.reason)


def test_an_answer_reaches_the_app_and_is_done(noting: Noting):
    message = receive(exchange())
    assert [(reply.uid, reply.attendee, reply.partstat) for reply in noting.replies] == [(UID, ANNA, "ACCEPTED")]
    assert seen(message) == ("reply", "done", False)
    assert (message.sender, message.subject, message.outcome) == (
        ANNA, "Geaccepteerd: Sectoroverleg Veiligheid", "Genoteerd.",
    )  # fmt: skip
    assert message.finished_at == timezone.now()


def test_answers_of_all_programmes_are_done(noting: Noting):
    assert [receive(raw).state for raw in (exchange(), gmail(), apple())] == ["done"] * 3
    assert [reply.partstat for reply in noting.replies] == ["ACCEPTED", "DECLINED", "TENTATIVE"]


@pytest.mark.parametrize(
    "raw",
    [
        exchange(results=[]),
        exchange(results=passes(server="mx.elders.example")),
        exchange(results=passes("elders.example")),
        exchange(results=["mx.noord.example; dkim=none", passes()]),
        exchange(sender="piet@gemeente.example"),
        exchange(calendar(method="COUNTER"), method="COUNTER"),
        exchange(calendar(attendee=f"ATTENDEE;PARTSTAT=DELEGATED:MAILTO:{ANNA}")),
        exchange("BEGIN:VCALENDAR"),
    ],
    ids=[
        "no word",
        "another server",
        "another domain",
        "two words",
        "another sender",
        "counter",
        "delegated",
        "broken",
    ],
)
def test_a_forged_or_strange_answer_goes_to_the_tray(noting: Noting, raw: bytes):
    assert seen(receive(raw)) == ("reply", "tray", True)
    assert noting.replies == []


@pytest.mark.parametrize(
    "raw",
    [
        out_of_office(),
        plain(headers="Precedence: bulk\n"),
        plain(headers="Precedence: auto_reply\n"),
        plain(headers="X-Autoreply: yes\n"),
        plain(headers="Return-Path: <>\n"),
        plain(headers="Auto-Submitted: auto-generated; x=y\n"),
        plain(headers="").replace(
            b"text/plain", b"multipart/report; report-type=disposition-notification; boundary=x"
        ),
    ],
)
def test_an_automatic_answer_is_ignored_and_never_answered(noting: Noting, raw: bytes):
    message = receive(raw)
    assert seen(message) == ("automatic", "ignored", False)
    assert (noting.replies, Mail.objects.count()) == ([], 0)


def test_an_answer_that_a_telephone_sends_by_itself_counts(noting: Noting):
    assert receive(exchange(headers="Auto-Submitted: auto-generated\n")).state == "done"
    assert len(noting.replies) == 1


@pytest.mark.parametrize("raw", [plain(), plain(headers="Auto-Submitted: no\n"), b"", b"\x00\xff", b"\r\n\r\nx"])
def test_other_mail_waits_for_a_person(raw: bytes):
    assert seen(receive(raw)) == ("other", "tray", True)


@pytest.mark.parametrize("raw", [nested(30), nested(60), nested(3000), b"a: b\n" + b"\n" * 100_000])
def test_a_message_that_keeps_a_parser_busy_waits_for_a_person(raw: bytes):
    assert seen(receive(raw)) == ("other", "tray", True)


def test_the_same_message_is_handled_once(noting: Noting):
    first, again, by_pipe = receive(exchange()), receive(exchange()), receive(exchange().replace(b"\r\n", b"\n"))
    assert first.pk == again.pk == by_pipe.pk
    assert (IncomingMessage.objects.count(), len(noting.replies)) == (1, 1)


def test_another_message_under_the_same_id_does_not_stop_the_real_one(noting: Noting):
    states = [receive(exchange(results=[])).state, receive(exchange()).state]
    assert (states, len(noting.replies)) == (["tray", "done"], 1)


def test_of_a_message_that_is_too_large_the_headers_are_kept(noting: Noting):
    message = receive(exchange() + b"x" * MAX_SIZE)
    assert seen(message) == ("other", "tray", True)
    assert (message.size > MAX_SIZE, len(bytes(message.raw)) < 2000, message.sender) == (True, True, ANNA)
    assert noting.replies == []


def test_an_answer_without_an_app_for_it_waits(no_handler: None):
    assert seen(receive(exchange())) == ("reply", "tray", True)


def test_an_answer_that_the_app_refuses_waits_with_its_reason(noting: Noting):
    noting.act = lambda reply: Outcome(is_done=False, reason="Onbekende bijeenkomst.")
    message = receive(exchange())
    assert (message.state, message.reason, message.outcome) == ("tray", "Onbekende bijeenkomst.", "")


def test_an_app_that_breaks_loses_its_changes_and_not_the_message(noting: Noting):
    def write_and_break(reply):
        IncomingMessage.objects.create(digest="x", size=1)
        raise LookupError(f"geheim {reply.attendee}")

    def write_and_refuse(reply):
        IncomingMessage.objects.create(digest="x", size=1)
        raise DomainError("Vol.")

    noting.act = write_and_break
    broken = receive(exchange())
    noting.act = write_and_refuse
    refused = receive(gmail())
    assert [broken.state, refused.state, refused.reason] == ["tray", "tray", "Vol."]
    assert ("LookupError in write_and_break" in broken.reason, ANNA in broken.reason) == (True, False)
    assert IncomingMessage.objects.count() == 2
    noting.act = lambda reply: Outcome(is_done=True, reason="Genoteerd.")
    assert receive(apple()).state == "done"


def test_two_apps_for_answers_are_a_mistake(noting: Noting):
    with pytest.raises(ValueError):
        handles_replies(noting)


def test_try_again_handles_what_is_in_the_tray(noting: Noting):
    noting.act = lambda reply: Outcome(is_done=False, reason="Nog niet.")
    receive(exchange())
    receive(plain())
    noting.act = lambda reply: Outcome(is_done=True, reason="Genoteerd.")
    assert try_again(IncomingMessage.objects.all()) == 1
    assert set(IncomingMessage.objects.values_list("kind", "state", "outcome")) == {
        ("reply", "done", "Genoteerd."), ("other", "tray", ""),
    }  # fmt: skip
    assert (try_again(IncomingMessage.objects.all()), len(noting.replies)) == (0, 2)


def test_mark_handled_takes_it_out_of_the_tray_only():
    receive(plain())
    ignored = receive(out_of_office())
    assert mark_handled(IncomingMessage.objects.all()) == 1
    ignored.refresh_from_db()
    assert (ignored.state, IncomingMessage.objects.filter(state="done", finished_at=timezone.now()).count()) == (
        "ignored", 1,
    )  # fmt: skip


def test_a_database_that_is_gone_leaves_the_message_to_come_again(noting: Noting, march):
    def restart(reply):
        raise OperationalError("the connection is lost")

    noting.act = restart
    with pytest.raises(OperationalError):
        receive(exchange())
    noting.act = lambda reply: Outcome(is_done=True, reason="Genoteerd.")
    assert resume() == 0
    march.shift(timedelta(minutes=6))
    assert (resume(), resume(), IncomingMessage.objects.get().state) == (1, 0, "done")


def test_a_message_that_is_broken_off_every_time_waits_for_a_person(noting: Noting):
    def restart(reply):
        raise OperationalError("deadlock")

    noting.act = restart
    for _attempt in range(3):
        with pytest.raises(OperationalError):
            receive(exchange())
    assert seen(receive(exchange())) == ("other", "tray", True)


def test_text_is_wiped_and_rows_go_but_not_from_the_tray(noting: Noting, march, settings):
    settings.INBOX_KEEP_DAYS, settings.OUTBOX_KEEP_DAYS = 30, 90
    done, ignored, tray = receive(exchange()), receive(out_of_office()), receive(plain())
    march.shift(timedelta(days=29))
    assert forget_finished() == 0
    march.shift(timedelta(days=2))
    assert (forget_finished(), forget_finished()) == (2, 0)
    assert {row.pk for row in IncomingMessage.objects.all() if bytes(row.raw) == b""} == {done.pk, ignored.pk}
    march.shift(timedelta(days=60))
    forget_finished()
    assert list(IncomingMessage.objects.values_list("pk", flat=True)) == [tray.pk]


def test_forget_a_sender_everywhere(noting: Noting):
    for raw in (exchange(), plain(), gmail()):
        receive(raw)
    assert (forget_sender(email=ANNA.upper()), IncomingMessage.objects.count()) == (2, 1)


def run_command(monkeypatch: pytest.MonkeyPatch, raw: bytes) -> int:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
    try:
        call_command("receive_reply")
    except SystemExit as end:
        return end.code
    return 0


def test_the_pipe_keeps_any_message_and_says_so(noting: Noting, monkeypatch: pytest.MonkeyPatch):
    raws = [exchange(), plain(), b"", os.urandom(100), gmail() + b"x" * 3 * MAX_SIZE]
    assert [run_command(monkeypatch, raw) for raw in raws] == [0] * 5
    assert IncomingMessage.objects.count() == 5
    assert (IncomingMessage.objects.filter(size__gt=3 * MAX_SIZE).count(), len(noting.replies)) == (1, 1)


def test_the_pipe_asks_for_the_message_again_without_a_database(noting: Noting, monkeypatch: pytest.MonkeyPatch):
    def fail(execute, sql, params, many, context):
        raise OperationalError("no database")

    with connection.execute_wrapper(fail):
        assert run_command(monkeypatch, exchange()) == os.EX_TEMPFAIL
    assert run_command(monkeypatch, exchange()) == 0
    assert len(noting.replies) == 1


WHOLE = [exchange(), gmail(), apple(), out_of_office(), plain(), postfix_bounce("<a@b>"), exchange_bounce("<a@b>")]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A real message of which a piece is missing, doubled or replaced."""
    raw = draw(st.sampled_from(WHOLE))
    start = draw(st.integers(0, len(raw)))
    end = min(len(raw), start + draw(st.integers(0, 200)))
    piece = draw(st.one_of(st.binary(max_size=50), st.just(raw[start:end] * 2), st.sampled_from(NASTY)))
    return raw[:start] + piece + raw[end:]


NASTY = [
    b"\r\n", b"\r\n\r\n", b"\x00", b"=?utf-8?b?////?=", b"=?idna?q?a?=", b'"', b"(" * 500, b"From: a@b.example\r\n",
    b"Content-Type: multipart/mixed; boundary*0=a; boundary*=x'y'z\r\n", b"Content-Type: message/rfc822\r\n\r\n",
    b"Content-Type: text/calendar; charset*=utf-8'x'%ff\r\n\r\nBEGIN:VCALENDAR",
    b"Content-Transfer-Encoding: uuencode\r\n",
    b"Content-Type: message/partial\r\n\r\n", b"From: =?utf-8?q?=00=0a?= <a@b>\r\n", b"\xed\xa0\x80",
    b"Content-Type: multipart/report; report-type=delivery-status; boundary=q\r\n\r\n--q\r\n", b"\xe2\x80\xa8",
]  # fmt: skip


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(raw=st.one_of(st.binary(max_size=2000), st.text(max_size=300).map(str.encode), damaged()))
def test_receive_never_raises_and_never_drops(noting: Noting, raw: bytes):
    message = receive(raw)
    stored = IncomingMessage.objects.get(pk=message.pk)
    assert stored.state in ("done", "tray", "ignored")
    assert stored.state != "tray" or stored.reason
    assert "Something went wrong" not in stored.reason
    assert "Er ging iets mis" not in stored.reason

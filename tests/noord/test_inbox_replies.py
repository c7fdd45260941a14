"""What is read of an answer, and what is not an answer."""

from datetime import UTC, datetime

import pytest
import time_machine

from noord.inbox.message import Unreadable, read
from noord.inbox.replies import Reply, calendars, read_reply
from tests.noord.inbox_messages import ANNA, UID, apple, calendar, exchange, gmail, nested

pytestmark = pytest.mark.usefixtures("march", "english")


@pytest.fixture
def march():
    with time_machine.travel("2026-03-03 12:00:00+00:00", tick=False):
        yield


def reply_of(raw: bytes) -> Reply:
    message = read(raw)
    return read_reply(message, calendars(message))


def reason_of(raw: bytes) -> str:
    with pytest.raises(Unreadable) as refusal:
        reply_of(raw)
    return refusal.value.reason


def attendee(partstat: str, address: str = ANNA) -> str:
    return f"ATTENDEE;PARTSTAT={partstat};CN=Anna:MAILTO:{address}"


@pytest.mark.parametrize(
    ("raw", "reply"),
    [
        (exchange(), Reply(UID, ANNA, "ACCEPTED", 2, datetime(2026, 3, 1, 8, 15, tzinfo=UTC), "")),
        (
            gmail(),
            Reply(
                UID, "pieter.bakker@provincie.example", "DECLINED", 0, datetime(2026, 3, 1, 10, 11, 12, tzinfo=UTC),
                "Ik ben dan, helaas, met vakantie.",
            ),
        ),
        (
            apple(),
            Reply(
                UID, "j.kuhn@waterschap.example", "TENTATIVE", 3, datetime(2026, 3, 2, 7, tzinfo=UTC),
                "Weet ik morgen – één uur lukt wel",
            ),
        ),
    ],
    ids=["exchange", "gmail", "apple"],
)  # fmt: skip
def test_read_the_answer_of_a_calendar_programme(raw: bytes, reply: Reply):
    assert reply_of(raw) == reply


def test_read_an_answer_that_is_the_whole_mail_or_a_file_only():
    bare = f'From: {ANNA}\r\nContent-Type: text/calendar; method="reply"\r\n\r\n{calendar()}'.encode()
    file = bare.replace(b'text/calendar; method="reply"', b'application/octet-stream; name="antwoord.ICS"')
    assert [reply_of(raw).partstat for raw in (bare, file)] == ["ACCEPTED", "ACCEPTED"]


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-15", "windows-1252"])
def test_read_a_comment_in_the_charset_of_the_part(charset: str):
    text = calendar(extra="COMMENT:Tot één uur\\, café").encode(charset)
    head = f"From: {ANNA}\r\nContent-Type: text/calendar; charset={charset}; method=REPLY\r\n\r\n"
    assert reply_of(head.encode() + text).comment == "Tot één uur, café"


@pytest.mark.parametrize("charset", ["x-onbekend", "idna", "rot13", "utf-8"])
def test_read_on_when_the_charset_is_no_help(charset: str):
    text = calendar(extra="COMMENT:één").encode("latin-1")
    head = f"From: {ANNA}\r\nContent-Type: text/calendar; charset={charset}; method=REPLY\r\n\r\n"
    assert reply_of(head.encode() + text).comment == "één"


def test_a_comment_holds_no_control_characters_and_is_cut_off():
    ics = calendar(extra="COMMENT:a\x00b\x1bc\\nd\nCOMMENT:" + "e" * 2000)
    assert reply_of(exchange(ics)).comment == ("a b c d\n" + "e" * 2000)[:1000]


def test_no_sequence_is_the_first_version():
    assert reply_of(exchange(calendar(sequence=""))).sequence == 0


@pytest.mark.parametrize(
    ("ics", "reason"),
    [
        (calendar(method="COUNTER"), "another time"),
        (calendar(method="REFRESH"), "asks for the invitation"),
        (calendar(method="DECLINECOUNTER"), "of the kind DECLINECOUNTER"),
        (calendar(method="REQUEST"), "invites us"),
        (calendar().replace("METHOD:REPLY\n", ""), "does not say what it is for"),
        (calendar(uid=""), "which meeting"),
        (calendar(uid=" "), "which meeting"),
        (calendar(uid="x" * 300), "which meeting"),
        (calendar(extra=f"UID:{UID}"), "which meeting"),
        (calendar(attendee=""), "exactly one attendee"),
        (calendar(extra=attendee("ACCEPTED", "piet@gemeente.example")), "exactly one attendee"),
        (calendar(attendee=attendee("DELEGATED")), "somebody else to come"),
        (calendar(attendee=attendee("NEEDS-ACTION")), "not yes, no or maybe"),
        (calendar(attendee=f"ATTENDEE;CN=Anna:MAILTO:{ANNA}"), "not yes, no or maybe"),
        (calendar(attendee="ATTENDEE;PARTSTAT=ACCEPTED:invalid:nomail"), "no e-mail address"),
        (calendar(attendee=attendee("ACCEPTED", "anna")), "no e-mail address"),
        (calendar(attendee=attendee("ACCEPTED", "piet@gemeente.example")), "Somebody else"),
        (calendar(extra="RECURRENCE-ID:20260307T123000Z"), "exactly one meeting"),
        (calendar().replace("END:VEVENT", "END:VEVENT\nBEGIN:VEVENT\nEND:VEVENT"), "exactly one meeting"),
        (calendar().replace("VEVENT", "VTODO"), "exactly one meeting"),
        (calendar(dtstamp=""), "moment"),
        (calendar(dtstamp="20260301T081500"), "moment"),
        (calendar(dtstamp="20261301T081500Z"), "moment"),
        (calendar(dtstamp="20260305T081500Z"), "from the future"),
        (calendar(sequence="SEQUENCE:-1"), "version"),
        (calendar(sequence="SEQUENCE:twee"), "version"),
        (calendar(sequence="SEQUENCE:" + "9" * 5000), "version"),
        (calendar(sequence="SEQUENCE:1\nSEQUENCE:2"), "version"),
        (calendar().replace("END:VCALENDAR\n", ""), "broken"),
        (calendar().replace("END:VEVENT", "END:VALARM"), "broken"),
        (calendar() + calendar(), "broken"),
        (calendar(extra="METHOD:REPLY").replace("BEGIN:VEVENT", "METHOD:REPLY\nBEGIN:VEVENT"), "broken"),
        (calendar(attendee="ATTENDEE;;;=:MAILTO:x"), "broken"),
        ("Geen agenda", "broken"),
        ("", "broken"),
    ],
)
def test_refuse_what_is_no_plain_answer(ics: str, reason: str):
    method = "REPLY" if "METHOD:REPLY" in ics else ics.partition("METHOD:")[2].partition("\n")[0]
    assert reason in reason_of(exchange(ics, method=method or "REPLY"))


def test_refuse_a_method_that_the_mail_and_the_calendar_do_not_agree_on():
    assert "another kind" in reason_of(exchange(calendar(method="COUNTER"), method="REPLY"))


def test_refuse_two_calendars_that_differ():
    raw = gmail().replace(b"application/ics", b"text/calendar; method=REPLY")
    assert reply_of(raw).partstat == "DECLINED"
    raw = raw.replace(b"PARTSTAT=DECLINED", b"PARTSTAT=ACCEPTED")
    assert "do not say the same" in reason_of(raw)


@pytest.mark.parametrize(
    "sender",
    ["piet@gemeente.example", f"{ANNA}, piet@gemeente.example", "", "geen adres", f"{ANNA}\nFrom: piet@x.example"],
)
def test_refuse_an_answer_that_somebody_else_sent(sender: str):
    assert reason_of(exchange(sender=sender)).startswith(("Somebody else", "The message does not have one sender"))


def test_refuse_a_calendar_in_an_attached_mail():
    head = b"From: anna.jansen@gemeente.example\r\nContent-Type: message/rfc822\r\n\r\n"
    assert calendars(read(head + exchange())) == []


def test_refuse_what_keeps_a_parser_busy():
    assert "too many" in reason_of(nested(30))
    assert "too many" in reason_of(nested(51))
    assert "too many" in reason_of(b"From: a@b.example\r\n\r\n" + b"\n" * 70_000)
    assert "too long" in reason_of(exchange(calendar(extra="X-A:" + "a" * 600_000)))


def test_a_zone_with_a_rule_without_end_costs_nothing():
    zone = "BEGIN:VTIMEZONE\nTZID:W. Europe Standard Time\nBEGIN:STANDARD\nDTSTART:00010101T000000\n"
    zone += "TZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nRRULE:FREQ=SECONDLY\nEND:STANDARD\nEND:VTIMEZONE"
    assert reply_of(exchange(calendar(zone=zone))).partstat == "ACCEPTED"

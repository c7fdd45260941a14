from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from events.audience import Selection
from events.models import Event, Invitation, Registration
from events.operations import invitations, registrations
from events.operations.meetings import save_event
from events.replies import receive
from members.models import Person
from noord.inbox import receiving
from noord.inbox.replies import Reply
from noord.outbox.models import Mail
from tests.factories import (
    amsterdam,
    make_block,
    make_event,
    make_member,
    make_programme_manager,
    make_sector,
    make_session,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2027, 1, 5, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def asked():
    """A meeting with one seat to which anna and bo are invited."""
    sector = make_sector()
    event = make_event(sectors=[sector], capacity=1, start=amsterdam(2027, 3, 25, 13, 30))
    people = [make_member(name=name, email=f"{name}@leeuwarden.example") for name in ("anna", "bo")]
    sector.people.set(people)
    manager = make_programme_manager(sector)
    invitations.invite(event=event, selection=Selection(emails=tuple(p.email for p in people)), by=manager)
    Mail.objects.all().delete()
    return event, *people


def reply(event: Event, person: Person, partstat: str, *, minutes: int = 1, sequence: int = 0) -> Reply:
    dtstamp = NOW + timedelta(minutes=minutes)
    return Reply(event.uid, person.email, partstat, sequence, dtstamp, "")


def status(event: Event, person: Person) -> str:
    return Invitation.objects.with_answer().get(event=event, person=person).answer


def test_accepted_registers_and_the_next_one_waits_and_hears_of_it(asked):
    event, anna, bo = asked
    assert [receive(reply(event, person, "ACCEPTED")).is_done for person in (anna, bo)] == [True, True]
    assert dict(event.registrations.values_list("person__name", "status")) == {"anna": "confirmed", "bo": "waiting"}
    assert list(Mail.objects.order_by("pk").values_list("to", flat=True)) == [anna.email, bo.email]


def test_declined_frees_the_seat_for_the_next_one(asked, clock):
    event, anna, bo = asked
    receive(reply(event, anna, "ACCEPTED"))
    receive(reply(event, bo, "ACCEPTED"))
    clock.shift(timedelta(minutes=5))
    receive(reply(event, anna, "DECLINED", minutes=6))
    assert dict(event.registrations.values_list("person__name", "status")) == {"anna": "cancelled", "bo": "confirmed"}


def test_declined_without_a_seat_is_a_no_and_sends_nothing(asked):
    event, anna, _bo = asked
    receive(reply(event, anna, "DECLINED"))
    assert (status(event, anna), Mail.objects.count()) == ("no", 0)


def test_tentative_is_a_maybe_and_takes_no_seat(asked):
    event, anna, _bo = asked
    receive(reply(event, anna, "TENTATIVE"))
    assert (status(event, anna), event.registrations.count()) == ("maybe", 0)


def test_same_reply_twice_is_once(asked):
    event, anna, _bo = asked
    for _ in range(3):
        assert receive(reply(event, anna, "ACCEPTED")).is_done
    assert (Registration.objects.get().version, Mail.objects.count()) == (1, 1)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_newest_answer_wins_in_whatever_order_they_come(asked, order):
    event, anna, _bo = asked
    replies = [reply(event, anna, "ACCEPTED", minutes=1), reply(event, anna, "DECLINED", minutes=2)]
    for number in order:
        receive(replies[number])
    assert status(event, anna) == "no"


def test_higher_sequence_wins_over_a_later_stamp(asked):
    event, anna, _bo = asked
    receive(reply(event, anna, "DECLINED", minutes=1, sequence=2))
    receive(reply(event, anna, "ACCEPTED", minutes=9, sequence=1))
    assert status(event, anna) == "no"


def test_late_yes_does_not_undo_a_later_no_on_the_site(asked, clock):
    event, anna, _bo = asked
    registration = registrations.register(event=event, person=anna)
    clock.shift(timedelta(minutes=10))
    registrations.cancel(registration=registration, by=anna)
    assert receive(reply(event, anna, "ACCEPTED", minutes=5)).is_done
    assert status(event, anna) == "no"


def test_late_no_does_not_undo_a_later_yes_on_the_site(asked, clock):
    event, anna, _bo = asked
    clock.shift(timedelta(minutes=10))
    registrations.register(event=event, person=anna)
    receive(reply(event, anna, "DECLINED", minutes=5))
    assert status(event, anna) == "yes"


def test_somebody_who_registered_without_invitation_may_decline(asked):
    event, *_invited = asked
    cas = make_member(email="cas@leeuwarden.example")
    registrations.register(event=event, person=cas)
    receive(reply(event, cas, "DECLINED", minutes=1))
    assert event.registrations.get(person=cas).status == "cancelled"


def test_stranger_and_unknown_meeting_go_to_the_tray_and_nobody_gets_an_account(asked):
    event, *_invited = asked
    people = Person.objects.count()
    stranger = make_member(email="vreemd@elders.example")
    unknown = Reply("geen-uid", stranger.email, "ACCEPTED", 0, NOW, "")
    nobody = Reply(event.uid, "wie@elders.example", "ACCEPTED", 0, NOW, "")
    outcomes = [receive(reply(event, stranger, "ACCEPTED")), receive(unknown), receive(nobody)]
    assert [outcome.is_done for outcome in outcomes] == [False, False, False]
    assert all(outcome.reason for outcome in outcomes)
    assert (event.registrations.count(), Person.objects.count()) == (0, people + 1)


def test_yes_after_closing_is_answered_with_the_reason(asked):
    event, anna, _bo = asked
    event.registration_closes = NOW - timedelta(hours=1)
    event.save()
    outcome = receive(reply(event, anna, "ACCEPTED"))
    assert (outcome.is_done, str(outcome.reason)) == (
        True,
        "Aanmelden is gesloten. Vraag de organisatie of je nog kunt komen.",
    )
    assert [(mail.kind, mail.to) for mail in Mail.objects.all()] == [("events.answer_refused", anna.email)]
    assert not event.registrations.exists()


def test_yes_by_calendar_takes_a_seat_also_where_a_session_must_be_chosen(asked):
    event, anna, _bo = asked
    make_session(make_block(event))
    event.session_required = True
    event.save()
    receive(reply(event, anna, "ACCEPTED"))
    assert event.registrations.get(person=anna).status == "confirmed"


def test_yes_to_a_time_that_changed_since_asks_again(asked):
    event, anna, _bo = asked
    event.start += timedelta(minutes=30)
    save_event(event=event)
    receive(reply(event, anna, "ACCEPTED", sequence=0))
    assert not event.registrations.exists()
    assert [mail.kind for mail in Mail.objects.all()] == ["events.answer_refused"]


MESSAGE = """\
Authentication-Results: {server}; dkim=pass header.d={domain}
From: Anna <{sender}>
To: agenda@noord.example
Subject: Geaccepteerd: Overleg
Message-ID: <{sender}-1@leeuwarden.example>
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="grens"

--grens
Content-Type: text/plain; charset="utf-8"

Ik kom.
--grens
Content-Type: text/calendar; charset="utf-8"; method=REPLY

BEGIN:VCALENDAR
METHOD:REPLY
PRODID:Microsoft Exchange Server 2010
VERSION:2.0
BEGIN:VEVENT
ATTENDEE;PARTSTAT=ACCEPTED;CN=Anna:mailto:{sender}
UID:{uid}
SEQUENCE:0
DTSTAMP:20270105T120100Z
DTSTART;TZID=W. Europe Standard Time:20270325T133000
SUMMARY;LANGUAGE=nl-NL:Geaccepteerd: Overleg
END:VEVENT
END:VCALENDAR
--grens--
"""


@pytest.mark.parametrize(
    ("server", "domain", "state", "registered"),
    [
        ("mx.noord.example", "leeuwarden.example", "done", 1),
        ("mx.noord.example", "elders.example", "tray", 0),
        ("mx.elders.example", "leeuwarden.example", "tray", 0),
    ],
)
def test_message_from_outlook_registers_when_its_sender_is_proven(asked, server, domain, state, registered):
    event, anna, _bo = asked
    raw = MESSAGE.format(server=server, domain=domain, sender=anna.email, uid=event.uid).replace("\n", "\r\n").encode()
    for _ in range(2):
        message = receiving.receive(raw)
    assert (message.state, event.registrations.count()) == (state, registered)

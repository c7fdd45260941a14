from datetime import UTC, datetime
from email import message_from_bytes, policy

import icalendar
import pytest
import time_machine
import vobject

from events.mail.registrations import render
from events.models import Event
from events.operations import registrations as operations
from events.operations.meetings import call_off
from events.seats import Choice
from noord.outbox.models import Mail
from tests.factories import (
    amsterdam,
    make_block,
    make_event,
    make_member,
    make_organisation,
    make_programme_manager,
    make_sector,
    make_session,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2027, 1, 5, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _frozen():
    with time_machine.travel(NOW, tick=False):
        yield


def tolbert(**fields) -> Event:
    defaults = {
        "title": 'Vervolg; A,B en "C" 😀',
        "slug": "vervolg",
        "start": amsterdam(2027, 3, 25, 13, 30),
        "end": amsterdam(2027, 3, 25, 17, 0),
        "registration_closes": amsterdam(2027, 3, 23, 23, 59),
    }
    return make_event(**defaults | fields)


def last_message():
    return render(**Mail.objects.latest("pk").params)


def component(message) -> icalendar.Event:
    (event,) = icalendar.Calendar.from_ical(message.calendar).walk("VEVENT")
    return event


def test_confirmation_says_when_where_which_session_and_until_when():
    event = tolbert()
    block = make_block(event, start=amsterdam(2027, 3, 25, 15, 30))
    session = make_session(block, title="Het Kindpakket", room="Zaal 2")
    operations.register(event=event, person=make_member(name="Lid Proef"), choices={block.pk: Choice(session.pk)})
    message = last_message()
    assert message.subject == 'Je bent aangemeld: Vervolg; A,B en "C" 😀, 25 maart 2027'
    for line in [
        "Hallo Lid Proef,",
        "Wanneer: donderdag 25 maart 2027, 13.30 - 17.00 uur",
        "Waar: Tolbert",
        "Jouw sessie (15.30 uur): Het Kindpakket, Zaal 2",
        "Je kunt je keuze wijzigen tot en met dinsdag 23 maart 2027.",
        "/agenda/vervolg/mijn-aanmelding/",
    ]:
        assert line in message.text
    assert "Het Kindpakket, Zaal 2" in message.html
    assert "&quot;C&quot;" in message.html


def test_confirmation_carries_a_request_for_this_person_alone():
    event = tolbert()
    person = make_member(name='Jan "J" Proef', email="jan@voorbeeld.example")
    operations.register(event=event, person=person)
    message = last_message()
    entry = component(message)
    assert message.calendar_method == "REQUEST"
    assert icalendar.Calendar.from_ical(message.calendar)["METHOD"] == "REQUEST"
    assert (str(entry["UID"]), entry["SEQUENCE"], entry["STATUS"]) == (event.uid, 0, "CONFIRMED")
    assert str(entry["SUMMARY"]) == event.title
    assert entry["DTSTART"].dt == event.start
    assert entry["DTSTART"].params["TZID"] == "Europe/Amsterdam"
    assert str(entry["ATTENDEE"]) == "mailto:jan@voorbeeld.example"
    assert dict(entry["ATTENDEE"].params) == {
        "CN": "Jan 'J' Proef",
        "CUTYPE": "INDIVIDUAL",
        "ROLE": "REQ-PARTICIPANT",
        "PARTSTAT": "ACCEPTED",
        "RSVP": "FALSE",
    }
    assert str(entry["ORGANIZER"]).startswith("mailto:")


def test_a_second_parser_reads_the_same_meeting():
    event = tolbert()
    operations.register(event=event, person=make_member())
    parsed = vobject.readOne(last_message().calendar.decode()).vevent
    assert (parsed.summary.value, parsed.dtstart.value, parsed.dtend.value) == (event.title, event.start, event.end)
    assert parsed.dtstart.value.utcoffset().total_seconds() == 3600


def test_waiting_list_mail_is_tentative():
    event = tolbert(capacity=0)
    operations.register(event=event, person=make_member())
    message = last_message()
    assert message.subject.startswith("Je staat op de wachtlijst:")
    assert "plaats 1" in message.text
    assert (component(message)["STATUS"], component(message)["ATTENDEE"].params["PARTSTAT"]) == (
        "TENTATIVE",
        "TENTATIVE",
    )


def test_cancelling_carries_a_cancel_under_a_higher_sequence():
    event = tolbert()
    registration = operations.register(event=event, person=make_member())
    operations.cancel(registration=registration, by=registration.person)
    message = last_message()
    entry = component(message)
    assert message.calendar_method == "CANCEL"
    assert (str(entry["UID"]), entry["SEQUENCE"], entry["STATUS"]) == (event.uid, 1, "CANCELLED")


def test_called_off_meeting_carries_a_cancel_for_each():
    event = tolbert()
    operations.register(event=event, person=make_member())
    call_off(event=event)
    message = last_message()
    assert message.subject.startswith("Afgelast:")
    assert (message.calendar_method, component(message)["SEQUENCE"]) == ("CANCEL", 1)


def test_colleague_hears_who_did_it():
    organisation = make_organisation()
    me = make_member(organisation=organisation, name="Ik Zelf")
    operations.register(event=tolbert(), person=make_member(organisation=organisation), by=me)
    assert "Ik Zelf heeft je aangemeld." in last_message().text


def test_an_answer_in_words_goes_to_the_programme_manager_of_the_host():
    sector = make_sector()
    manager = make_programme_manager(sector)
    operations.register(event=tolbert(sectors=[sector]), person=make_member())
    assert last_message().reply_to == manager.email
    operations.register(event=make_event(), person=make_member())
    assert last_message().reply_to == ""


def test_an_older_version_is_dropped():
    registration = operations.register(event=tolbert(), person=make_member())
    old = Mail.objects.get().params
    operations.cancel(registration=registration, by=registration.person)
    assert render(**old) is None


def test_online_link_is_in_the_mail_of_participants_only():
    event = tolbert(capacity=1, online_url="https://overleg.example/kamer")
    operations.register(event=event, person=make_member())
    assert "https://overleg.example/kamer" in last_message().text
    assert str(component(last_message())["CONFERENCE"]) == "https://overleg.example/kamer"
    operations.register(event=event, person=make_member())
    message = last_message()
    assert "overleg.example" not in message.text + message.html + message.calendar.decode()


def test_mail_leaves_with_the_calendar_in_the_alternative(django_capture_on_commit_callbacks, smtp_server, settings):
    event = tolbert()
    with django_capture_on_commit_callbacks(execute=True):
        operations.register(event=event, person=make_member(email="jan@voorbeeld.example"))
    (envelope,) = smtp_server.messages
    message = message_from_bytes(envelope.content, policy=policy.default)
    assert (envelope.rcpt_tos, message["To"]) == (["jan@voorbeeld.example"], "jan@voorbeeld.example")
    alternative, attachment = message.iter_parts()
    assert [part.get_content_type() for part in alternative.iter_parts()] == [
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    invitation = list(alternative.iter_parts())[2]
    assert invitation.get_param("method") == "REQUEST"
    assert invitation.get_payload(decode=True) == attachment.get_payload(decode=True)

"""What people hear of a change: once, with the last version, and never an older one after a newer."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Barrier

import icalendar
import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.changes import differences, snapshot
from events.mail.changes import render
from events.models import ChangeNotice, Event, Invitation, InvitationRound
from events.operations import notices, registrations
from events.operations.meetings import call_off, save_event
from events.tasks import announce_changes as task
from members.models import Person
from members.operations import stop_mail
from noord.domain import DomainError
from noord.outbox.models import Mail
from noord.outbox.renderers import renderer_of
from tests.events.test_admin import form_of
from tests.factories import (
    amsterdam,
    make_event,
    make_member,
    make_person,
    make_programme_manager,
    make_registration,
    make_sector,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2027, 1, 5, 12, tzinfo=UTC)
TEN_MINUTES = timedelta(minutes=10)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def tolbert(**fields) -> Event:
    defaults = {
        "title": "Vervolg",
        "slug": "vervolg",
        "start": amsterdam(2027, 3, 25, 13, 30),
        "end": amsterdam(2027, 3, 25, 17, 0),
    }
    return make_event(**defaults | fields)


def edit(event: Event, **fields) -> ChangeNotice | None:
    """Store an edit a second later; return the notice that is open then."""
    event = Event.objects.get(pk=event.pk)
    for name, value in fields.items():
        setattr(event, name, value)
    save_event(event=event)
    return event.change_notices.filter(closed_at=None).first()


def invite(event: Event, person: Person | None = None, **fields) -> Person:
    person = person or make_member()
    round_ = InvitationRound.objects.create(event=event, **fields)
    Invitation.objects.create(event=event, person=person, round=round_)
    return person


def announce(event: Event) -> int:
    """Announce what is open and let the ten minutes pass; return how many mails that makes."""
    notices.announce(event=event)
    return notices.announce_due(now=timezone.now() + TEN_MINUTES)


def changes() -> list[Mail]:
    return list(Mail.objects.filter(kind="events.change").order_by("pk"))


def component(message) -> icalendar.Event:
    (entry,) = icalendar.Calendar.from_ical(message.calendar).walk("VEVENT")
    return entry


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"start": amsterdam(2027, 3, 25, 14)}, [("Begin", "was 13.30 uur, wordt 14.00 uur")]),
        ({"end": amsterdam(2027, 3, 25, 18)}, [("Einde", "was 17.00 uur, wordt 18.00 uur")]),
        (
            {"start": amsterdam(2027, 3, 26, 13, 30), "end": amsterdam(2027, 3, 26, 17)},
            [
                (
                    "Wanneer",
                    "was donderdag 25 maart 2027, 13.30 - 17.00 uur, wordt vrijdag 26 maart 2027, 13.30 - 17.00 uur",
                )
            ],
        ),
        ({"place": "Assen"}, [("Waar", "was Tolbert, wordt Assen")]),
        ({"place": ""}, [("Waar", "was Tolbert, wordt nog niet bekend")]),
        ({"online_url": "https://overleg.example/a"}, [("Online", "je kunt nu ook online meedoen")]),
        ({"title": "Iets anders", "capacity": 3}, []),
    ],
)
def test_differences_are_said_in_words(fields, expected):
    event = tolbert()
    before = snapshot(event)
    for name, value in fields.items():
        setattr(event, name, value)
    found = differences(before, event)
    assert [(label, sentence.replace("\N{NO-BREAK SPACE}", " ")) for label, sentence in found] == expected


def test_another_link_and_no_link_are_told_without_the_link():
    event = tolbert(online_url="https://overleg.example/a")
    before = snapshot(event)
    event.online_url = "https://overleg.example/b"
    assert differences(before, event) == [("Online", "de link is veranderd")]
    event.online_url = ""
    assert differences(before, event) == [("Online", "je kunt niet meer online meedoen")]


def test_edit_opens_a_notice_and_the_next_one_keeps_what_people_know():
    event = tolbert()
    make_registration(event)
    first = edit(event, start=amsterdam(2027, 3, 25, 14))
    second = edit(event, place="Assen")
    assert first == second
    assert (second.before["start"], second.before["where"]) == ("2027-03-25T12:30:00+00:00", "Tolbert")
    event.refresh_from_db()
    assert event.sequence == 2


def test_change_that_is_taken_back_is_closed_in_silence_and_sequence_stays_up():
    event = tolbert()
    make_registration(event)
    assert edit(event, place="Assen")
    assert edit(event, place="Tolbert") is None
    event.refresh_from_db()
    assert event.sequence == 2
    with pytest.raises(DomainError):
        notices.announce(event=event)
    assert notices.announce_due(now=NOW + timedelta(days=1)) == 0


def test_who_was_told_the_version_in_between_hears_that_it_is_taken_back(clock):
    event = tolbert()
    make_registration(event)
    edit(event, place="Assen")
    clock.shift(60)
    between = registrations.register(event=event, person=make_member())
    clock.shift(60)
    assert edit(event, place="Tolbert")
    assert announce(event) == 1
    (mail,) = changes()
    assert mail.to == between.person.email
    message = render(**mail.params)
    assert "was Assen, wordt Tolbert" in message.text
    assert str(component(message)["LOCATION"]).endswith("Tolbert")
    assert component(message)["SEQUENCE"] == 2


def test_taken_back_and_changed_again_is_told_to_everyone(clock):
    event = tolbert()
    first = make_registration(event)
    edit(event, place="Assen")
    clock.shift(60)
    between = registrations.register(event=event, person=make_member())
    clock.shift(60)
    edit(event, place="Tolbert")
    clock.shift(60)
    edit(event, place="Emmen")
    assert announce(event) == 2
    assert {mail.to for mail in changes()} == {first.person.email, between.person.email}
    assert all("was Tolbert, wordt Emmen" in render(**mail.params).text for mail in changes())


def test_nobody_to_tell_means_no_notice():
    event = tolbert()
    registration = registrations.register(event=event, person=make_member())
    registrations.cancel(registration=registration, by=registration.person)
    assert edit(event, place="Assen") is None


@pytest.mark.parametrize("fields", [{"title": "Anders"}, {"capacity": 4}, {"text": "Meer"}])
def test_edit_that_moves_nothing_means_no_notice(fields):
    event = tolbert()
    make_registration(event)
    assert edit(event, **fields) is None


@pytest.mark.parametrize("status", [Event.Status.DRAFT, Event.Status.CANCELLED])
def test_meeting_that_is_not_published_has_no_notice(status):
    event = tolbert(status=status)
    make_registration(event)
    assert edit(event, place="Assen") is None


def test_meeting_that_is_over_has_no_notice(clock):
    event = tolbert()
    make_registration(event)
    clock.move_to(event.end)
    assert edit(event, place="Assen") is None


def test_five_edits_in_a_minute_are_one_mail_with_the_last_version(clock):
    event = tolbert()
    registration = make_registration(event)
    edit(event, start=amsterdam(2027, 3, 25, 9))
    notices.announce(event=event)
    for hour in (10, 11, 12, 14):
        clock.shift(timedelta(seconds=12))
        edit(event, start=amsterdam(2027, 3, 25, hour))
    assert notices.announce_due(now=NOW + TEN_MINUTES - timedelta(seconds=1)) == 0
    assert notices.announce_due(now=NOW + TEN_MINUTES) == 1
    assert notices.announce_due(now=NOW + TEN_MINUTES) == 0
    (mail,) = changes()
    assert mail.to == registration.person.email
    message = render(**mail.params)
    assert message.subject == "Gewijzigd: Vervolg, 25 maart 2027"
    assert "was 13.30 uur, wordt 14.00 uur" in message.text
    assert "Wanneer: donderdag 25 maart 2027, 14.00 - 17.00 uur" in message.text
    entry = component(message)
    assert (message.calendar_method, entry["SEQUENCE"], str(entry["UID"])) == ("REQUEST", 5, event.uid)
    assert entry["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"


def test_text_is_made_when_the_mail_leaves():
    event = tolbert()
    make_registration(event)
    edit(event, place="Assen")
    announce(event)
    edit(event, place="Emmen")
    message = render(**changes()[0].params)
    assert "was Tolbert, wordt Emmen" in message.text
    assert component(message)["SEQUENCE"] == 2
    edit(event, place="Tolbert")
    assert render(**changes()[0].params) is None


def test_waiting_list_is_told_as_an_option():
    event = tolbert(capacity=0)
    registrations.register(event=event, person=make_member())
    edit(event, place="Assen")
    announce(event)
    message = render(**changes()[0].params)
    assert "Je staat nog op de wachtlijst." in message.text
    assert component(message)["STATUS"] == "TENTATIVE"


def test_invited_people_get_the_question_again_unless_they_said_no():
    event = tolbert()
    asked, declined, registered, later = (make_member() for _ in range(4))
    for person in (asked, declined, registered):
        invite(event, person)
    invite(event, later, send_at=NOW + timedelta(days=1))
    registrations.register(event=event, person=registered)
    registrations.cancel(registration=registrations.register(event=event, person=declined), by=declined)
    edit(event, place="Assen")
    assert announce(event) == 2
    assert {mail.to for mail in changes()} == {asked.email, registered.email}
    message = render(**next(mail for mail in changes() if mail.to == asked.email).params)
    entry = component(message)
    assert (entry["ATTENDEE"].params["PARTSTAT"], entry["SEQUENCE"]) == ("NEEDS-ACTION", 1)
    assert "/agenda/antwoord/" in message.text
    assert "/mail/stop/invitations-" in message.unsubscribe_url


def test_who_has_the_invitation_in_the_calendar_gets_the_update_after_stopping_invitations():
    event = tolbert()
    person = invite(event)
    stop_mail(person=person, kind="invitations")
    edit(event, place="Assen")
    assert announce(event) == 1
    message = render(**changes()[0].params)
    assert (message.calendar_method, component(message)["SEQUENCE"]) == ("REQUEST", 1)
    # The way out of invitations has been taken already; it would not stop this mail.
    assert (message.unsubscribe_url, message.list_id) == ("", "")


def test_nobody_hears_of_a_change_whose_account_is_closed():
    event = tolbert()
    make_registration(event)
    person = invite(event)
    edit(event, place="Assen")
    Person.objects.filter(pk=person.pk).update(is_active=False)
    assert person.email not in {listener.email for listener in notices.who_hears(event)}


@pytest.mark.parametrize(
    ("status", "hears"),
    [
        (Mail.Status.SENT, True),
        (Mail.Status.SENDING, True),
        (None, True),  # the outbox forgets what it sent long ago
        (Mail.Status.QUEUED, False),
        (Mail.Status.RETRY, False),
        (Mail.Status.FAILED, False),
        (Mail.Status.DROPPED, False),
        (Mail.Status.HELD, False),
    ],
)
def test_update_goes_to_who_got_the_invitation_only(status, hears):
    event = tolbert()
    make_registration(event)
    person = invite(event)
    if status:
        key = f"invitation:{event.pk}:{person.pk}"
        Mail.objects.create(key=key, kind="events.invitation", to=person.email, status=status, message_id="<a@b>")
    edit(event, place="Assen")
    assert (person in notices.who_hears(event)) is hears


def test_who_registers_after_the_edit_hears_nothing_old_whatever_is_edited_later(clock):
    event = tolbert()
    known = make_registration(event)
    edit(event, place="Assen")
    clock.shift(60)
    registrations.register(event=event, person=make_member())
    clock.shift(60)
    edit(event, text="Zonder tikfout")
    announce(event)
    assert [mail.to for mail in changes()] == [known.person.email]


def test_who_registers_between_two_edits_hears_of_the_second(clock):
    event = tolbert()
    make_registration(event)
    edit(event, place="Assen")
    clock.shift(60)
    registrations.register(event=event, person=make_member())
    clock.shift(60)
    edit(event, place="Emmen")
    assert announce(event) == 2


@pytest.mark.parametrize("what", ["cancel", "call_off", "end"])
def test_mail_that_waits_is_dropped_when_it_is_no_longer_needed(clock, what):
    event = tolbert()
    registration = registrations.register(event=event, person=make_member())
    edit(event, place="Assen")
    announce(event)
    match what:
        case "cancel":
            registrations.cancel(registration=registration, by=registration.person)
        case "call_off":
            call_off(event=event)
        case "end":
            clock.move_to(event.end)
    assert render(**changes()[0].params) is None


def test_calling_off_closes_the_notice():
    event = tolbert()
    make_registration(event)
    notice = edit(event, place="Assen")
    notices.announce(event=event)
    call_off(event=event)
    notice.refresh_from_db()
    assert notice.closed_at
    assert notices.announce_due(now=NOW + TEN_MINUTES) == 0


def test_notice_that_nobody_answered_ends_with_the_meeting():
    event = tolbert()
    make_registration(event)
    notice = edit(event, place="Assen")
    assert notices.announce_due(now=event.end) == 0
    notice.refresh_from_db()
    assert notice.closed_at


def test_now_twice_does_not_wait_longer_and_later_holds_it_back(clock):
    event = tolbert()
    make_registration(event)
    edit(event, place="Assen")
    notices.announce(event=event)
    clock.shift(120)
    assert notices.announce(event=event).announce_at == NOW + TEN_MINUTES
    notices.announce_later(event=event)
    assert notices.announce_due(now=NOW + timedelta(days=1)) == 0
    assert announce(event) == 1


@pytest.fixture
def manager():
    return make_programme_manager(make_sector())


@pytest.fixture
def client(manager):
    client = Client()
    client.force_login(manager, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def event(manager):
    event = tolbert(sectors=[manager.sector_roles.get().sector])
    make_registration(event)
    return event


def test_page_asks_what_to_do_and_says_how_many_hear_of_it(client, event):
    make_registration(event)
    edit(event, place="Assen")
    page = client.get(reverse("events:change_notice", args=[event.slug])).content.decode()
    for text in ["Wijziging melden aan 2 mensen?", "was Tolbert, wordt Assen", "Meld het nu", "Meld het later"]:
        assert text in page
    assert ChangeNotice.objects.get().announce_at is None


@pytest.mark.parametrize(("answer", "mails", "is_open"), [("now", 1, False), ("later", 0, True), ("not", 0, False)])
def test_buttons_do_what_they_say(client, event, answer, mails, is_open):
    notice = edit(event, place="Assen")
    response = client.post(reverse("events:change_notice", args=[event.slug]), {"answer": answer}, follow=True)
    assert response.redirect_chain == [(event.get_absolute_url(), 302)]
    assert "alert" in response.content.decode()
    notices.announce_due(now=NOW + TEN_MINUTES)
    notice.refresh_from_db()
    assert (len(changes()), notice.closed_at is None) == (mails, is_open)


def test_answer_that_is_none_changes_nothing(client, event):
    edit(event, place="Assen")
    client.post(reverse("events:change_notice", args=[event.slug]), {"answer": "x"})
    assert ChangeNotice.objects.get(closed_at=None).announce_at is None


def test_page_without_a_notice_leads_back(client, event):
    url = reverse("events:change_notice", args=[event.slug])
    for response in (client.get(url, follow=True), client.post(url, {"answer": "now"}, follow=True)):
        assert "Er is niets meer om te melden." in response.content.decode()


def test_page_is_there_for_who_manages_the_meeting_only(event):
    edit(event, place="Assen")
    url = reverse("events:change_notice", args=[event.slug])
    for person in (make_person(), event.registrations.get().person, make_programme_manager(make_sector())):
        other = Client()
        other.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        assert (other.get(url).status_code, other.post(url, {"answer": "now"}).status_code) == (404, 404)
    assert ChangeNotice.objects.get().announce_at is None


def test_page_of_the_meeting_reminds_its_managers(client, event, django_assert_max_num_queries):
    edit(event, place="Assen")
    url = reverse("events:change_notice", args=[event.slug])
    client.get(event.get_absolute_url())
    with django_assert_max_num_queries(11):
        assert url in client.get(event.get_absolute_url()).content.decode()
    assert url not in Client().get(event.get_absolute_url()).content.decode()


def test_administration_leads_to_the_question_and_then_says_when_the_mail_leaves(event):
    client = Client()
    administrator = Person.objects.create_superuser("beheer@noord.example", name="Beheer")
    client.force_login(administrator, backend="allauth.account.auth_backends.AuthenticationBackend")
    url = reverse("admin:events_event_change", args=[event.pk])
    titled = form_of(event, title="Anders")
    assert client.post(url, titled).headers["Location"] == reverse("admin:events_event_changelist")
    response = client.post(url, titled | {"place": "Assen"})
    assert response.headers["Location"] == reverse("events:change_notice", args=[event.slug])
    notices.announce(event=event)
    response = client.post(url, titled | {"place": "Emmen"}, follow=True)
    assert "Dit komt in de mail die om 13.10 uur weggaat." in response.content.decode()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("mail_waits")
def test_many_workers_at_once_announce_once(clock):
    event = tolbert()
    for _ in range(10):
        make_registration(event)
    edit(event, place="Assen")
    notices.announce(event=event)
    clock.shift(TEN_MINUTES)
    barrier = Barrier(8)

    def run(_number: int) -> None:
        barrier.wait()
        try:
            task()
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(run, range(8)))
    assert len(changes()) == 10


STEPS = ["register", "cancel", "move", "place", "back", "now", "later", "not", "task", "wait", "mail", "mail", "mail"]


@contextmanager
def rolled_back():
    """Run one example of many in a database that forgets it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@given(steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 99)), max_size=30), ends=st.booleans())
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_last_mail_has_the_newest_version_whatever_the_order(clock, steps, ends):
    """In any order of edits and tasks: SEQUENCE and DTSTAMP of what a person gets never go down."""
    clock.move_to(NOW)
    with rolled_back():
        Person.objects.all().delete()
        event = tolbert(slug="willekeurig", capacity=2)
        people = [make_member() for _ in range(3)]
        invite(event, people[0])
        got: dict[str, list[icalendar.Event]] = {person.email: [] for person in people}
        is_silent = "not" in dict(steps)
        for step, number in steps:
            clock.shift(7)
            _do(step, number, event, people, got)
        if ends:
            call_off(event=event)
        elif event.change_notices.filter(closed_at=None).exists():
            notices.announce(event=event)
        clock.shift(TEN_MINUTES)
        notices.announce_due(now=timezone.now())
        while Mail.objects.filter(status=Mail.Status.QUEUED).exists():
            _leave(len(got), got)
        event.refresh_from_db()
        for entries in got.values():
            versions = [(entry["SEQUENCE"], entry["DTSTAMP"].dt) for entry in entries]
            assert [sequence for sequence, _ in versions] == sorted(sequence for sequence, _ in versions)
            assert [stamp for _, stamp in versions] == sorted(stamp for _, stamp in versions)
        for registration in event.registrations.select_related("person"):
            last = got[registration.person.email][-1]
            gone = registration.is_cancelled or ends
            assert (last["STATUS"] == "CANCELLED") is gone
            # Whoever was told nothing, because the manager said so, still has the old time.
            assert gone or is_silent or last["DTSTART"].dt == event.start


def _do(step: str, number: int, event: Event, people: list[Person], got: dict) -> None:
    person = people[number % len(people)]
    try:
        match step:
            case "register":
                registrations.register(event=event, person=person)
            case "cancel" if row := event.registrations.filter(person=person).first():
                registrations.cancel(registration=row, by=person)
            case "move":
                edit(event, start=amsterdam(2027, 3, 25, 8 + number % 6))
            case "place":
                edit(event, place=["Assen", "Emmen"][number % 2])
            case "back":
                edit(event, start=amsterdam(2027, 3, 25, 13, 30), place="Tolbert")
            case "now":
                notices.announce(event=event)
            case "later":
                notices.announce_later(event=event)
            case "not":
                notices.keep_silent(event=event)
            case "task":
                notices.announce_due(now=timezone.now() + timedelta(minutes=number))
            case "mail":
                _leave(number, got)
    except (DomainError, ValidationError):
        pass


def _leave(number: int, got: dict) -> None:
    """Let any one of the queued mails leave, as a worker would."""
    queued = list(Mail.objects.filter(status=Mail.Status.QUEUED).order_by("pk"))
    if not queued:
        return
    mail = queued[number % len(queued)]
    message = renderer_of(mail.kind).write(**mail.params)
    Mail.objects.filter(pk=mail.pk).update(status=Mail.Status.SENT if message else Mail.Status.DROPPED)
    if message and message.calendar:
        got[mail.to].append(component(message))

from datetime import timedelta

import icalendar
import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events.audience import Selection
from events.mail.invitations import answer_url, withdrawn
from events.mail.invitations import invitation as write_invitations
from events.mail.invitations import reminder as write_reminders
from events.models import Event, Invitation, InvitationRound
from events.operations import invitations as operations
from events.operations import registrations
from events.operations.meetings import call_off, who_hears
from members.models import MailPreferences, Person
from noord.domain import DomainError
from noord.outbox.models import AddressHold, Mail
from tests.factories import (
    make_chair,
    make_event,
    make_group,
    make_member,
    make_organisation,
    make_participant,
    make_person,
    make_programme_manager,
    make_sector,
)

pytestmark = pytest.mark.django_db


def login(person) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def names(people) -> list[str]:
    return sorted(person.name for person in people)


def answers(event: Event) -> dict[str, str]:
    rows = Invitation.objects.filter(event=event).with_answer().select_related("person")
    return {row.person.name: row.answer for row in rows}


@pytest.fixture
def stage():
    sector = make_sector(name="Overheden", slug="overheden")
    manager = make_programme_manager(sector, name="Manager")
    event = make_event(sectors=[sector], slug="overleg")
    people = [make_member(name=name) for name in ("anna", "bo", "cas")]
    sector.people.set(people)
    return sector, event, manager, people


def test_invite_sends_one_mail_to_each_and_a_second_time_to_nobody(stage):
    sector, event, manager, _people = stage
    selection = Selection(sectors=(sector.pk,))
    first = operations.invite(event=event, selection=selection, by=manager)
    second = operations.invite(event=event, selection=selection, by=manager)
    assert names(first.invited) == ["Manager", "anna", "bo", "cas"]
    assert (second.invited, second.left_out_count) == ([], 4)
    assert Mail.objects.filter(kind="events.invitation").count() == 4


def test_somebody_in_two_selections_gets_one(stage):
    sector, event, manager, people = stage
    group = make_group()
    group.memberships.create(person=people[0], start="2020-01-01")
    emails = (people[0].email.upper(),)
    everything = Selection(sectors=(sector.pk,), groups=(group.pk,), emails=emails, everyone=True)
    chosen = operations.invite(event=event, selection=everything, by=manager)
    assert [person.name for person in chosen.invited].count("anna") == 1


def test_preview_says_why_each_one_is_left_out(stage):
    sector, event, manager, (anna, bo, cas) = stage
    registrations.register(event=event, person=anna)
    MailPreferences.objects.create(person=bo, invitations=False)
    AddressHold.objects.create(email=cas.email)
    gone = registrations.register(event=event, person=make_member(name="dop"))
    registrations.cancel(registration=gone, by=gone.person)
    nameless = Person.objects.create_user(None, name="eva")
    sector.people.add(gone.person, nameless)
    chosen = operations.invite(
        event=event, selection=Selection(sectors=(sector.pk,), emails=("wie@elders.example",)), by=manager
    )
    assert names(chosen.invited) == ["Manager"]
    assert chosen.left_out == {
        "al aangemeld": ["anna"],
        "wil geen uitnodigingen": ["bo"],
        "adres staat stil": ["cas"],
        "meldde zich eerder af": ["dop"],
        "geen e-mailadres": ["eva"],
        "niemand met dit adres": ["wie@elders.example"],
    }


def test_chair_invites_the_people_of_the_own_sector_only(stage):
    sector, event, _manager, _people = stage
    chair = make_chair(sector)
    other = make_sector()
    assert len(operations.invite(event=event, selection=Selection(sectors=(sector.pk,)), by=chair).invited) == 5
    for selection in (
        Selection(everyone=True),
        Selection(sectors=(sector.pk, other.pk)),
        Selection(emails=("wie@elders.example",)),
        Selection(organisations=(make_organisation().pk,)),
    ):
        with pytest.raises(DomainError):
            operations.invite(event=event, selection=selection, by=chair)


@pytest.mark.parametrize("who", ["member", "other_chair", "other_manager", "participant"])
def test_nobody_else_invites(stage, who):
    sector, event, _manager, _people = stage
    person = {
        "member": make_member,
        "other_chair": lambda: make_chair(make_sector()),
        "other_manager": lambda: make_programme_manager(make_sector()),
        "participant": lambda: make_participant(make_group()),
    }[who]()
    with pytest.raises(DomainError):
        operations.invite(event=event, selection=Selection(sectors=(sector.pk,)), by=person)
    client = login(person)
    for name in ("invite", "invitations"):
        assert client.get(reverse(f"events:{name}", args=[event.slug])).status_code == 404
    assert client.post(reverse("events:remind", args=[event.slug])).status_code == 404
    assert not Mail.objects.exists()


def test_page_shows_who_before_it_sends_and_says_the_number_on_the_button(stage):
    sector, event, manager, _people = stage
    client = login(manager)
    url = reverse("events:invite", args=[event.slug])
    page = client.post(url, {"sectors": [sector.pk], "word": "Kom je ook?"}).content.decode()
    assert "Stuur 4 uitnodigingen" in page
    assert not Invitation.objects.exists()
    client.post(url, {"sectors": [sector.pk], "word": "Kom je ook?", "send": "1"})
    client.post(url, {"sectors": [sector.pk], "word": "Kom je ook?", "send": "1"})
    assert (Invitation.objects.count(), Mail.objects.count(), InvitationRound.objects.count()) == (4, 4, 1)


def test_page_refuses_a_wrong_address_and_keeps_what_was_typed(stage):
    _sector, event, manager, _people = stage
    data = {"emails": "goed@elders.example, fout@", "word": "Bewaar mij", "send_at": "gisteren"}
    page = login(manager).post(reverse("events:invite", args=[event.slug]), data).content.decode()
    assert "fout@ is geen e-mailadres." in page
    assert "Bewaar mij" in page
    assert "Schrijf de dag en de tijd zo" in page


def test_trial_mail_goes_to_me_alone_and_is_no_invitation(stage):
    _sector, event, manager, _people = stage
    login(manager).post(reverse("events:invite", args=[event.slug]), {"sectors": event.sectors.get().pk, "trial": "1"})
    assert [(mail.to, mail.kind) for mail in Mail.objects.all()] == [(manager.email, "events.invitation_trial")]
    assert not Invitation.objects.exists()


def test_invitations_leave_at_the_chosen_time(stage):
    sector, event, manager, _people = stage
    at = timezone.now() + timedelta(days=2)
    operations.invite(event=event, selection=Selection(sectors=(sector.pk,)), by=manager, send_at=at)
    assert set(Mail.objects.values_list("next_attempt_at", flat=True)) == {at}


def test_invitation_asks_for_an_answer_in_the_calendar_and_by_a_link(stage):
    sector, event, manager, (anna, *_rest) = stage
    operations.invite(event=event, selection=Selection(sectors=(sector.pk,)), by=manager, word="Tot dan!")
    with time_machine.travel(timezone.now(), tick=False):  # the link holds the second in which it was signed
        (message,) = write_invitations([{"event": event.pk, "person": anna.pk}])
        assert answer_url(event.pk, anna.pk) in message.text
    assert "Tot dan!" in message.text
    assert message.unsubscribe_url.startswith("http")
    (entry,) = icalendar.Calendar.from_ical(message.calendar).walk("VEVENT")
    assert (str(entry["UID"]), entry["SEQUENCE"], str(entry["ATTENDEE"])) == (event.uid, 0, f"mailto:{anna.email}")
    attendee = entry["ATTENDEE"].params
    assert (attendee["PARTSTAT"], attendee["RSVP"], attendee["ROLE"]) == ("NEEDS-ACTION", "TRUE", "REQ-PARTICIPANT")


def test_invitation_is_dropped_when_it_was_answered_or_is_unwanted_before_it_left(stage):
    sector, event, manager, (anna, bo, cas) = stage
    operations.invite(event=event, selection=Selection(sectors=(sector.pk,)), by=manager)
    registrations.register(event=event, person=anna)
    MailPreferences.objects.create(person=bo, invitations=False)
    messages = write_invitations([{"event": event.pk, "person": person.pk} for person in (anna, bo, cas)])
    assert [message is None for message in messages] == [True, True, False]


def test_invitations_are_written_in_as_many_queries_for_fifty_as_for_one(stage, django_assert_num_queries):
    sector, event, manager, people = stage
    operations.invite(event=event, selection=Selection(sectors=(sector.pk,)), by=manager)
    for number in (1, 3):
        with django_assert_num_queries(5):
            write_invitations([{"event": event.pk, "person": person.pk} for person in people[:number]])


def test_answer_page_changes_nothing_when_opened_and_registers_on_yes(stage):
    sector, event, manager, (anna, *_rest) = stage
    operations.invite(event=event, selection=Selection(sectors=(sector.pk,)), by=manager)
    url = answer_url(event.pk, anna.pk)
    response = Client().get(url)
    assert (response.status_code, response["Referrer-Policy"], answers(event)["anna"]) == (200, "no-referrer", "none")
    for wish in ("maybe", "yes", "yes", "no", "maybe", "no", "yes"):
        Client().post(url, {"answer": wish})
        assert answers(event)["anna"] == wish
    assert event.registrations.get(person=anna).status == "confirmed"


def test_answer_link_allows_exactly_this_answer(stage):
    sector, event, manager, (anna, *_rest) = stage
    operations.invite(event=event, selection=Selection(sectors=(sector.pk,)), by=manager)
    url = answer_url(event.pk, anna.pk)
    stranger = answer_url(event.pk, make_member().pk)
    assert [Client().get(address).status_code for address in (url, url[:-3] + "x/", stranger)] == [200, 404, 404]
    client = Client()
    client.post(url, {"answer": "yes"})
    assert client.get("/mijn/").status_code == 302  # the link logs nobody in


def test_answer_after_the_meeting_began_is_refused(stage):
    sector, event, manager, (anna, *_rest) = stage
    operations.invite(event=event, selection=Selection(sectors=(sector.pk,)), by=manager)
    event.start = timezone.now() - timedelta(minutes=1)
    event.save()
    page = Client().post(answer_url(event.pk, anna.pk), {"answer": "yes"}).content.decode()
    assert "Deze bijeenkomst is begonnen." in page
    assert answers(event)["anna"] == "none"


def test_no_frees_the_seat_and_the_next_one_gets_it(stage):
    sector, event, manager, (anna, bo, _cas) = stage
    event.capacity = 1
    event.save()
    operations.invite(event=event, selection=Selection(sectors=(sector.pk,)), by=manager)
    Client().post(answer_url(event.pk, anna.pk), {"answer": "yes"})
    Client().post(answer_url(event.pk, bo.pk), {"answer": "yes"})
    assert "wachtlijst" in Client().get(answer_url(event.pk, bo.pk)).content.decode()
    Client().post(answer_url(event.pk, anna.pk), {"answer": "no"})
    assert event.registrations.get(person=bo).status == "confirmed"


def test_remind_asks_the_silent_once(stage):
    sector, event, manager, (anna, bo, cas) = stage
    operations.invite(event=event, selection=Selection(sectors=(sector.pk,)), by=manager)
    Client().post(answer_url(event.pk, anna.pk), {"answer": "no"})
    Client().post(answer_url(event.pk, bo.pk), {"answer": "maybe"})
    assert operations.remind(event=event, by=manager) == 2
    assert operations.remind(event=event, by=manager) == 0
    asked = Mail.objects.filter(kind="events.invitation_reminder").values_list("to", flat=True)
    assert sorted(asked) == sorted([cas.email, manager.email])
    (message,) = write_reminders([{"event": event.pk, "person": cas.pk}])
    assert message.subject.startswith("Kom je?")


def test_invited_person_sees_a_meeting_that_is_for_others(stage):
    _sector, event, manager, _people = stage
    event.audience = Event.Audience.HOSTS
    event.save()
    guest = make_person(email="gast@elders.example")
    page = reverse("events:event", args=[event.slug])
    assert login(guest).get(page).status_code == 404
    operations.invite(event=event, selection=Selection(emails=(guest.email,)), by=manager)
    assert login(guest).get(page).status_code == 200


def test_list_of_invitations_counts_answers_in_few_queries(stage, django_assert_max_num_queries):
    sector, event, manager, (anna, bo, _cas) = stage
    client = login(manager)
    url = reverse("events:invitations", args=[event.slug])
    operations.invite(event=event, selection=Selection(emails=(anna.email,)), by=manager)
    with django_assert_max_num_queries(12) as first:
        client.get(url)
    operations.invite(event=event, selection=Selection(sectors=(sector.pk,)), by=manager)
    operations.answer(event=event, person=bo, answer=Invitation.Answer.YES)
    with django_assert_max_num_queries(12) as second:
        page = client.get(url).content.decode()
    assert len(first) == len(second)
    assert "4 uitnodigingen" in page


def test_calling_off_tells_who_was_asked_too_and_takes_it_out_of_the_calendar(stage):
    sector, event, manager, (anna, bo, cas) = stage
    operations.invite(event=event, selection=Selection(sectors=(sector.pk,)), by=manager)
    operations.answer(event=event, person=anna, answer=Invitation.Answer.YES)
    operations.answer(event=event, person=bo, answer=Invitation.Answer.NO)
    operations.answer(event=event, person=cas, answer=Invitation.Answer.MAYBE)
    Mail.objects.all().delete()
    assert (who_hears(event=event), call_off(event=event)) == (3, 3)
    assert sorted(Mail.objects.values_list("to", flat=True)) == sorted([anna.email, cas.email, manager.email])
    message = withdrawn(event=event.pk, person=cas.pk)
    (entry,) = icalendar.Calendar.from_ical(message.calendar).walk("VEVENT")
    assert (message.calendar_method, entry["STATUS"], entry["SEQUENCE"]) == ("CANCEL", "CANCELLED", 1)


def test_no_wins_from_a_colleague_who_registers_the_person_meanwhile(stage):
    sector, event, manager, (anna, *_rest) = stage
    operations.invite(event=event, selection=Selection(sectors=(sector.pk,)), by=manager)
    registrations.register(event=event, person=anna)
    operations._decline(event, anna, by_calendar=True)  # as answer() does when it saw no registration
    assert event.registrations.get(person=anna).status == "cancelled"


def test_calling_off_says_nothing_to_whose_invitation_has_not_left(stage):
    sector, event, manager, _people = stage
    later = timezone.now() + timedelta(days=2)
    operations.invite(event=event, selection=Selection(sectors=(sector.pk,)), by=manager, send_at=later)
    assert (who_hears(event=event), call_off(event=event)) == (0, 0)


def test_chair_of_one_host_sees_and_reminds_the_own_people_only(stage):
    sector, event, manager, _people = stage
    other = make_sector()
    event.sectors.add(other)
    chair = make_chair(other, name="Voorzitter")
    other.people.add(chair)
    operations.invite(event=event, selection=Selection(sectors=(sector.pk, other.pk)), by=manager)
    page = login(chair).get(reverse("events:invitations", args=[event.slug])).content.decode()
    assert ("Voorzitter" in page, "anna" in page) == (True, False)
    assert operations.remind(event=event, by=chair) == 1


def test_answer_page_offers_no_yes_after_closing(stage):
    sector, event, manager, (anna, *_rest) = stage
    operations.invite(event=event, selection=Selection(sectors=(sector.pk,)), by=manager)
    event.registration_closes = timezone.now() - timedelta(hours=1)
    event.save()
    page = Client().get(answer_url(event.pk, anna.pk)).content.decode()
    assert ("Ja, ik kom" in page, "Aanmelden is gesloten." in page) == (False, True)


def test_page_of_the_meeting_shows_the_counts_to_who_invites(stage):
    sector, event, manager, (anna, *_rest) = stage
    operations.invite(event=event, selection=Selection(sectors=(sector.pk,)), by=manager)
    operations.answer(event=event, person=anna, answer=Invitation.Answer.YES)
    url = reverse("events:event", args=[event.slug])
    words = "Uitnodigingen: 1 ja, 0 misschien, 0 nee, 3 zonder antwoord"
    assert [words in login(person).get(url).content.decode() for person in (manager, anna)] == [True, False]

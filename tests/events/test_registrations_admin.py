from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from events.models import Event, Registration
from events.operations import registrations as operations
from events.seats import Choice
from members.models import Person
from tests.factories import (
    make_block,
    make_chair,
    make_event,
    make_member,
    make_organisation,
    make_person,
    make_programme_manager,
    make_registration,
    make_sector,
    make_session,
)

pytestmark = pytest.mark.django_db
LIST = "/beheer/events/registration/"


@pytest.fixture
def sector():
    return make_sector()


@pytest.fixture
def event(sector):
    return make_event(sectors=[sector], capacity=1, title="Een middag in Tolbert")


@pytest.fixture
def client(sector):
    return client_of(make_programme_manager(sector, name="Petra Programma"))


def client_of(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def names(client: Client, query: str) -> set[str]:
    response = client.get(f"{LIST}?{query}")
    assert response.status_code == 200
    return {row.person.name for row in response.context["cl"].result_list}


def run(client: Client, action: str, *registrations: Registration) -> str:
    data = {"action": action, "_selected_action": [row.pk for row in registrations]}
    return client.post(LIST, data, follow=True).content.decode()


def urls_of(registration: Registration) -> list[str]:
    return [f"{LIST}{registration.pk}/{page}/" for page in ("change", "plek", "sessie", "history")]


def test_list_filters_by_meeting_status_session_and_attendance(client, sector, event):
    block = make_block(event)
    session = make_session(block)
    in_session = make_registration(event, make_member(name="Anna"))
    in_session.choices.create(block=block, first=session, seat=session)
    make_registration(event, make_member(name="Bert"), attended_at=timezone.now(), attendance_source="qr")
    make_registration(event, make_member(name="Wil"), status="waiting")
    make_registration(make_event(sectors=[sector]), make_member(name="Elders"))
    here = f"event__id__exact={event.pk}"
    assert names(client, "") == {"Anna", "Bert", "Wil", "Elders"}
    assert names(client, here) == {"Anna", "Bert", "Wil"}
    assert names(client, f"{here}&status__exact=waiting") == {"Wil"}
    assert names(client, f"{here}&session={session.pk}") == {"Anna"}
    assert names(client, f"{here}&attended=yes") == {"Bert"}
    assert names(client, f"{here}&attended=no") == {"Anna"}
    assert names(client, "event__id__exact=onzin") == names(client, f"{here}&session=onzin") == set()


def test_list_searches_name_address_organisation_and_meeting(client, event):
    organisation = make_organisation(name="gemeente Noordenveld")
    make_registration(event, make_member(name="Anna", email="anna@voorbeeld.example", organisation=organisation))
    make_registration(event, make_member(name="Bert"))
    for wanted in ("Anna", "anna@voor", "noordenveld"):
        assert names(client, f"q={wanted}") == {"Anna"}
    assert names(client, "q=Tolbert") == {"Anna", "Bert"}


def test_list_offers_only_my_own_meetings(client, event):
    other = make_event(title="Overleg van een ander")
    text = client.get(f"{LIST}?event__id__exact={other.pk}").content.decode()
    assert event.title in text
    assert other.title not in text


def test_list_of_a_meeting_says_why_nobody_is_promoted(client, event):
    make_registration(event)
    make_registration(event, status="waiting")
    text = client.get(f"{LIST}?event__id__exact={event.pk}").content.decode()
    assert "Er is geen plek vrij (plekken: 1, bezet: 1). Als 1 persoon zich afmeldt" in text
    assert reverse("events:attendance", args=[event.slug]) in text
    assert "Er is geen plek vrij" not in client.get(LIST).content.decode()


def test_list_and_pages_ask_as_much_at_one_row_as_at_three(client, event):
    block = make_block(event)
    session = make_session(block)

    def add(**fields) -> Registration:
        registration = make_registration(event, registered_by=make_member(), **fields)
        registration.choices.create(block=block, first=session, seat=session)
        return registration

    first = add()
    urls = [LIST, f"{LIST}?event__id__exact={event.pk}", f"{LIST}?q=Proef", f"{LIST}add/", *urls_of(first)[:3]]

    def ask() -> list[int]:
        counts = []
        for url in urls:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(url).status_code == 200
            counts.append(len(queries))
        return counts

    ask()
    before = ask()
    add()
    add(status="waiting")
    assert ask() == before
    assert max(before) < 20


def test_add_by_hand_above_capacity_with_a_reason_that_stays_visible(client, event):
    make_registration(event)
    person = make_member(name="Sanne Spreker")
    data = {"event": event.pk, "person": person.email, "reason": "Spreekt in ronde 2"}
    response = client.post(f"{LIST}add/", data, follow=True)
    assert "Sanne Spreker is aangemeld en krijgt" in response.content.decode()
    added = event.registrations.get(person=person)
    assert added.is_confirmed
    text = client.get(f"{LIST}{added.pk}/change/").content.decode()
    assert "Toegevoegd terwijl de bijeenkomst vol was: Spreekt in ronde 2 (Petra Programma" in text
    assert LogEntry.objects.get().object_id == str(added.pk)


def test_add_by_hand_without_a_reason_goes_on_the_waiting_list(client, event):
    make_registration(event)
    person = make_member()
    client.post(f"{LIST}add/", {"event": event.pk, "person": person.email})
    assert event.registrations.get(person=person).is_waiting


def test_add_by_hand_to_a_meeting_of_another_sector_is_no_choice(client, event):
    other = make_event()
    response = client.post(f"{LIST}add/", {"event": other.pk, "person": make_member().email, "reason": "Vriend"})
    assert "event" in response.context["form"].errors
    assert not other.registrations.exists()


def test_add_by_hand_finds_somebody_by_a_part_of_the_name(client, event):
    anna, _other = make_member(name="Anna de Vries"), make_member(name="Bert de Vries", email=None)
    make_member(name="Anna Weg", is_active=False)

    def add(wanted: str) -> str:
        return client.post(f"{LIST}add/", {"event": event.pk, "person": wanted}, follow=True).content.decode()

    several = add("vries")
    assert f"Anna de Vries ({anna.email}), Bert de Vries (geen e-mailadres)" in several
    assert "We kennen zo niemand." in add("weg")
    assert "We kennen zo niemand." in add("x@voorbeeld.example")
    add("anna DE")
    assert [row.person for row in event.registrations.all()] == [anna]


def test_add_by_hand_without_a_right_to_see_people_takes_an_address_alone(event):
    person = make_person(is_staff=True)
    for codename in ("view_registration", "add_registration", "change_registration", "view_event"):
        person.user_permissions.add(Permission.objects.get(codename=codename))
    make_member(name="Anna de Vries")
    said = client_of(person).post(f"{LIST}add/", {"event": event.pk, "person": "vries"}).content.decode()
    assert "We kennen zo niemand." in said
    assert "Anna" not in said


def test_promote_by_hand_asks_a_reason(client, event):
    make_registration(event)
    first = make_registration(event, status="waiting")
    second = make_registration(event, status="waiting", queued_at=first.queued_at + timedelta(minutes=1))
    url = f"{LIST}{second.pk}/plek/"
    page = client.get(url).content.decode()
    assert "Eerder aan de beurt op de wachtlijst: 1." in page
    assert client.post(url, {"reason": " "}).context["form"].errors
    second.refresh_from_db()
    assert second.is_waiting
    assert client.post(url, {"reason": "Geeft de workshop"})["Location"] == f"{LIST}{second.pk}/change/"
    second.refresh_from_db()
    first.refresh_from_db()
    assert (second.is_confirmed, first.is_waiting) == (True, True)
    assert "Kreeg een plek buiten de volgorde: Geeft de workshop" in client.get(urls_of(second)[0]).content.decode()


def test_move_by_hand(client, sector):
    event = make_event(sectors=[sector])
    block = make_block(event)
    a, b = make_session(block, title="A", capacity=1), make_session(block, title="B", capacity=1)
    operations.register(event=event, person=make_member(), choices={block.pk: Choice(b.pk)})
    mover = operations.register(event=event, person=make_member(), choices={block.pk: Choice(a.pk)})
    url = f"{LIST}{mover.pk}/sessie/"
    assert "B (1 van 1 bezet)" in client.get(url).content.decode()
    assert "B is vol. Geef een reden" in client.post(url, {f"block_{block.pk}": b.pk}).content.decode()
    assert client.post(url, {f"block_{block.pk}": b.pk, "reason": "Rolstoel"}).status_code == 302
    assert mover.choices.get().seat == b
    assert "Er is niets veranderd" in client.post(url, {f"block_{block.pk}": b.pk}, follow=True).content.decode()


def test_actions_note_attendance_and_say_who_cannot_be_there(client, sector):
    event = make_event(sectors=[sector], start=timezone.now() - timedelta(minutes=5))
    there, waiting = make_registration(event), make_registration(event, status="waiting")
    said = run(client, "mark_present", there, waiting)
    assert "staat op de wachtlijst. Geef eerst een plek." in said
    there.refresh_from_db()
    assert there.attendance_source == "hand"
    run(client, "mark_absent", there)
    there.refresh_from_db()
    assert there.attended_at is None


def test_another_sectors_registrations_do_not_exist(client):
    theirs = make_registration(make_event(capacity=1), status="waiting")
    for url in urls_of(theirs):
        assert client.get(url).status_code == 404
    for url in urls_of(theirs)[1:3]:
        assert client.post(url, {"reason": "Vriend"}).status_code == 404
    run(client, "cancel", theirs)
    run(client, "mark_present", theirs)
    theirs.refresh_from_db()
    assert (theirs.status, theirs.attended_at) == ("waiting", None)


def test_the_administration_of_registrations_is_for_programme_managers_alone(event, sector):
    registration = make_registration(event)
    for person in (make_person(), make_member(), make_chair(sector), registration.person):
        client = client_of(person)
        for url in (LIST, f"{LIST}add/", *urls_of(registration)):
            # The login sends away who has nothing to do here: a 404 there.
            assert client.get(url, follow=True).status_code == 404


def test_who_may_only_look_does_nothing(event):
    looker = make_person(is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_registration"))
    client = client_of(looker)
    waiting = make_registration(event, status="waiting")
    assert client.get(LIST).status_code == client.get(urls_of(waiting)[0]).status_code == 200
    for url in (f"{LIST}add/", *urls_of(waiting)[1:3]):
        assert client.get(url).status_code == 404
    run(client, "cancel", waiting)
    waiting.refresh_from_db()
    assert waiting.is_waiting


def test_event_manager_by_group_works_on_every_meeting(event):
    """A right by hand reaches over all sectors, so the verbs take it too."""
    person = make_person(is_staff=True)
    for codename in ("view_registration", "change_registration", "add_registration", "view_event"):
        person.user_permissions.add(Permission.objects.get(codename=codename))
    client = client_of(person)
    make_registration(event)
    waiting = make_registration(event, status="waiting")
    assert client.post(urls_of(waiting)[1], {"reason": "Spreker"}).status_code == 302
    waiting.refresh_from_db()
    assert waiting.is_confirmed
    client.post(f"{LIST}add/", {"event": event.pk, "person": make_member().email, "reason": "Ook"})
    assert event.registrations.confirmed().count() == 3
    run(client, "cancel", waiting)
    waiting.refresh_from_db()
    assert waiting.is_cancelled
    assert Event.objects.managed_by(person).count() == 0

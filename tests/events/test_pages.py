from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events.models import Event, Registration
from events.operations import registrations as operations
from noord.outbox.models import Mail
from tests.factories import (
    make_block,
    make_event,
    make_member,
    make_organisation,
    make_person,
    make_programme_manager,
    make_sector,
    make_session,
)

pytestmark = pytest.mark.django_db


def login(person) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def page(name: str, event: Event, *args) -> str:
    return reverse(f"events:{name}", args=[event.slug, *args])


def text(response) -> str:
    return response.content.decode()


def test_one_click_registers_and_then_asks_the_questions():
    event, person = make_event(capacity=1), make_member()
    response = login(person).post(page("register", event), {"one_click": "1"})
    assert (response.status_code, response.url) == (302, page("registration", event))
    assert event.registrations.get().status == "confirmed"


def test_second_click_shows_the_registration_and_changes_nothing():
    event, person = make_event(), make_member()
    client = login(person)
    client.post(page("register", event), {"one_click": "1"})
    response = client.post(page("register", event), {"one_click": "1"}, follow=True)
    assert "Je bent al aangemeld." in text(response)
    assert (event.registrations.get().version, Mail.objects.count()) == (1, 1)


def test_visitor_sees_the_open_state_and_is_led_to_the_login():
    event = make_event(capacity=12)
    content = text(Client().get(page("event", event)))
    assert "Je kunt je aanmelden" in content
    assert "Er zijn nog 12 plaatsen." in content
    assert f"/account/login/?next=%2Fagenda%2F{event.slug}%2F" in content
    response = Client().post(page("register", event), {"one_click": "1"})
    assert (response.status_code, response.url.startswith("/account/login/")) == (302, True)
    assert not event.registrations.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Je kunt je aanmelden"),
        ({"capacity": 0}, "Alle 0 plaatsen zijn bezet. Je komt op plaats 1 van de wachtlijst."),
        ({"registration_opens": timezone.now() + timedelta(days=3)}, "Aanmelden kan nog niet"),
        ({"registration_closes": timezone.now() - timedelta(days=3)}, "Aanmelden is gesloten"),
        ({"status": Event.Status.CANCELLED}, "Gaat niet door"),
        ({"start": timezone.now() - timedelta(days=3)}, "Deze bijeenkomst is geweest"),
    ],
)
def test_status_box_says_what_one_can_do(fields, words):
    event = make_event(**fields)
    assert words in text(login(make_member()).get(page("event", event)))


def test_status_box_of_participant_and_of_who_waits():
    event = make_event(capacity=1)
    people = [make_member(), make_member(), make_member()]
    for person in people:
        operations.register(event=event, person=person)
    contents = [text(login(person).get(page("event", event))) for person in people]
    assert "Je bent aangemeld" in contents[0]
    assert "Je staat op de wachtlijst, plaats 1" in contents[1]
    assert "Je staat op de wachtlijst, plaats 2" in contents[2]


def test_register_with_a_required_session_asks_for_it_and_keeps_what_was_typed():
    event = make_event(session_required=True)
    block = make_block(event)
    session = make_session(block, title="Het Kindpakket")
    client = login(make_member())
    response = client.post(page("register", event), {"dietary_wish": "geen noten"})
    assert "<title>Fout: " in text(response)
    assert f'href="#id_first_{block.pk}_0"' in text(response)
    assert "geen noten" in text(response)
    assert not event.registrations.exists()
    response = client.post(page("register", event), {f"first_{block.pk}": session.pk, "dietary_wish": "geen noten"})
    assert (response.status_code, event.registrations.get().dietary_wish) == (302, "geen noten")


def test_change_session_and_see_it_on_the_page():
    event = make_event()
    block = make_block(event)
    session = make_session(block, title="Het Kindpakket", capacity=1)
    client = login(make_member())
    client.post(page("register", event), {"one_click": "1"})
    client.post(page("registration", event), {f"first_{block.pk}": session.pk})
    content = text(client.get(page("event", event)))
    assert "Je gaat naar de sessie Het Kindpakket." in content
    assert "Jouw keuze" in content


def test_cancel_asks_first_and_get_changes_nothing():
    event = make_event()
    client = login(make_member())
    client.post(page("register", event), {"one_click": "1"})
    assert client.get(page("cancel", event)).status_code == 200
    assert event.registrations.get().status == "confirmed"
    client.post(page("cancel", event))
    assert event.registrations.get().status == "cancelled"
    response = client.post(page("cancel", event), follow=True)
    assert (response.status_code, "Je bent niet aangemeld" in text(response)) == (200, True)


def test_register_a_colleague_and_undo_it():
    organisation = make_organisation(domain="proef.example")
    me = make_member(organisation=organisation)
    colleague = make_member(organisation=organisation, email="bo@proef.example", name="Bo Proef")
    event = make_event()
    client = login(me)
    client.post(page("colleague", event), {"email": "BO@proef.example", "name": "Bo"})
    registration = event.registrations.get()
    assert (registration.person, registration.registered_by) == (colleague, me)
    assert "Bo Proef" in text(client.get(page("colleague", event)))
    client.post(page("cancel_for", event, registration.pk))
    assert event.registrations.get().status == "cancelled"


def test_register_somebody_of_another_organisation_gets_a_sentence_and_keeps_the_form():
    me = make_member(organisation=make_organisation(domain="proef.example"))
    stranger = make_member(email="vreemd@elders.example")
    response = login(me).post(page("colleague", make_event()), {"email": stranger.email, "name": "Vreemd"})
    unknown = login(me).post(page("colleague", make_event()), {"email": "niemand@elders.example", "name": "Vreemd"})
    assert response.status_code == unknown.status_code == 200
    assert response.context["form"].errors == unknown.context["form"].errors != {}
    assert "vreemd@elders.example" in text(response)
    assert not Registration.objects.exists()


def test_hand_over_to_a_new_colleague_of_the_same_domain():
    me = make_member(organisation=make_organisation(domain="proef.example"))
    event = make_event(capacity=1)
    client = login(me)
    client.post(page("register", event), {"one_click": "1"})
    client.post(page("hand_over", event), {"email": "nieuw@proef.example", "name": "Nieuwe Collega"})
    assert list(event.registrations.order_by("pk").values_list("person__name", "status")) == [
        (me.name, "cancelled"),
        ("Nieuwe Collega", "confirmed"),
    ]


def test_participants_see_names_of_who_agreed_and_managers_see_everyone():
    sector = make_sector()
    event = make_event(sectors=[sector])
    shy, open_person, me = make_member(name="Verlegen Vos"), make_member(name="Open Otter"), make_member()
    operations.register(event=event, person=shy, dietary_wish="geen vis")
    operations.register(event=event, person=open_person, name_visible=True)
    assert login(me).get(page("participants", event)).status_code == 404
    operations.register(event=event, person=me)
    seen = text(login(me).get(page("participants", event)))
    assert ("Open Otter" in seen, "Verlegen Vos" in seen, "geen vis" in seen) == (True, False, False)
    seen = text(login(make_programme_manager(sector)).get(page("participants", event)))
    assert ("Open Otter" in seen, "Verlegen Vos" in seen, "geen vis" in seen) == (True, True, True)
    assert login(make_programme_manager(make_sector())).get(page("participants", event)).status_code == 404


def test_manager_adds_somebody_after_closing():
    sector = make_sector()
    event = make_event(sectors=[sector], registration_closes=timezone.now() - timedelta(hours=1))
    guest = make_person(email="gast@elders.example")
    client = login(make_programme_manager(sector))
    unknown = client.post(page("participants", event), {"email": "wie@elders.example"})
    assert "We kennen niemand met dit adres." in text(unknown)
    client.post(page("participants", event), {"email": "gast@elders.example"})
    assert event.registrations.get().person == guest
    member = login(make_member())
    member.post(page("participants", event), {"email": "gast@elders.example"})
    assert event.registrations.count() == 1


def test_hidden_meetings_are_a_404_on_every_page_and_file():
    sector = make_sector()
    hidden = [
        make_event(status=Event.Status.DRAFT),
        make_event(audience=Event.Audience.HOSTS, sectors=[sector]),
    ]
    client = login(make_member())
    names = ["event", "register", "registration", "cancel", "colleague", "hand_over", "participants", "event_calendar"]
    answers = {(event.slug, name): client.get(page(name, event)).status_code for event in hidden for name in names}
    assert set(answers.values()) == {404}
    visitor = {name: Client().get(page(name, make_event(audience="members"))).status_code for name in names}
    assert visitor["event"] == visitor["event_calendar"] == 404
    assert {visitor[name] for name in names[1:-1]} == {302}


def test_somebody_elses_registration_is_a_404():
    event = make_event()
    theirs = operations.register(event=event, person=make_member())
    client = login(make_member())
    assert client.get(page("cancel_for", event, theirs.pk)).status_code == 404
    assert client.post(page("cancel_for", event, theirs.pk)).status_code == 404
    theirs.refresh_from_db()
    assert theirs.is_confirmed


def test_online_link_is_for_participants_only():
    event = make_event(online_url="https://overleg.example/kamer")
    participant = make_member()
    operations.register(event=event, person=participant)
    seen = {
        who: "overleg.example" in text(client.get(page("event", event)))
        for who, client in [("visitor", Client()), ("member", login(make_member())), ("in", login(participant))]
    }
    assert seen == {"visitor": False, "member": False, "in": True}


@pytest.mark.parametrize(
    "bad", ["\0", "x" * 100_000, "😀" * 50, "\u202eomgekeerd", "<script>alert(1)</script>", "{{ 7*7 }}"]
)
def test_odd_input_never_breaks_a_form(bad):
    event = make_event()
    block = make_block(event)
    make_session(block)
    organisation = make_organisation(domain="proef.example")
    client = login(make_member(organisation=organisation))
    answers = [
        client.post(page("register", event), {f"first_{block.pk}": bad, "dietary_wish": bad}),
        client.post(page("colleague", event), {"email": bad, "name": bad}),
        client.post(page("colleague", event), {"email": "nieuw@proef.example", "name": bad}),
        client.get(f"/agenda/{'x' * 500}/"),
    ]
    assert all(answer.status_code < 500 for answer in answers)
    assert "<script>alert" not in "".join(text(answer) for answer in answers)


def test_pages_of_mine_keep_their_query_count(django_assert_max_num_queries):
    person = make_member()
    client = login(person)
    counts = []
    for _ in range(2):
        for _ in range(len(counts) + 1):
            operations.register(event=make_event(sectors=[make_sector()]), person=person)
        with django_assert_max_num_queries(14) as queries:
            assert client.get(reverse("events:mine")).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_participant_list_keeps_its_query_count(django_assert_max_num_queries):
    sector = make_sector()
    event = make_event(sectors=[sector])
    block = make_block(event)
    session = make_session(block)
    client = login(make_programme_manager(sector))
    counts = []
    for _ in range(2):
        for _ in range(len(counts) + 1):
            registration = operations.register(event=event, person=make_member())
            registration.choices.create(block=block, first=session, seat=session)
        with django_assert_max_num_queries(14) as queries:
            client.get(page("participants", event))
        counts.append(len(queries))
    assert counts[0] == counts[1]

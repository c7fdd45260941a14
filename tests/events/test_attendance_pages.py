from datetime import timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from events import door
from events.models import Event
from knowledge_groups.models import GroupMembership
from members.models import Person
from noord.administration.groups import EVENT_MANAGER
from tests.factories import (
    amsterdam,
    make_block,
    make_chair,
    make_event,
    make_group,
    make_member,
    make_organisation,
    make_participant,
    make_person,
    make_programme_manager,
    make_registration,
    make_sector,
    make_session,
)

pytestmark = pytest.mark.django_db
START = amsterdam(2026, 12, 17, 13, 30)
PAGES = ["attendance", "attendance_code", "attendance_paper", "badges"]


@pytest.fixture(autouse=True)
def _on_the_day():
    with time_machine.travel(START - timedelta(minutes=20), tick=False):
        yield


@pytest.fixture
def sector():
    return make_sector()


@pytest.fixture
def event(sector):
    return make_event(
        slug="tolbert", title="Tolbert", sectors=[sector], start=START, end=START + timedelta(hours=3), capacity=50
    )


def client_of(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def client(sector):
    return client_of(make_programme_manager(sector))


def page(client: Client, name: str, query: str = "") -> str:
    response = client.get(reverse(f"events:{name}", args=["tolbert"]) + query)
    assert response.status_code == 200
    return response.content.decode()


def door_url(event: Event, **moved) -> str:
    day = timezone.localdate() + timedelta(**moved)
    return reverse("events:check_in", args=[event.slug, door.door_token(event, day)])


def mark(client: Client, registration, attended: str = "1", **options):
    data = {"registration": registration.pk, "attended": attended}
    return client.post(reverse("events:attendance", args=["tolbert"]), data, **options)


def test_pages_at_the_door_are_for_who_manages_the_meeting(event, sector):
    registered = make_registration(event).person
    other = make_programme_manager(make_sector())
    for person in (make_person(), make_member(), registered, make_chair(sector), other):
        client = client_of(person)
        for name in PAGES:
            assert client.get(reverse(f"events:{name}", args=["tolbert"])).status_code == 404
        assert mark(client, event.registrations.get()).status_code == 404
        assert "Noteer wie er is" not in client.get(reverse("events:participants", args=["tolbert"])).content.decode()
    for name in PAGES:
        assert Client().get(reverse(f"events:{name}", args=["tolbert"])).status_code == 302
    assert event.registrations.get().attended_at is None
    administrator = Person.objects.create_superuser("beheer@noord.example", name="Beheer")
    for client in (client_of(make_programme_manager(sector)), client_of(administrator)):
        for name in PAGES:
            assert client.get(reverse(f"events:{name}", args=["tolbert"])).status_code == 200


@pytest.mark.parametrize("name", [*PAGES, "participants"])
def test_pages_at_the_door_ask_as_much_at_one_row_as_at_three(client, event, name):
    block = make_block(event)
    session = make_session(block)

    def ask() -> int:
        with CaptureQueriesContext(connection) as queries:
            page(client, name)
        return len(queries)

    def add(**fields) -> None:
        registration = make_registration(event, **fields)
        registration.choices.create(block=block, first=session, seat=session)

    add()
    ask()
    first = ask()
    add()
    add(status="waiting")
    # The waiting list asks whether this person may give a seat in the administration: once, however long it is.
    assert ask() - first <= 1
    assert first < 20


def test_attendance_counts_searches_and_shows_who_waits(client, event):
    organisation = make_organisation(name="gemeente Noordenveld")
    make_registration(event, make_member(name="Anna Aanwezig"), attended_at=timezone.now(), attendance_source="hand")
    make_registration(event, make_member(name="Bert Buiten", organisation=organisation))
    make_registration(event, make_member(name="Wil Wacht"), status="waiting")
    make_registration(event, make_member(name="Af Gemeld"), status="cancelled")
    everybody = page(client, "attendance")
    assert "<span data-there>1</span> van <span data-all>2</span>" in everybody
    assert [name in everybody for name in ("Anna", "Bert", "Wil Wacht", "Af Gemeld")] == [True, True, True, False]
    assert everybody.count('name="attended" value="1"') == everybody.count('name="attended" value="0"') == 1
    found = page(client, "attendance", "?q=noordenVELD")
    assert [name in found for name in ("Anna", "Bert", "Wil Wacht")] == [False, True, False]
    assert "<span data-there>1</span> van <span data-all>2</span>" in found


def test_mark_by_form_comes_back_at_the_same_line(client, event):
    registration = make_registration(event)
    response = client.post(
        reverse("events:attendance", args=["tolbert"]),
        {"registration": registration.pk, "attended": "1", "q": "noord & zuid"},
    )
    assert response["Location"] == f"/agenda/tolbert/aanwezig/?q=noord+%26+zuid#aanmelding-{registration.pk}"
    registration.refresh_from_db()
    assert (registration.attended_at, registration.attendance_source) == (timezone.now(), "hand")


def test_mark_by_script_counts_and_may_come_twice(client, event):
    registration, waiting = (
        make_registration(event),
        make_registration(event, make_member(name="Wil"), status="waiting"),
    )
    as_json = {"headers": {"accept": "application/json"}}
    for _ in range(2):
        assert mark(client, registration, **as_json).json() == {"there": 1, "all": 1}
    for _ in range(2):
        assert mark(client, registration, "0", **as_json).json() == {"there": 0, "all": 1}
    refused = mark(client, waiting, **as_json)
    assert (refused.status_code, refused.json()) == (
        409,
        {"reason": "Wil staat op de wachtlijst. Geef eerst een plek."},
    )
    assert "Wil staat op de wachtlijst" in mark(client, waiting, follow=True).content.decode()


@pytest.mark.parametrize("number", ["", "x", "9" * 30, "-1", "²"])
def test_mark_what_cannot_exist_is_not_found(client, event, number):
    data = {"registration": number, "attended": "1"}
    assert client.post(reverse("events:attendance", args=["tolbert"]), data).status_code == 404


def test_mark_somebody_of_another_meeting_is_not_found(client, event):
    assert mark(client, make_registration(make_event())).status_code == 404


def test_attendance_before_the_day_shows_no_buttons(client, event):
    make_registration(event)
    with time_machine.travel(START - timedelta(days=2)):
        early = page(client, "attendance")
    assert "vanaf de dag van de bijeenkomst" in early
    assert 'name="attended"' not in early


def test_code_at_the_door_leads_to_todays_page(client, event, settings):
    settings.SITE_URL = "https://noord.example"
    _size, path = door.draw_code("https://noord.example" + door_url(event))
    assert f'd="{path}"' in page(client, "attendance_code")


def test_check_in_asks_one_press_and_a_look_changes_nothing(event):
    registration = make_registration(event)
    client = client_of(registration.person)
    for _ in range(2):
        assert "Ik ben er</button>" in client.get(door_url(event)).content.decode()
    registration.refresh_from_db()
    assert registration.attended_at is None
    after = client.post(door_url(event), follow=True).content.decode()
    assert "Welkom! We weten sinds 13.10 uur dat je er bent." in after
    assert "<button" not in after.partition("<main")[2]
    registration.refresh_from_db()
    assert registration.attendance_source == "qr"
    with time_machine.travel(START):
        assert "sinds 13.10 uur" in client.post(door_url(event), follow=True).content.decode()


def test_check_in_of_a_visitor_goes_by_the_login_and_back(event):
    url = door_url(event)
    assert Client().get(url)["Location"] == f"/account/login/?next={url}"


@pytest.mark.parametrize("days", [-1, 1])
def test_check_in_with_a_code_of_another_day_is_refused(event, days):
    registration = make_registration(event)
    client = client_of(registration.person)
    for response in (client.get(door_url(event, days=days)), client.post(door_url(event, days=days))):
        assert "Deze code is van een andere dag." in response.content.decode()
    registration.refresh_from_db()
    assert registration.attended_at is None


def test_check_in_with_yesterdays_code_of_a_meeting_that_moved_is_refused(event):
    registration = make_registration(event)
    old = door_url(event)
    Event.objects.filter(pk=event.pk).update(start=START + timedelta(days=1), end=START + timedelta(days=1, hours=3))
    with time_machine.travel(START + timedelta(days=1)):
        client = client_of(registration.person)
        assert "van een andere dag" in client.post(old).content.decode()
        assert "Ik ben er</button>" in client.get(door_url(event)).content.decode()


def test_check_in_with_a_made_up_code_or_that_of_another_meeting_is_not_found_or_says_nothing(event):
    client = client_of(make_registration(event).person)
    url = door_url(event)
    assert client.get(url.replace("20261217", "20261216")).status_code == 404
    assert client.get("/agenda/tolbert/ik-ben-er/onzin/").status_code == 404
    closed = make_event(slug="besloten", title="Geheim", audience="hosts", start=START, end=START + timedelta(hours=1))
    said = client.get(door_url(closed)).content.decode()
    assert "Je bent niet aangemeld voor deze bijeenkomst. Ga naar de ontvangst" in said
    assert "Geheim" not in said


def test_check_in_of_somebody_without_a_registration_says_where_to_go(event):
    client = client_of(make_member())
    assert "Meld je eerst aan op de pagina" in client.get(door_url(event)).content.decode()
    with time_machine.travel(START + timedelta(minutes=5)):
        for response in (client.get(door_url(event)), client.post(door_url(event))):
            assert "Ga naar de ontvangst: daar kunnen ze je aanmelden." in response.content.decode()
    assert not event.registrations.exists()


def test_paper_and_badges_carry_name_organisation_and_sessions(client, event):
    block = make_block(event)
    session = make_session(block, title="Het <b>Kindpakket</b>")
    person = make_member(name="Anna Aanwezig", organisation=make_organisation(name="gemeente Noordenveld"))
    make_registration(event, person, dietary_wish="geen noten").choices.create(
        block=block, first=session, seat=session
    )
    make_registration(event, make_member(name="Wil Wacht"), status="waiting")
    for name in ("attendance_paper", "badges"):
        text = page(client, name)
        for part in ("Anna Aanwezig", "gemeente Noordenveld", "Het &lt;b&gt;Kindpakket&lt;/b&gt;"):
            assert part in text
        for part in ("Wil Wacht", "geen noten", person.email):
            assert part not in text


def test_participants_page_leads_to_the_door_and_says_why_nobody_is_promoted(client, event):
    Event.objects.filter(pk=event.pk).update(capacity=1)
    make_registration(event)
    assert "Er is geen plek vrij" not in page(client, "participants")
    make_registration(event, status="waiting")
    text = page(client, "participants")
    assert "Er is geen plek vrij (plekken: 1, bezet: 1)." in text
    for name in PAGES:
        assert reverse(f"events:{name}", args=["tolbert"]) in text


@pytest.fixture
def event_manager() -> Client:
    """Return somebody of the permission group, who has no role anywhere."""
    person = make_person(is_staff=True)
    person.groups.add(Group.objects.get(name=EVENT_MANAGER))
    return client_of(person)


@pytest.mark.parametrize("status", ["published", "draft"])
def test_event_manager_gets_every_page_of_every_meeting(event_manager, event, status):
    Event.objects.filter(pk=event.pk).update(audience="hosts", status=status)
    for name in [*PAGES, "participants", "event", "invitations"]:
        assert event_manager.get(reverse(f"events:{name}", args=["tolbert"])).status_code == 200, name
    assert event_manager.post(reverse("events:export", args=["tolbert"]), {"kind": "csv"}).status_code == 200
    notice = event_manager.get(reverse("events:change_notice", args=["tolbert"]))
    assert (notice.status_code, notice.url) == (302, event.get_absolute_url())
    if status == "published":
        registration = make_registration(event)
        assert mark(event_manager, registration).status_code == 302
        registration.refresh_from_db()
        assert registration.attended_at


@pytest.mark.parametrize("rights", [["change_event"], ["change_registration"], ["view_event", "view_registration"]])
def test_somebody_with_less_than_all_rights_over_meetings_does_not_get_them(event, rights):
    Event.objects.filter(pk=event.pk).update(audience="hosts")
    person = make_person(is_staff=True)
    person.user_permissions.set(Permission.objects.filter(content_type__app_label="events", codename__in=rights))
    for name in [*PAGES, "participants"]:
        assert client_of(person).get(reverse(f"events:{name}", args=["tolbert"])).status_code == 404


def test_pages_ask_the_second_factor_of_who_works_in_the_administration(client, event_manager, event, settings):
    settings.STAFF_MFA_REQUIRED = True
    participants = reverse("events:participants", args=["tolbert"])
    ways = {}
    for name in [*PAGES, "participants", "change_notice"]:
        here = reverse(f"events:{name}", args=["tolbert"]) + "?q=a+b"
        ways["get", here] = here
    for name in ["attendance", "participants", "change_notice", "export"]:
        ways["post", reverse(f"events:{name}", args=["tolbert"])] = participants
    registration = make_registration(event)
    data = {"kind": "csv", "registration": registration.pk, "attended": "1", "email": "x@noord.example"}
    for one in (client, event_manager):
        for (method, here), back in ways.items():
            response = getattr(one, method)(here, data if method == "post" else None)
            expected = f"{reverse('admin:login')}?{urlencode({'next': back})}"
            assert (response.status_code, response.url) == (302, expected)
    registration.refresh_from_db()
    assert (registration.attended_at, event.registrations.count()) == (None, 1)


def test_pages_open_with_a_second_factor_and_for_a_lead_without_the_administration(sector, event, settings):
    settings.STAFF_MFA_REQUIRED = True
    group = make_group()
    event.groups.add(group)
    lead = make_participant(group)
    group.memberships.update(role=GroupMembership.Role.LEAD)
    secured = make_programme_manager(sector)
    TOTP.activate(secured, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    proven = client_of(secured)
    session = proven.session
    session["account_authentication_methods"] = [{"method": "mfa", "at": timezone.now().timestamp() + 1}]
    session["account_authentication_methods_user"] = str(secured.pk)
    session.save()
    for one in (client_of(lead), proven):
        for name in [*PAGES, "participants"]:
            assert one.get(reverse(f"events:{name}", args=["tolbert"])).status_code == 200
        assert one.post(reverse("events:export", args=["tolbert"]), {"kind": "csv"}).status_code == 200


def test_participant_who_works_in_the_administration_sees_the_names_as_everybody_does(event, settings):
    settings.STAFF_MFA_REQUIRED = True
    elsewhere = make_programme_manager(make_sector())
    make_registration(event, elsewhere)
    assert client_of(elsewhere).get(reverse("events:participants", args=["tolbert"])).status_code == 200

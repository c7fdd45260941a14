"""At the door with a phone: a connection that goes, the code that people scan, and what comes out of the printer."""

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, expect

from events import door
from events.models import Event, Registration
from tests.browser.visitor import LOOKS, Visitor
from tests.factories import (
    make_block,
    make_event,
    make_member,
    make_organisation,
    make_programme_manager,
    make_registration,
    make_sector,
    make_session,
)

pytestmark = pytest.mark.browser
NAMES = ["Anna Aanwezig", "Bert Buiten", "Carla Colleague"]


@pytest.fixture
def sector(transactional_db):
    return make_sector()


@pytest.fixture
def event(sector) -> Event:
    start = timezone.now() + timedelta(minutes=30)
    event = make_event(slug="middag", title="Een middag in Tolbert", sectors=[sector], start=start, capacity=3)
    block = make_block(event)
    session = make_session(block, title="Het Kindpakket")
    organisation = make_organisation(name="gemeente Noordenveld")
    for name in NAMES:
        registration = make_registration(event, make_member(name=name, organisation=organisation))
        registration.choices.create(block=block, first=session, seat=session)
    make_registration(event, make_member(name="Wil Wacht"), status="waiting")
    return event


@pytest.fixture
def manager(sector):
    return make_programme_manager(sector)


def row(visitor: Visitor, name: str) -> Locator:
    return visitor.page.locator(".n-tick").filter(has_text=name)


def present(event: Event) -> list[str]:
    there = event.registrations.filter(attended_at__isnull=False).order_by("person__name")
    return list(there.values_list("person__name", flat=True))


def stored(visitor: Visitor) -> str | None:
    return visitor.page.evaluate("Object.keys(localStorage).map(key => localStorage.getItem(key))[0] ?? null")


def wait_for_storage(visitor: Visitor, lines: int) -> None:
    """Wait until so many meetings have something that is not sent; the CSP allows Playwright no wait of its own."""
    for _ in range(200):
        if visitor.page.evaluate("localStorage.length") == lines:
            return
        visitor.page.wait_for_timeout(50)
    raise AssertionError(stored(visitor))


def counts(visitor: Visitor, text: str) -> None:
    expect(visitor.page.get_by_text(re.compile(rf"^{text} zijn er$"))).to_be_visible()


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_note_attendance_over_a_connection_that_goes(
    visitor: Callable[..., Visitor], event: Event, manager, colours: str
):
    phone = visitor(manager, width=390, color_scheme=colours)
    phone.visit("/agenda/middag/aanwezig/")
    phone.photograph(f"attendance-390-{colours}")
    for button in phone.page.locator(".n-tick button").all():
        assert button.bounding_box()["height"] >= 44
        assert button.bounding_box()["width"] >= 44

    row(phone, "Anna").get_by_role("button").click()
    expect(row(phone, "Anna").get_by_role("button", name=re.compile("^Toch niet"))).to_be_visible()
    counts(phone, "1 van 3")
    wait_for_storage(phone, 0)
    assert present(event) == ["Anna Aanwezig"]

    phone.context.set_offline(True)
    row(phone, "Bert").get_by_role("button").click()
    row(phone, "Carla").get_by_role("button").click()
    row(phone, "Anna").get_by_role("button").click()
    expect(phone.page.get_by_role("status")).to_have_text(re.compile("^3 nog niet verstuurd"))
    expect(row(phone, "Bert")).to_contain_text("nog niet verstuurd")
    counts(phone, "2 van 3")
    assert present(event) == ["Anna Aanwezig"]
    assert not re.search("[A-Za-z]{6}", stored(phone))  # numbers, true and false: no name
    phone.complaints = [text for text in phone.complaints if "ERR_INTERNET_DISCONNECTED" not in text]
    phone.check(LOOKS)
    phone.photograph(f"attendance-offline-390-{colours}")

    phone.context.set_offline(False)
    wait_for_storage(phone, 0)
    expect(phone.page.get_by_role("status")).to_be_hidden()
    assert present(event) == ["Bert Buiten", "Carla Colleague"]
    counts(phone, "2 van 3")
    phone.visit("/agenda/middag/aanwezig/")
    counts(phone, "2 van 3")


def test_what_was_not_sent_survives_a_closed_page_and_comes_twice_without_harm(
    visitor: Callable[..., Visitor], event: Event, manager
):
    phone = visitor(manager, width=390)
    phone.visit("/agenda/middag/aanwezig/")
    phone.context.set_offline(True)
    row(phone, "Bert").get_by_role("button").click()
    wait_for_storage(phone, 1)
    phone.complaints = []
    phone.context.set_offline(False)
    # Somebody else has noted it meanwhile.
    moment = timezone.now() - timedelta(minutes=3)
    bert = event.registrations.filter(person__name="Bert Buiten")
    bert.update(attended_at=moment, attendance_source="qr")
    phone.visit("/agenda/middag/aanwezig/")
    wait_for_storage(phone, 0)
    bert = bert.get()
    assert (bert.attended_at, bert.attendance_source) == (moment, "qr")


def test_what_the_portal_refuses_is_said_and_taken_back(visitor: Callable[..., Visitor], event: Event, manager):
    phone = visitor(manager, width=390)
    phone.visit("/agenda/middag/aanwezig/")
    bert = event.registrations.get(person__name="Bert Buiten")
    Registration.objects.filter(pk=bert.pk).update(status="cancelled")
    row(phone, "Bert").get_by_role("button").click()
    expect(phone.page.get_by_role("alert")).to_contain_text("Bert Buiten heeft zich afgemeld.")
    expect(row(phone, "Bert").get_by_role("button", name=re.compile("^Is er"))).to_be_visible()
    counts(phone, "0 van 3")
    assert stored(phone) is None


def test_logged_out_keeps_what_was_not_sent_until_the_next_login(
    visitor: Callable[..., Visitor], event: Event, manager
):
    phone = visitor(manager, width=390)
    phone.visit("/agenda/middag/aanwezig/")
    cookies = phone.context.cookies()
    phone.context.clear_cookies()
    row(phone, "Bert").get_by_role("button").click()
    expect(phone.page.get_by_role("alert").filter(visible=True)).to_contain_text("Log opnieuw in")
    assert (stored(phone) is not None, present(event)) == (True, [])
    phone.complaints = []
    phone.context.add_cookies(cookies)
    phone.visit("/agenda/middag/aanwezig/")
    wait_for_storage(phone, 0)
    assert present(event) == ["Bert Buiten"]


def test_search_as_one_types(visitor: Callable[..., Visitor], event: Event, manager):
    phone = visitor(manager, width=390)
    phone.visit("/agenda/middag/aanwezig/")
    phone.page.get_by_label("Zoek een naam of organisatie").fill("BERT")
    expect(phone.page.locator(".n-tick").filter(visible=True)).to_have_count(1)
    phone.page.get_by_label("Zoek een naam of organisatie").fill("noordenveld")
    expect(phone.page.locator(".n-tick").filter(visible=True)).to_have_count(3)


def test_note_attendance_without_javascript(visitor: Callable[..., Visitor], event: Event, manager):
    phone = visitor(manager, width=390, javascript=False)
    phone.visit("/agenda/middag/aanwezig/?q=bert")
    phone.click("Is er Bert Buiten")
    assert urlsplit(phone.page.url).query == "q=bert"
    counts(phone, "1 van 3")
    assert present(event) == ["Bert Buiten"]
    phone.click("Toch niet Bert Buiten")
    counts(phone, "0 van 3")


def test_scan_the_code_log_in_and_press_one_button(visitor: Callable[..., Visitor], event: Event):
    person = make_member(name="Dirk Deur", email="dirk@voorbeeld.example", password="noord-proef-1")
    Event.objects.update(capacity=9)
    make_registration(event, person)
    phone = visitor(width=390)
    phone.visit(f"/agenda/middag/ik-ben-er/{door.door_token(event, timezone.localdate(event.start))}/")
    phone.fill("E-mailadres", person.email)
    phone.fill("Wachtwoord", "noord-proef-1")
    phone.click("Inloggen", within="main form")
    assert present(event) == []
    phone.click("Ik ben er", within="main form")
    phone.sees("Welkom! We weten sinds")
    assert present(event) == ["Dirk Deur"]
    phone.photograph("check-in-390")


def test_door_pages_fit_a_phone_and_a_screen(visitor: Callable[..., Visitor], event: Event, manager):
    for width, colours in ((390, "dark"), (1280, "light")):
        screen = visitor(manager, width=width, color_scheme=colours)
        for path in ("aanwezig/code/", "aanwezig/lijst/", "badges/", "deelnemers/"):
            screen.visit(f"/agenda/middag/{path}")
            screen.photograph(f"door-{path.replace('/', '-')}{width}")


def test_badges_and_list_print_without_menus(visitor: Callable[..., Visitor], event: Event, manager):
    screen = visitor(manager)
    screen.visit("/agenda/middag/badges/")
    screen.page.emulate_media(media="print")
    badges = screen.page.locator(".n-badges li")
    expect(badges).to_have_count(3)
    for badge in badges.all():
        assert badge.evaluate("badge => getComputedStyle(badge).breakInside") == "avoid"
    for goes in (".n-top", ".n-foot", ".n-head", ".n-noprint"):
        expect(screen.page.locator(goes).filter(visible=True)).to_have_count(0)
    screen.sees("Anna Aanwezig", "gemeente Noordenveld", "Het Kindpakket")
    screen.visit("/agenda/middag/aanwezig/lijst/")
    screen.page.emulate_media(media="print")
    expect(screen.page.locator("h1")).to_be_visible()
    expect(screen.page.locator(".n-paper tbody tr")).to_have_count(3)


def test_export_is_a_download(visitor: Callable[..., Visitor], event: Event, manager):
    screen = visitor(manager)
    screen.visit("/agenda/middag/deelnemers/")
    with screen.page.expect_download() as download:
        screen.page.get_by_role("button", name="Exporteer voor Excel").click()
    assert download.value.suggested_filename == "middag.xlsx"


def test_registrations_in_the_administration(visitor: Callable[..., Visitor], event: Event, manager):
    """What is done by hand there, at both widths: only axe and the width, for these pages are Django's own."""
    waiting = event.registrations.get(status="waiting")
    sits = event.registrations.confirmed().first()
    start = "/beheer/events/registration/"
    for width, colours in ((390, "dark"), (1280, "light")):
        screen = visitor(manager, width=width, color_scheme=colours)
        for path in (
            f"?event__id__exact={event.pk}",
            f"add/?event__id__exact={event.pk}",
            f"{waiting.pk}/plek/",
            f"{sits.pk}/sessie/",
            f"{sits.pk}/change/",
        ):
            screen.page.goto(start + path)
            assert (
                screen.find_axe_violations({**LOOKS, "runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}) == []
            )
            wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert screen.page.evaluate(wide) <= 0
            screen.photograph(f"registrations-{re.sub(r'[^a-z]+', '-', path.partition('?')[0])}{width}")
    screen.page.goto(f"{start}{waiting.pk}/plek/")
    screen.page.get_by_label("Reden").fill("Geeft de workshop")
    screen.page.get_by_role("button", name="Geef een plek").click()
    expect(screen.page.get_by_text("Wil Wacht heeft een plek en krijgt daar een mail over.")).to_be_visible()
    expect(screen.page.get_by_text("Kreeg een plek buiten de volgorde: Geeft de workshop")).to_be_visible()

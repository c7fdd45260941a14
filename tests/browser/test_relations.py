"""A programme manager and her relations, from a first talk to a membership, on a phone: nothing that axe finds."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from members.models import ContactMoment, Organisation, Person
from members.operations import move_prospect, record_contact
from tests.browser.administration import check
from tests.browser.visitor import HEIGHT, Visitor
from tests.factories import make_organisation

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def manager(demo: None) -> Person:
    return Person.objects.get(email="programmamanager@noord.example")


@pytest.fixture
def browser(manager: Person, visitor: Callable[..., Visitor]) -> Visitor:
    return visitor(manager, width=390)


def test_contact_is_recorded_and_its_step_done_on_a_phone(browser: Visitor):
    organisation = Organisation.objects.members_on().get(slug__contains="westerkwartier")
    page = browser.page
    page.goto(f"/beheer/members/organisation/{organisation.pk}/relatie/")
    check(browser)
    page.set_viewport_size({"width": 390, "height": HEIGHT})
    page.locator("#id_note").fill("Gebeld over Tolbert.")
    page.locator("#id_next_step").fill("Agenda sturen")
    page.locator("#contact input[type=submit]").click()
    expect(page.locator("#contact .errornote")).to_be_visible()
    expect(page.locator("#id_note")).to_have_value("Gebeld over Tolbert.")
    check(browser)
    page.locator("#id_next_on").fill("2099-01-01")
    page.locator("#contact input[type=submit]").click()
    expect(page.locator(".relation-timeline li").filter(has_text="Gebeld over Tolbert.")).to_be_visible()
    check(browser)

    page.goto("/beheer/members/contactmoment/volgende-stappen/")
    check(browser)
    page.locator("button[formaction]").click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    assert not ContactMoment.objects.open_steps().exists()
    expect(page.locator("button[formaction]")).to_have_count(0)


def test_vacant_role_is_filled_from_the_start_page_on(browser: Visitor, manager: Person):
    page = browser.page
    page.goto("/beheer/")
    check(browser)
    page.locator("[data-relations] [data-todo=vacancies] a").click()
    check(browser)
    page.locator("#result_list tbody a").first.click()
    expect(page.locator(".relation-vacancies li")).to_have_count(1)
    check(browser)
    page.set_viewport_size({"width": 390, "height": HEIGHT})
    role = page.locator(".relation-vacancies strong").inner_text()
    page.locator(".relation-vacancies .button").click()
    expect(page.locator("#id_role")).to_contain_text(role)
    check(browser)


def test_prospect_becomes_a_member_on_a_phone(browser: Visitor, manager: Person):
    organisation = make_organisation(is_member=False, name="gemeente Nieuw")
    move_prospect(organisation=organisation, stage="talked")
    record_contact(organisation=organisation, by=manager, kind="phone", note="Wil meedoen.")
    page = browser.page
    page.goto("/beheer/members/organisation/mogelijke-leden/")
    check(browser)
    page.set_viewport_size({"width": 390, "height": HEIGHT})
    card = page.locator(".prospects-card").filter(has_text="gemeente Nieuw")
    card.locator("select").select_option("decided")
    card.locator("button").click()
    expect(page.locator("section[aria-labelledby=stage-decided] .prospects-card")).to_have_count(1)
    check(browser)
    card.locator("input[type=date]").fill("2026-01-01")
    card.locator("button").last.click()
    expect(page.locator(".relation-timeline")).to_be_visible()
    assert Organisation.objects.members_on().filter(pk=organisation.pk, prospect_since=None).exists()
    check(browser)


def test_list_of_organisations_and_their_data_have_no_fault(browser: Visitor):
    for path in ("", "?fase=alle", f"{Organisation.objects.members_on().first().pk}/change/"):
        browser.page.goto(f"/beheer/members/organisation/{path}")
        check(browser)
    for path in ("", "add/"):
        browser.page.goto(f"/beheer/members/contactmoment/{path}")
        check(browser)

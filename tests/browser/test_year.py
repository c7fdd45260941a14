"""Focal points across sectors, the year on paper, and asking to join a closed group."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from knowledge_groups.models import GroupMembership
from sectors.models import FocalPoint, SectorYear
from tests.browser.letters import Mailboxes
from tests.browser.visitor import Visitor
from tests.factories import (
    amsterdam,
    make_event,
    make_focal_point,
    make_group,
    make_member,
    make_organisation,
    make_sector,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Browsers = Callable[..., Visitor]
PHONE = 390


def test_partner_sector_shows_the_focal_point_and_its_result(visitor: Browsers):
    overheden, veiligheid = make_sector(name="Overheden", slug="overheden"), make_sector(name="Veiligheid")
    point = make_focal_point(
        overheden, year=2025, title="Digitale crisis", state=FocalPoint.State.ACTIVE, sectors=[veiligheid]
    )
    make_event(title="We oefenen een storing", sectors=[overheden]).focal_points.add(point)
    make_event(title="Opleiding crisis", kind="training", sectors=[overheden]).focal_points.add(point)
    reader = visitor(width=PHONE)
    reader.visit(veiligheid.get_absolute_url())
    reader.sees("Digitale crisis", "Speerpunt van de sector Overheden in 2025")
    reader.click("Digitale crisis")
    reader.sees("We oefenen een storing", "Opleiding crisis", "Wat we maakten of bereikten, staat hier aan het eind.")
    FocalPoint.objects.update(result="Een draaiboek voor de eerste uren.", state=FocalPoint.State.DONE)
    reader.click("sector Veiligheid")
    reader.sees("Een draaiboek voor de eerste uren.")
    reader.click("Resultaten", within="footer")
    reader.sees("2025", "Digitale crisis", "Een draaiboek voor de eerste uren.")
    reader.click("Digitale crisis")
    reader.click("2025")
    reader.sees("Overheden in 2025", "Een draaiboek voor de eerste uren.")


def test_member_asks_to_join_on_a_phone_and_the_coordinator_accepts(visitor: Browsers, mailboxes: Mailboxes):
    group = make_group(name="Informatiebeveiliging", slug="beveiliging", is_open=False)
    anna = make_member(
        email="anna@noord.example", name="Anna Proef", organisation=make_organisation(name="gemeente Emmen")
    )
    lead = make_member(email="lead@noord.example", name="Lidewij Proef")
    GroupMembership.objects.create(group=group, person=lead, role=GroupMembership.Role.COORDINATOR)
    make_event(title="Alleen voor de groep", groups=[group], audience="hosts")
    member, coordinator = visitor(anna, width=PHONE), visitor(lead, width=PHONE)

    member.visit("/kennisgroepen/beveiliging/")
    assert member.status_box.startswith("Deze groep is gesloten")
    member.sees_no("Alleen voor de groep")
    member.click("Vraag of je mee mag doen")
    member.fill("Waarom wil je meedoen?", "Ik leer graag van anderen.")
    member.click("Verstuur mijn vraag")
    assert member.status_box.startswith("Je hebt gevraagd of je mee mag doen")
    asked = mailboxes.take(lead.email)
    assert asked.subject == "Anna Proef vraagt om mee te doen met Informatiebeveiliging"
    assert "Ik leer graag van anderen." in asked.text
    assert "/kennisgroepen/beveiliging/#verzoeken" in asked.text

    coordinator.visit("/kennisgroepen/beveiliging/")
    coordinator.sees("Zij willen meedoen", "Anna Proef", "gemeente Emmen", "Ik leer graag van anderen.")
    coordinator.click("Laat meedoen Anna Proef")
    coordinator.sees("Anna Proef doet mee en krijgt een mail.")
    coordinator.sees_no("Zij willen meedoen")
    assert "Het antwoord is ja" in mailboxes.take(anna.email).text

    member.visit("/kennisgroepen/beveiliging/")
    assert member.status_box.startswith("Je doet mee")
    member.sees("Alleen voor de groep")
    member.click("Stop met deze groep")
    assert member.status_box.startswith("Deze groep is gesloten")
    assert mailboxes.are_empty()


def test_coordinator_says_no_with_a_reason_without_javascript(visitor: Browsers, mailboxes: Mailboxes):
    group = make_group(name="Informatiebeveiliging", slug="beveiliging", is_open=False)
    anna, lead = make_member(email="anna@noord.example", name="Anna Proef"), make_member(email="lead@noord.example")
    GroupMembership.objects.create(group=group, person=lead, role=GroupMembership.Role.LEAD)
    member, coordinator = visitor(anna, javascript=False), visitor(lead, javascript=False)

    member.visit("/kennisgroepen/beveiliging/verzoek/")
    member.click("Verstuur mijn vraag")
    mailboxes.take(lead.email)
    coordinator.visit("/kennisgroepen/beveiliging/")
    coordinator.click("Zeg nee Anna Proef")
    coordinator.click("Zeg nee")
    coordinator.sees("Er gaat 1 ding niet goed")
    coordinator.fill("Waarom niet?", "De groep is vol.")
    coordinator.click("Zeg nee")
    coordinator.sees("Anna Proef krijgt een mail met je antwoord.")
    assert "De reden: De groep is vol." in mailboxes.take(anna.email).text
    assert mailboxes.are_empty()


def test_year_prints_on_two_sheets(visitor: Browsers):
    sector = make_sector(name="Overheden", slug="overheden")
    SectorYear.objects.create(sector=sector, year=2025)
    for month in range(1, 9):
        make_event(
            title=f"Sectoroverleg {month}", kind="sector", sectors=[sector], start=amsterdam(2025, month, 9, 13)
        )
    for number in range(5):
        make_focal_point(sector, year=2025, title=f"Speerpunt {number}", result="Een draaiboek.", text="Samen leren.")
    reader = visitor()
    reader.visit("/sectoren/overheden/jaar/2025/")
    reader.sees("8 van 8 bijeenkomsten in 2025")
    reader.page.emulate_media(media="print", color_scheme="dark")
    for stays in ("h1", ".n-piles", ".n-item", ".n-tag"):
        expect(reader.page.locator(f"main {stays}").first).to_be_visible()
    for goes in (".n-top", ".n-foot", ".n-crumb", ".n-noprint", ".btn"):
        expect(reader.page.locator(goes).filter(visible=True)).to_have_count(0)
    colours = reader.page.locator(".n-date").first.evaluate("""block => [getComputedStyle(block).color,
        getComputedStyle(block).backgroundColor]""")
    assert colours == ["rgb(0, 0, 0)", "rgb(216, 231, 238)"]
    assert len(re.findall(rb"/Type\s*/Page\b", reader.page.pdf(format="A4"))) == 2

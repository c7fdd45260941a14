"""Members help each other: a colleague registers you, or takes your seat."""

from collections.abc import Callable

import pytest

from tests.browser.letters import Mailboxes
from tests.browser.visitor import Visitor
from tests.factories import make_block, make_event, make_member, make_organisation, make_person, make_session

pytestmark = pytest.mark.browser

Browsers = Callable[..., Visitor]


def test_register_a_colleague_who_cancels(visitor: Browsers, mailboxes: Mailboxes):
    organisation = make_organisation(name="gemeente Proefstad")
    anna = make_person(organisation=organisation, email="anna@noord.example", name="Anna Proef")
    bram = make_person(organisation=organisation, email="bram@noord.example", name="Bram Proef")
    make_event(title="Een middag in Emmen", slug="middag", capacity=20)
    member, colleague = visitor(anna), visitor(bram)

    member.visit("/agenda/middag/")
    member.click("Meld een collega aan")
    member.sees("Je collega moet werken bij gemeente Proefstad.")
    member.fill("Werkadres van je collega", bram.email)
    member.fill("Naam van je collega", bram.name)
    member.click("Meld mijn collega aan")
    member.sees("Bram Proef is aangemeld en krijgt een mail.", "Door jou aangemeld")
    invitation = mailboxes.take(bram.email)
    assert invitation.method == "REQUEST"
    assert "Anna Proef heeft je aangemeld. Wil je dat niet? Meld je dan zelf af." in invitation.text

    colleague.visit("/agenda/middag/")
    assert colleague.status_box.startswith("Je bent aangemeld")
    colleague.click("Wijzig of meld je af")
    colleague.sees("Anna Proef heeft je aangemeld. Wil je dat niet? Meld je dan zelf af.")
    colleague.click("Meld je af", within="aside")
    colleague.click("Meld je af")
    cancellation = mailboxes.take(bram.email)
    assert (cancellation.method, cancellation.uid) == ("CANCEL", invitation.uid)
    assert cancellation.sequence > invitation.sequence
    member.visit("/agenda/middag/collega/")
    member.sees_no("Door jou aangemeld")
    assert mailboxes.are_empty()


def test_undo_the_registration_of_a_colleague(visitor: Browsers, mailboxes: Mailboxes):
    organisation = make_organisation(domain="proefstad.example")
    anna = make_person(organisation=organisation, email="anna@proefstad.example")
    make_event(slug="middag")
    member = visitor(anna)

    member.visit("/agenda/middag/collega/")
    member.fill("Werkadres van je collega", "Nieuw@Proefstad.example")
    member.fill("Naam van je collega", "Nieuwe Collega")
    member.click("Meld mijn collega aan")
    invitation = mailboxes.take("nieuw@proefstad.example")
    member.click("Meld af Nieuwe Collega")
    member.sees("Nieuwe Collega krijgt hierover een mail.")
    member.click("Meld deze persoon af")
    member.sees("Nieuwe Collega doet niet meer mee.")
    cancellation = mailboxes.take("nieuw@proefstad.example")
    assert cancellation.subject.startswith("Je bent afgemeld door een ander")
    assert (cancellation.method, cancellation.uid) == ("CANCEL", invitation.uid)


def test_hand_over_a_seat_with_its_session(visitor: Browsers, mailboxes: Mailboxes):
    organisation = make_organisation()
    anna = make_person(organisation=organisation, email="anna@noord.example", name="Anna Proef")
    bram = make_person(organisation=organisation, email="bram@noord.example", name="Bram Proef")
    event = make_event(title="Een volle middag", slug="vol", capacity=1)
    make_session(make_block(event), title="Werken met gegevens", room="Zaal 3", capacity=1)
    member, colleague, stranger = visitor(anna), visitor(bram), visitor(make_member(email="vreemd@noord.example"))

    member.visit("/agenda/vol/")
    member.click("Meld je aan")
    member.choose("Werken met gegevens")
    member.click("Bewaar mijn keuze")
    stranger.visit("/agenda/vol/")
    stranger.click("Zet mij op de wachtlijst")
    mailboxes.server.reset()

    member.click("Wijzig of meld je af")
    member.click("Stuur een collega")
    member.sees("Jij doet dan niet meer mee. Jullie krijgen allebei een mail.")
    member.fill("Werkadres van je collega", bram.email)
    member.fill("Naam van je collega", bram.name)
    member.click("Stuur mijn collega")
    member.sees("Bram Proef komt in jouw plaats en krijgt een mail.")
    given, taken = mailboxes.take(anna.email), mailboxes.take(bram.email)
    assert (given.method, taken.method, given.uid) == ("CANCEL", "REQUEST", taken.uid)
    assert given.subject.startswith("Een collega neemt je plek over")
    assert "Anna Proef kan niet komen en gaf jou de plek." in taken.text
    assert "Werken met gegevens, Zaal 3" in taken.text

    colleague.visit("/agenda/vol/")
    assert "Je gaat naar de sessie Werken met gegevens." in colleague.status_box
    stranger.visit("/agenda/vol/")
    assert stranger.status_box.startswith("Je staat op de wachtlijst, plaats 1")
    assert mailboxes.are_empty()

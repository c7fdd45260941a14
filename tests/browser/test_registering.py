"""The main job: a member registers for a meeting, chooses a session, and finds it in mail and calendar."""

from collections.abc import Callable

import pytest

from events.models import Event
from members.models import Person
from noord.demo.people import PASSWORD
from tests.browser.letters import Mailboxes, read_event, read_events
from tests.browser.visitor import Visitor
from tests.factories import make_event, make_member

pytestmark = pytest.mark.browser

Browsers = Callable[..., Visitor]
KINDPAKKET = "De ontwikkeling van het Kindpakket"
INTERREG = "Internationale samenwerking (Interreg) en de digitale innovatiecultuur"


def test_register_with_a_session_choice(demo: None, visitor: Browsers, mailboxes: Mailboxes):
    event = Event.objects.get(slug="vervolgafspraak")
    address = "lid@noord.example"
    member = visitor()

    member.visit("/agenda/vervolgafspraak/")
    assert member.status_box.startswith("Je kunt je aanmelden Aanmelden kan tot en met ")
    assert member.status_box.endswith("Er zijn nog 60 plaatsen. Meld je aan")
    member.sees("Tegelijk: kies 1 sessie", KINDPAKKET, "Nog 30 van 30 plaatsen", INTERREG, "Nog 12 van 12 plaatsen")

    member.click("Meld je aan")
    assert member.path.startswith("/account/login/?next=")
    member.fill("E-mailadres", address)
    member.fill("Wachtwoord", PASSWORD)
    member.click("Inloggen", within="main form")
    assert member.path == "/agenda/vervolgafspraak/"

    member.click("Meld je aan")
    assert member.path == "/agenda/vervolgafspraak/mijn-aanmelding/"
    member.sees("Je bent aangemeld. Je krijgt een mail met alle gegevens.")
    confirmation = mailboxes.take(address)
    assert confirmation.subject.startswith(f"Je bent aangemeld: {event.title}, ")
    assert (confirmation.method, confirmation.event["STATUS"]) == ("REQUEST", "CONFIRMED")
    assert confirmation.event["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"
    assert confirmation.event["DTSTART"].dt == event.start
    assert confirmation.event["LOCATION"] == event.where

    member.choose(INTERREG)
    member.click("Bewaar mijn keuze")
    assert member.path == "/agenda/vervolgafspraak/"
    assert f"Je bent aangemeld Je gaat naar de sessie {INTERREG}." in member.status_box
    member.sees("Nog 11 van 12 plaatsen", "Jouw keuze")
    changed = mailboxes.take(address)
    assert (changed.method, changed.uid) == ("REQUEST", confirmation.uid)
    assert f"{INTERREG}, Zaal 2" in changed.text
    assert f"{INTERREG} (Zaal 2)" in changed.event["DESCRIPTION"]

    member.visit("/mijn/")
    member.sees("Je hebt 1 aanmelding.", event.title, f"Sessie: {INTERREG}.", "Je bent aangemeld")
    member.click("Maak mijn agenda-link")
    member.sees("Je agenda-link staat klaar.")
    webcal = member.control("Zet in mijn agenda").get_attribute("href")
    assert webcal.startswith("webcal://")
    feed = member.context.request.get(webcal.replace("webcal:", "http:"))
    (in_feed,) = read_events(feed.body())
    assert (in_feed["UID"], in_feed["STATUS"], "ATTENDEE" in in_feed) == (confirmation.uid, "CONFIRMED", False)
    again = member.context.request.get(feed.url, headers={"If-None-Match": feed.headers["etag"]})
    assert again.status == 304
    download = member.context.request.get("/agenda/vervolgafspraak.ics")
    assert read_event(download.body())["UID"] == confirmation.uid
    assert mailboxes.are_empty()


def test_wait_and_be_promoted(visitor: Browsers, mailboxes: Mailboxes):
    event = make_event(title="Een volle zaal", slug="vol", capacity=1)
    first, second = make_member(email="een@noord.example"), make_member(email="twee@noord.example")
    lucky, patient = visitor(first), visitor(second)

    lucky.visit("/agenda/vol/")
    assert "Er is nog 1 plaats." in lucky.status_box
    lucky.click("Meld je aan")
    assert mailboxes.take(first.email).event["STATUS"] == "CONFIRMED"

    patient.visit("/agenda/vol/")
    assert "De enige plaats is bezet. Je komt op plaats 1 van de wachtlijst." in patient.status_box
    patient.click("Zet mij op de wachtlijst")
    patient.sees("Je staat op de wachtlijst. Je krijgt een mail als er een plek vrij is.")
    patient.visit("/agenda/vol/")
    assert patient.status_box.startswith("Je staat op de wachtlijst, plaats 1")
    waiting = mailboxes.take(second.email)
    assert waiting.subject.startswith("Je staat op de wachtlijst: Een volle zaal")
    assert (waiting.method, waiting.event["STATUS"]) == ("REQUEST", "TENTATIVE")
    patient.visit("/mijn/")
    patient.sees("Je staat op 1 wachtlijst.", "Wachtlijst, plaats 1")

    lucky.visit("/agenda/vol/afmelden/")
    lucky.click("Meld je af")
    assert mailboxes.take(first.email).method == "CANCEL"

    promoted = mailboxes.take(second.email)
    assert promoted.subject.startswith("Er is een plek vrij: Een volle zaal")
    assert (promoted.method, promoted.event["STATUS"], promoted.uid) == ("REQUEST", "CONFIRMED", event.uid)
    patient.visit("/agenda/vol/")
    assert patient.status_box.startswith("Er is een plek vrij Je doet nu mee.")
    assert mailboxes.are_empty()


def test_cancel_and_press_every_button_again(visitor: Browsers, mailboxes: Mailboxes):
    make_event(title="Een middag in Assen", slug="middag")
    person: Person = make_member(email="lid@noord.example")
    member = visitor(person)
    member.visit("/agenda/middag/")
    member.click("Meld je aan")
    confirmation = mailboxes.take(person.email)
    elsewhere = visitor(person)  # the same person, with a page open that grows old
    elsewhere.visit("/agenda/middag/afmelden/")

    member.visit("/agenda/middag/")
    member.click("Wijzig of meld je af")
    member.click("Meld je af", within="aside")
    assert member.path == "/agenda/middag/afmelden/"
    member.sees("Je plek gaat meteen naar de eerste op de wachtlijst.")
    member.click("Meld je af")
    member.sees("Je bent afgemeld. Je plek is vrij voor een ander.")
    assert member.status_box.startswith("Je kunt je aanmelden")
    cancellation = mailboxes.take(person.email)
    assert cancellation.subject.startswith("Je bent afgemeld: Een middag in Assen")
    assert (cancellation.method, cancellation.event["STATUS"]) == ("CANCEL", "CANCELLED")
    assert (cancellation.uid, cancellation.sequence > confirmation.sequence) == (confirmation.uid, True)

    elsewhere.click("Meld je af")
    elsewhere.sees("Je bent niet aangemeld voor deze bijeenkomst.")
    member.go_back()
    member.visit("/agenda/middag/")
    elsewhere.visit("/agenda/middag/")
    assert mailboxes.are_empty()

    member.click("Meld je aan")
    returned = mailboxes.take(person.email)
    assert (returned.method, returned.sequence >= cancellation.sequence) == ("REQUEST", True)
    elsewhere.click("Meld je aan")
    assert elsewhere.path == "/agenda/middag/mijn-aanmelding/"
    elsewhere.sees("Je bent al aangemeld. Hier kun je dat wijzigen.")
    member.go_back()
    assert mailboxes.are_empty()

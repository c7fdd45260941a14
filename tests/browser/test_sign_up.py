"""From an e-mail address to an account, by a code that is typed; or to a friendly no."""

import re
from collections.abc import Callable

import pytest

from members.models import MembershipRequest, Person
from tests.browser.letters import Mailboxes
from tests.browser.visitor import Visitor
from tests.factories import make_organisation

pytestmark = pytest.mark.browser

Browsers = Callable[..., Visitor]
CODE = re.compile(r"^\d{4}-\d{4}$", re.MULTILINE)


def sign_up(visitor: Visitor, email: str, name: str) -> None:
    visitor.visit("/")
    visitor.click("Inloggen")
    visitor.click("Maak een account")
    visitor.fill("E-mailadres", email)
    visitor.fill("Naam", name)
    visitor.click("Maak een account", within="main form")


def test_sign_up_by_code_at_a_member(visitor: Browsers, mailboxes: Mailboxes):
    make_organisation(name="gemeente Proefstad", domain="proefstad.example")
    newcomer = visitor(width=390)

    sign_up(newcomer, "Nieuw@Proefstad.example", "Nieuwe Ambtenaar")
    newcomer.sees("Vul de code in", "We hebben de code gestuurd naar nieuw@proefstad.example.")
    letter = mailboxes.take("nieuw@proefstad.example")
    assert letter.subject == "Je code voor Samenwerking Noord"
    newcomer.fill("Code", "0000-0000")
    newcomer.click("Inloggen", within="main form")
    assert newcomer.page.title().startswith("Fout: ")
    newcomer.sees("Deze code klopt niet. Kijk in de laatste mail die je van ons kreeg.")

    newcomer.fill("Code", CODE.search(letter.text).group())
    newcomer.click("Inloggen", within="main form")
    assert newcomer.path == "/mijn/"
    newcomer.sees("Je hebt geen aanmeldingen.")
    newcomer.visit("/mijn/gegevens/")
    newcomer.sees("Je logt in met nieuw@proefstad.example.", "gemeente Proefstad")
    assert newcomer.field("Naam").input_value() == "Nieuwe Ambtenaar"
    assert mailboxes.are_empty()


def test_sign_up_at_an_organisation_that_is_no_member(visitor: Browsers, mailboxes: Mailboxes):
    stranger = visitor()

    sign_up(stranger, "iemand@elders.example", "Iemand Anders")
    stranger.sees("Je organisatie is nog geen lid", "De relatiemanager", "Zo wordt een organisatie lid")
    stranger.click("Stuur je vraag")
    assert stranger.page.title().startswith("Fout: ")
    stranger.fill("Je organisatie", "Stichting Elders")
    stranger.fill("Je bericht of vraag", "Mogen wij meedoen?")
    stranger.click("Stuur je vraag")
    stranger.sees("Dank je wel. De relatiemanager neemt contact met je op.")
    request = MembershipRequest.objects.get()
    assert (request.email, request.name) == ("iemand@elders.example", "Iemand Anders")
    assert (request.organisation_name, request.message) == ("Stichting Elders", "Mogen wij meedoen?")
    assert not Person.objects.exists()
    assert mailboxes.are_empty()

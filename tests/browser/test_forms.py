"""Bad input in every form: told in the title, on top and at the field; nothing that was typed is lost."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

Browsers = Callable[..., Visitor]
MEMBER, MANAGER = "lid@noord.example", "programmamanager@noord.example"
# What the fields hold: {label: text}. Somebody who is known elsewhere, or who writes in another script.
NO_ADDRESS = {"E-mailadres": "geen-adres"}
NO_COLLEAGUE = {"Werkadres van je collega": "geen adres", "Naam van je collega": "Ömer \u202bשלום"}


def check_refusal(visitor: Visitor, field_ids: list[str], kept: dict[str, str]) -> None:
    """The page says in four places what went wrong, and each link on top leads to its field."""
    page = visitor.page
    assert page.title().startswith("Fout: ")
    summary = page.locator("main [role=alert]")
    expect(summary).to_be_visible()
    assert summary.get_by_role("link").count() == len(field_ids)
    for field_id in field_ids:
        field = page.locator(f"#{field_id}")
        expect(field).to_have_attribute("aria-invalid", "true")
        link = summary.locator(f"a[href='#{field_id}']")
        assert error_of(field) == link.inner_text()
        link.click()
        expect(field).to_be_focused()
    for label, value in kept.items():
        assert visitor.field(label).input_value() == value


def error_of(field: Locator) -> str:
    """The error that a screen reader hears with the field."""
    return field.evaluate("""field => {
        const owner = field.closest("fieldset[aria-describedby]") ?? field;
        const ids = `${field.getAttribute("aria-describedby") ?? ""} ${owner.getAttribute("aria-describedby") ?? ""}`;
        return ids.split(" ").filter(id => id.includes("error")).map(id =>
            document.getElementById(id)?.innerText.trim()).filter(Boolean)[0] ?? "";
    }""")


@pytest.mark.parametrize(
    ("email", "path", "typed", "button", "field_ids"),
    [
        ("", "/account/login/", {"E-mailadres": "wie@noord.example"}, "Inloggen", ["id_password"]),
        ("", "/account/login/code/", NO_ADDRESS, "Mail mij een code", ["id_email"]),
        ("", "/account/signup/", NO_ADDRESS, "Maak een account", ["id_email", "id_name"]),
        ("", "/account/password/reset/", NO_ADDRESS, "Mail mij een code", ["id_email"]),
        (MEMBER, "/mijn/gegevens/", {"Naam": "", "Telefoonnummer": "050 - 123"}, "Sla je gegevens op", ["id_name"]),
        (MEMBER, "/agenda/vervolgafspraak/collega/", NO_COLLEAGUE, "Meld mijn collega aan", ["id_email"]),
        (MEMBER, "/agenda/lunchsessie-common-ground/overdragen/", NO_COLLEAGUE, "Stuur mijn collega", ["id_email"]),
        (MANAGER, "/agenda/vervolgafspraak/deelnemers/", NO_ADDRESS, "Voeg deze persoon toe", ["id_email"]),
    ],
)
def test_form_keeps_what_was_typed_when_it_refuses(
    look_in: Browsers, email: str, path: str, typed: dict[str, str], button: str, field_ids: list[str]
):
    visitor = look_in(email, width=390)
    visitor.visit(path)
    for label, value in typed.items():
        visitor.fill(label, value)
    visitor.click(button, within="main form")
    check_refusal(visitor, field_ids, typed)


def test_login_does_not_give_the_password_back(look_in: Browsers):
    visitor = look_in()
    visitor.visit("/account/login/")
    visitor.fill("E-mailadres", MEMBER)
    visitor.fill("Wachtwoord", "dit is het niet")
    visitor.click("Inloggen", within="main form")
    check_refusal(visitor, [], {"E-mailadres": MEMBER, "Wachtwoord": ""})
    visitor.sees("Het e-mailadres of het wachtwoord klopt niet.")


def test_choice_of_sessions_is_kept_when_it_cannot_be(look_in: Browsers):
    visitor = look_in(MEMBER, width=320)
    visitor.visit("/agenda/vervolgafspraak/aanmelden/")
    visitor.choose("De ontwikkeling van het Kindpakket")
    second = visitor.page.get_by_label("Tweede keuze")
    second.select_option(label="De ontwikkeling van het Kindpakket")
    visitor.fill("Eet je iets niet?", "🌶 en <b>noten</b>")
    visitor.click("Meld je aan", within="main form")
    check_refusal(visitor, [second.get_attribute("id")], {"Eet je iets niet?": "🌶 en <b>noten</b>"})
    visitor.sees("Kies een andere sessie als tweede keuze.")
    expect(visitor.page.get_by_role("radio", name="De ontwikkeling van het Kindpakket")).to_be_checked()
    assert second.locator("option:checked").inner_text() == "De ontwikkeling van het Kindpakket"


def test_stranger_is_no_colleague(look_in: Browsers):
    visitor = look_in(MEMBER)
    visitor.visit("/agenda/vervolgafspraak/collega/")
    typed = {"Werkadres van je collega": "iemand@elders.example", "Naam van je collega": "Een Vreemde"}
    for label, value in typed.items():
        visitor.fill(label, value)
    visitor.click("Meld mijn collega aan")
    check_refusal(visitor, [], typed)
    visitor.sees("Je kunt alleen mensen van je eigen organisatie aanmelden.")

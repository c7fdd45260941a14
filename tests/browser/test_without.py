"""The main job without a mouse, and without JavaScript."""

from collections.abc import Callable

import pytest

from tests.browser.letters import Mailboxes
from tests.browser.visitor import Visitor
from tests.factories import make_block, make_event, make_member, make_session

pytestmark = pytest.mark.browser

# What has the focus, and whether anybody can see that: an outline of 2 px or more, inside the window, not covered.
FOCUS = """async () => {
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));  // it scrolls there first
    const element = document.activeElement, style = getComputedStyle(element), box = element.getBoundingClientRect();
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return {
        name: (element.labels?.[0] ?? element).innerText.trim().split("\\n")[0],
        kind: element.type || element.localName,
        isOutlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        isInView: box.width > 0 && box.top >= 0 && Math.floor(box.bottom) <= innerHeight,
        isOnTop: element.contains(top) || top?.contains(element) || [...(element.labels ?? [])].includes(top),
    };
}"""


def tab_to(visitor: Visitor, name: str) -> None:
    """Press Tab until the control with this name has the focus, which must be seen at every stop."""
    stops = []
    for _ in range(60):
        visitor.page.keyboard.press("Tab")
        focus = visitor.page.evaluate(FOCUS)
        if focus["kind"] == "body":  # past the last one
            break
        stops.append(focus["name"])
        assert focus["isOutlined"], focus
        assert focus["isInView"], focus
        assert focus["isOnTop"], focus
        if focus["name"] == name:
            return
    raise AssertionError(f"{name} is not among {stops}")


def test_register_by_keyboard_alone(visitor: Callable[..., Visitor], mailboxes: Mailboxes):
    event = make_event(title="Een middag in Drachten", slug="middag")
    block = make_block(event)
    make_session(block, title="Werken met gegevens", capacity=5)
    make_session(block, title="Samen inkopen", capacity=5)
    person = make_member(email="lid@noord.example")
    member = visitor(person)

    member.visit("/agenda/middag/")
    member.page.keyboard.press("Tab")
    skip_link = member.page.evaluate(FOCUS)
    assert (skip_link["name"], skip_link["isOutlined"], skip_link["isInView"]) == ("Naar de inhoud", True, True)
    member.page.keyboard.press("Enter")
    assert member.page.evaluate("document.activeElement.id") == "inhoud"
    tab_to(member, "Meld je aan")
    member.press("Enter")
    assert mailboxes.take(person.email).method == "REQUEST"
    assert member.path == "/agenda/middag/mijn-aanmelding/"

    tab_to(member, "Geen sessie")  # the radio that is chosen takes the focus for its group
    member.page.keyboard.press("ArrowUp")
    member.page.keyboard.press("Space")
    assert member.page.evaluate(FOCUS)["name"] == "Samen inkopen"
    tab_to(member, "Bewaar mijn keuze")
    member.press("Enter")
    assert "Je gaat naar de sessie Samen inkopen." in member.status_box
    mailboxes.take(person.email)

    tab_to(member, "Mijn Noord")
    member.page.keyboard.press("Enter")
    tab_to(member, "Mijn aanmeldingen")
    member.press("Enter")
    tab_to(member, "Wijzig of meld je af")
    member.press("Enter")
    tab_to(member, "Meld je af")
    member.press("Enter")
    tab_to(member, "Meld je af")
    member.press("Enter")
    assert mailboxes.take(person.email).method == "CANCEL"
    assert member.status_box.startswith("Je kunt je aanmelden")


def test_register_choose_and_cancel_without_javascript(visitor: Callable[..., Visitor], mailboxes: Mailboxes):
    event = make_event(title="Een middag in Sneek", slug="middag", session_required=True)
    make_session(make_block(event), title="Werken met gegevens", capacity=5)
    person = make_member(email="lid@noord.example", password="noord-proef-1")
    member = visitor(javascript=False, width=390)

    member.visit("/agenda/middag/")
    member.click("Meld je aan")
    member.fill("E-mailadres", person.email)
    member.fill("Wachtwoord", "noord-proef-1")
    member.click("Inloggen", within="main form")
    member.click("Meld je aan")
    assert member.path == "/agenda/middag/aanmelden/"
    member.fill("Eet je iets niet?", "Geen pinda's")
    member.click("Meld je aan")
    assert member.page.title().startswith("Fout: ")
    assert member.field("Eet je iets niet?").input_value() == "Geen pinda's"
    assert mailboxes.are_empty()

    member.choose("Werken met gegevens")
    member.click("Meld je aan")
    assert "Je gaat naar de sessie Werken met gegevens." in member.status_box
    assert "Werken met gegevens" in mailboxes.take(person.email).text
    member.click("Wijzig of meld je af")
    member.click("Meld je af", within="aside")
    member.click("Meld je af")
    assert member.status_box.startswith("Je kunt je aanmelden")
    assert mailboxes.take(person.email).method == "CANCEL"
    member.page.get_by_text("Mijn Noord").click()
    member.click("Uitloggen")
    member.visit("/mijn/")
    assert member.path == "/account/login/?next=/mijn/"

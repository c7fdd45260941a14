"""On paper a meeting is its programme, without what only works on a screen."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


def test_programme_prints_without_menus(look_in: Callable[..., Visitor]):
    visitor = look_in("lid@noord.example")
    visitor.visit("/agenda/vervolgafspraak/")
    visitor.page.emulate_media(media="print", color_scheme="dark")

    for stays in ("h1", "h1 ~ *, .n-date", ".n-facts", "#programma", ".n-block", ".n-opt"):
        expect(visitor.page.locator(f"main {stays}").first).to_be_visible()
    visitor.sees("Stand van zaken", "De ontwikkeling van het Kindpakket", "Zaal 2")
    for goes in (".n-top", ".n-foot", ".n-crumb", ".n-status", ".n-noprint", ".btn", "button"):
        expect(visitor.page.locator(goes).filter(visible=True)).to_have_count(0)
    colours = visitor.page.locator("h1").evaluate("""heading => [getComputedStyle(heading).color,
        getComputedStyle(document.body).backgroundColor]""")
    assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    for block in visitor.page.locator(".n-block").all():
        assert block.evaluate("block => getComputedStyle(block).breakInside") == "avoid"

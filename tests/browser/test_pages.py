"""Every page on a phone and a wide screen, light, dark and in the visitor's own colours: nothing that axe finds."""

from collections.abc import Callable

import pytest
from django.test import RequestFactory

from events.models import TopicProposal
from noord.views import server_error
from tests.browser.visitor import EVERYTHING, HEIGHT, LOOKS, SIZES, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

Browsers = Callable[..., Visitor]

# After the first look, at 1280 in light colours: width, colour scheme, rules.
MORE_LOOKS = [
    (1280, "dark", LOOKS),
    (390, "light", EVERYTHING),
    (390, "dark", LOOKS),
    (320, "dark", SIZES),
    (320, "light", SIZES),
]
VISITOR_PAGES = [
    "/",
    "/agenda/",
    "/agenda/?voorbij=1",
    "/agenda/?sector=overheden&soort=sector",
    "/agenda/vervolgafspraak/",
    "/agenda/ict-noord-meets-samenwerking-noord/",
    "/agenda/themamiddag-datagedreven-werken/",  # closed
    "/agenda/sectoroverleg-veiligheid-digitale-crisis/",  # called off
    "/agenda/ict-noord-ggi-netwerk/",  # opens later
    "/sectoren/",
    "/sectoren/overheden/",
    "/kennisgroepen/",
    "/kennisgroepen/ict-noord/",
    "/kennisgroepen/informatiebeveiliging/",  # closed
    "/kennisgroepen/kunstmatige-intelligentie/",  # only proposed
    "/kennisgroepen/ict-noord/jaar/2019/",
    "/sectoren/overheden/jaar/2021/",
    "/resultaten/",
    "/leden/",
    "/leden/?q=bestaat-niet",
    "/account/login/",
    "/account/login/code/",
    "/account/signup/",
    "/account/password/reset/",
    "/toegankelijkheid/",
    "/privacy/",
]
MEMBER_PAGES = [
    "/",
    "/agenda/",
    "/agenda/vervolgafspraak/",
    "/agenda/vervolgafspraak/aanmelden/",
    "/agenda/vervolgafspraak/collega/",
    "/agenda/lunchsessie-common-ground/",  # registered
    "/agenda/lunchsessie-common-ground/mijn-aanmelding/",
    "/agenda/lunchsessie-common-ground/afmelden/",
    "/agenda/lunchsessie-common-ground/overdragen/",
    "/agenda/lunchsessie-common-ground/deelnemers/",
    "/agenda/opleiding-projectportfoliomanagement/",  # on the waiting list
    "/sectoren/overheden/",
    "/kennisgroepen/ict-noord/",
    "/kennisgroepen/informatiebeveiliging/verzoek/",
    "/mijn/",
    "/mijn/gegevens/",
    "/account/email/",
    "/account/logout/",
]
CHAIR_PAGES = [
    "/kennisgroepen/informatiebeveiliging/",  # with somebody who asks to join
    "/onderwerpen/",
    "/onderwerpen/nieuw/?bijeenkomst=overheden-en-veiligheid",
    "/agenda/overheden-en-veiligheid/onderwerpen/",
    "/agenda/overheden-en-veiligheid/onderwerpen/stap/agenda/",
    "/sectoren/overheden/onderwerpen/",
]
TOPIC_PAGES = ["", "wijzigen/", "intrekken/", "kiezen/", "wensenlijst/", "niet-kiezen/", "samenvatten/"]
MANAGER_PAGES = ["/agenda/vervolgafspraak/deelnemers/", "/agenda/opleiding-projectportfoliomanagement/deelnemers/"]

# What WCAG 1.4.12 lets a reader ask for. A constructed sheet, because the CSP refuses an inline one.
SPACE_TEXT = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
        word-spacing: .16em !important; } p { margin-bottom: 2em !important; }`);
    document.adoptedStyleSheets = [sheet];
}"""
# Text that sticks out of an element that clips. The map is a picture: its words stand in the list below it.
FIND_CUT_TEXT = """() => {
    const cut = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const exempt = ".visually-hidden, .visually-hidden-focusable, .n-map, select, thead";
    while (texts.nextNode()) {
        const text = texts.currentNode, range = document.createRange();
        if (!text.data.trim() || text.parentElement.closest(exempt) || !text.parentElement.checkVisibility()) continue;
        range.selectNode(text);
        const inner = range.getBoundingClientRect();
        for (let box = text.parentElement; box; box = box.parentElement) {
            if (getComputedStyle(box).overflow === "visible") continue;
            const outer = box.getBoundingClientRect();
            if (inner.right > outer.right + 1 || inner.bottom > outer.bottom + 1) cut.push(text.data.trim());
        }
    }
    return cut;
}"""


def look_at(visitor: Visitor, path: str, *, status: int = 200) -> None:
    """Visit the page, and check it in every look. It is loaded once: the style sheets do all of it."""
    visitor.visit(path, status=status)
    for width, scheme, rules in MORE_LOOKS:
        visitor.page.set_viewport_size({"width": width, "height": HEIGHT})
        visitor.page.emulate_media(color_scheme=scheme)
        visitor.check(rules)
    visitor.page.evaluate(SPACE_TEXT)
    assert visitor.page.evaluate(FIND_CUT_TEXT) == []
    assert visitor.find_faults() == []
    # In the visitor's own colours; they are computed when the page is loaded with them.
    visitor.page.emulate_media(forced_colors="active")
    visitor.page.reload()
    visitor.check(SIZES)
    visitor.page.emulate_media(forced_colors="none")


@pytest.mark.parametrize("path", VISITOR_PAGES)
def test_page_of_a_visitor_has_no_fault(path: str, look_in: Browsers):
    look_at(look_in(), path)


@pytest.mark.parametrize("path", MEMBER_PAGES)
def test_page_of_a_member_has_no_fault(path: str, look_in: Browsers):
    look_at(look_in("lid@noord.example"), path)


@pytest.mark.parametrize("path", MANAGER_PAGES)
def test_page_of_a_manager_has_no_fault(path: str, look_in: Browsers):
    look_at(look_in("programmamanager@noord.example"), path)


@pytest.mark.parametrize("path", CHAIR_PAGES)
def test_page_of_a_chair_has_no_fault(path: str, look_in: Browsers):
    look_at(look_in("voorzitter@noord.example"), path)


@pytest.mark.parametrize("path", TOPIC_PAGES)
def test_page_of_one_topic_has_no_fault(path: str, look_in: Browsers):
    topic = TopicProposal.objects.get(by__email="voorzitter@noord.example")
    look_at(look_in("voorzitter@noord.example"), f"/onderwerpen/{topic.pk}/{path}")


def test_page_of_an_error_has_no_fault(look_in: Browsers):
    visitor = look_in()
    look_at(visitor, "/bestaat-niet/", status=404)

    broken = server_error(RequestFactory().get("/kapot/"))
    visitor.page.route("**/kapot/", lambda route: route.fulfill(status=500, body=broken.content.decode()))
    look_at(visitor, "/kapot/", status=500)

    visitor.visit("/account/login/")
    visitor.context.clear_cookies()
    visitor.click("Inloggen", within="main form", status=403)

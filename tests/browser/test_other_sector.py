"""A programme manager of Overheden at every address of Veiligheid, in her browser: none of them exists for her."""

from collections.abc import Callable, Iterator

import pytest
from django.contrib.admin import site
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.urls import reverse

from events.models import Event
from events.urls import urlpatterns as site_patterns
from noord.administration.scoped import ScopedAdmin
from sectors.models import Sector
from tests.browser.visitor import Visitor
from tests.factories import make_event, make_programme_manager, make_registration, make_sector
from tests.noord.test_rights import ADDRESSES, MATRIX, OF_A_SECTOR, address, names_of, one_of_each

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SECRET = "Geheim overleg"
# Pages of a meeting that are for who manages it, also when everybody may see the meeting itself.
FOR_MANAGERS = {
    "attendance", "attendance_code", "attendance_paper", "badges", "cancel_for", "change_notice", "export",
    "invitations", "invite", "participants", "remind",
}  # fmt: skip
# What the browser gets for a GET, with title and heading, and for a POST with the token that a form would send.
ASK = """async addresses => {
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value, seen = [];
    for (const address of addresses) {
        const got = await fetch(address, {redirect: "manual"}), text = await got.text();
        const page = new DOMParser().parseFromString(text, "text/html");
        const said = [page.documentElement.lang, page.title, page.querySelector("h1")?.textContent];
        const posted = await fetch(address, {redirect: "manual", method: "POST", headers: {"X-CSRFToken": token}});
        seen.push([address, got.status, posted.status, said, text]);
    }
    return seen;
}"""
NOTHING_HERE = ["nl", "We kunnen deze pagina niet vinden - Samenwerking Noord", "We kunnen deze pagina niet vinden"]


@pytest.fixture
def browser(transactional_db: None, visitor: Callable[..., Visitor]) -> Visitor:
    own = make_sector(name="Overheden", slug="overheden")
    return visitor(make_programme_manager(own, name="Petra Overheden", email="petra@noord.example"))


@pytest.fixture
def veiligheid(browser: Visitor) -> Sector:
    return make_sector(name="Veiligheid", slug="veiligheid")


@pytest.fixture
def objects(veiligheid: Sector) -> dict[str, models.Model]:
    """One object of each model; those of a sector are Veiligheid's."""
    found = one_of_each(veiligheid)
    Event.objects.filter(sectors=veiligheid).update(title=SECRET)
    return found


ORDINARY = ["_change", "_delete", "_history"]


def admin_addresses(objects: dict[str, models.Model]) -> Iterator[str]:
    """Yield everything that the administration has of an object of Veiligheid, as it is registered."""
    for name in sorted(names_of(site.get_urls())):
        for label in OF_A_SECTOR:
            found, ordinary = objects[label], [label.lower().replace(".", "_") + page for page in ORDINARY]
            if name == "view_on_site":
                kind = ContentType.objects.get_for_model(found)
                yield reverse(f"admin:{name}", args=[kind.pk, found.pk])
            elif name in ordinary or ADDRESSES.get(name) is type(found):
                yield reverse(f"admin:{name}", args=[found.pk])


def site_addresses(event: Event, wanted: Callable[[str], bool]) -> Iterator[str]:
    """Yield everything that the site has of a meeting, as its patterns say."""
    values = {"slug": event.slug, "pk": make_registration(event).pk, "token": "x", "step": "oproep"}
    for pattern in site_patterns:
        parameters = pattern.pattern.converters
        if str(pattern.pattern).startswith("agenda/<slug:slug>") and wanted(pattern.name):
            yield reverse(f"events:{pattern.name}", kwargs={key: values[key] for key in parameters})


def find_nothing(browser: Visitor, addresses: list[str]) -> None:
    """Ask for each in both ways: it is our own page that says there is none. The last one is looked at too."""
    page = browser.page
    page.goto("/beheer/")
    answers = page.evaluate(ASK, addresses)
    # 405: the address takes the other way only, whoever asks. One of the two is a 404.
    seen = {path: sorted([got, posted]) for path, got, posted, _said, _text in answers}
    assert {path: codes for path, codes in seen.items() if codes not in ([404, 404], [404, 405])} == {}
    found = {path: said for path, got, _posted, said, _text in answers if got == 404}
    assert found == dict.fromkeys(found, NOTHING_HERE)
    assert [path for path, *_rest, text in answers if SECRET in text] == []
    browser.complaints = []  # of all those 404s
    browser.visit(list(found)[-1], status=404)


def test_addresses_of_the_administration_do_not_exist(browser: Visitor, objects: dict[str, models.Model]):
    addresses = list(admin_addresses(objects))
    # Of each of the five: change, delete, history and its page on the site; and what else some have.
    assert len(addresses) >= len(OF_A_SECTOR) * 4 + 5
    find_nothing(browser, addresses)


@pytest.mark.parametrize("state", ["draft", "hosts"])
def test_hidden_meeting_does_not_exist_on_the_site(browser: Visitor, veiligheid: Sector, state: str):
    fields = {"status": Event.Status.DRAFT} if state == "draft" else {"audience": Event.Audience.HOSTS}
    event = make_event(sectors=[veiligheid], title=SECRET, **fields)
    find_nothing(browser, list(site_addresses(event, lambda _name: True)))


def test_pages_for_managers_of_a_meeting_that_everybody_sees_do_not_exist(browser: Visitor, veiligheid: Sector):
    event = make_event(sectors=[veiligheid], title="Open avond")
    find_nothing(browser, list(site_addresses(event, FOR_MANAGERS.__contains__)))
    browser.visit(f"/agenda/{event.slug}/")
    browser.sees("Open avond")


def test_lists_searches_and_feeds_know_nothing_of_it(browser: Visitor, veiligheid: Sector, objects: dict):
    make_event(sectors=[veiligheid], title=SECRET, audience=Event.Audience.HOSTS)
    hidden = Event.objects.filter(sectors=veiligheid)
    hidden.filter(status=Event.Status.PUBLISHED).update(audience=Event.Audience.HOSTS)
    page = browser.page
    lists = ["/agenda/", "/agenda/?sector=veiligheid&soort=sector", "/sectoren/veiligheid/", "/mijn/"]
    for label in MATRIX:
        if isinstance(site._registry[type(objects[label])], ScopedAdmin):
            lists += [address(label, "changelist") + query for query in ("", "?q=geheim")]
    lists += [f"{address('events.Registration', 'changelist')}?event__id__exact={event.pk}" for event in hidden]
    page.goto("/beheer/")
    assert SECRET not in page.locator("body").inner_text()
    answers = page.evaluate(ASK, [*lists, "/agenda.ics", "/sectoren/veiligheid.ics"])
    assert {got for _path, got, *_rest in answers} == {200}
    assert [path for path, *_rest, text in answers if SECRET in text] == []
    assert [text[:15] for *_rest, text in answers[-2:]] == ["BEGIN:VCALENDAR"] * 2

"""Every page of the administration, as its registry has them: nothing that axe finds, and every word of it Dutch.

Each page is seen in a wide window and on a phone, the one in light and the other in dark colours; the next page takes
them the other way round. All four for every page would double the time and find little: they share their style sheets.
Of the pages that share one template as well (history, delete, and the form to add, which is the one to change), axe
reads one of the two looks; English, width, headings and the console are looked at in both.
"""

import time
from collections.abc import Callable, Iterator

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.contrib.admin import site
from django.contrib.sessions.backends.db import SessionStore
from django.db import models
from django.urls import reverse
from playwright.sync_api import Browser
from pytest_django import DjangoDbBlocker

from events.models import Event, Registration
from members import duplicates, merging
from members.models import Duplicate, Organisation, Person
from members.operations import move_prospect, record_contact
from noord.administration.history import acting
from sectors.models import Sector
from tests.browser.administration import look_at
from tests.browser.conftest import Network
from tests.browser.english import English
from tests.browser.visitor import HEIGHT, LOOKS, Visitor
from tests.factories import make_organisation, make_person
from tests.noord.test_rights import ADDRESSES, COLUMNS, MATRIX, names_of, one_of_each

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

# The pages that a letter of the matrix opens.
PAGES = {"l": ["changelist"], "v": ["change", "history"], "a": ["add"], "d": ["delete"]}
ALIKE = ("_add", "_delete", "_history")
# Addresses without a page: they take a post alone, lead elsewhere, or answer a script.
NO_PAGE = {
    "autocomplete", "jsi18n", "login", "logout", "members_contactmoment_done", "members_duplicate_find",
    "members_merge_undo", "members_organisation_contact", "members_organisation_join",
    "members_organisation_process_import", "members_organisation_stage", "members_person_process_import",
    "password_change", "password_change_done", "view_on_site",
}  # fmt: skip
# Lists as one comes to them from elsewhere, and what has nothing to show.
MORE = [
    "events/event/?q=bestaat-niet",
    "events/registration/?event__id__exact={meeting}",
    "members/organisation/?fase=alle",
    "members/person/?q=demo&o=-1",
    "sectors/sector/?e=1",
]
SITE_PAGES = ["aanwezig", "aanwezig/code", "aanwezig/lijst", "badges", "deelnemers", "uitnodigen", "uitnodigingen"]
SECOND_FACTOR = ["", "recovery-codes/", "recovery-codes/generate/", "totp/deactivate/", "reauthenticate/"]


def prefix_of(label: str) -> str:
    return label.lower().replace(".", "_") + "_"


def names_of_pages() -> list[str]:
    """Return the name of each address of the administration at which an administrator sees a page."""
    names = names_of(site.get_urls()) - NO_PAGE
    for label, row in MATRIX.items():
        letters = row.split()[COLUMNS.index("administrator")]
        closed = {page for letter, pages in PAGES.items() if letter not in letters for page in pages}
        names -= {prefix_of(label) + page for page in closed}
    return sorted(names)


@pytest.fixture(scope="module")
def objects(network: Network, django_db_blocker: DjangoDbBlocker) -> dict[str, models.Model]:
    """One object of each model, those of the demo where it has richer ones; names in capitals are for some pages."""
    with django_db_blocker.unblock():
        administrator = Person.objects.get(email="beheerder@noord.example")
        manager = Person.objects.get(email="programmamanager@noord.example")
        found = one_of_each(Sector.objects.get(slug="overheden"))
        organisation = Organisation.objects.get(slug__contains="westerkwartier", kind="municipality")
        record_contact(organisation=organisation, by=manager, kind="phone", note="Gebeld over Tolbert.")
        move_prospect(organisation=found["members.Organisation"], stage="decided")
        with acting(administrator):
            organisation.website = "https://westerkwartier.example"
            organisation.save()
            twins = [make_person(name="Jan Bakker", email=f"{name}@dubbel.example") for name in ("jan", "j.bakker")]
            once = [make_organisation(name=name) for name in ("gemeente Ooit", "gemeente Ooit (oud)")]
            merge = merging.merge(keep=once[0], gone=once[1], by=administrator, take=set())
        duplicates.find()
        TOTP.activate(manager, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
        RecoveryCodes.activate(manager)
        meeting = Event.objects.get(slug="opleiding-projectportfoliomanagement")
        return found | {
            "DRAFT": found["events.Event"],
            "TWINS": twins,
            "events.Event": meeting,
            "events.Registration": Registration.objects.filter(event=meeting, status="waiting").first(),
            "members.Duplicate": Duplicate.objects.filter(subject="person").first(),
            "members.Merge": merge,
            "members.Organisation": organisation,
            "members.Person": manager,
        }


def address_of(name: str, objects: dict[str, models.Model]) -> str:
    owner = next((label for label in MATRIX if name.startswith(prefix_of(label))), "")
    model = ADDRESSES.get(name)
    if name == "app_list":
        arguments = ["members"]
    elif name in ("events_event_delete", "events_event_publish"):
        arguments = [objects["DRAFT"].pk]
    elif name == "members_merge_compare":
        arguments = ["person", *(one.pk for one in objects["TWINS"])]
    elif name in ADDRESSES:
        arguments = [objects[model._meta.label].pk] if model else []
    else:
        page = name.removeprefix(prefix_of(owner))
        arguments = [] if page in ("changelist", "add") else [objects[owner].pk]
    return reverse(f"admin:{name}", args=arguments)


@pytest.fixture(scope="module")
def administrator(network: Network, objects: dict, chromium: Browser) -> Iterator[Visitor]:
    """One browser for all pages, which then loads the style sheets once."""
    visitor = Visitor(chromium, network.url)
    visitor.take_session(network.cookies["beheerder@noord.example"])
    yield visitor
    visitor.context.close()


@pytest.fixture
def manager(look_in: Callable[..., Visitor], objects: dict) -> Visitor:
    """The programme manager, who has shown her password and her code just now."""
    visitor = look_in("programmamanager@noord.example")
    prove_lately(visitor)
    return visitor


def prove_lately(visitor: Visitor) -> None:
    """Note in the session what allauth notes at a login, so that no page asks it again."""
    key = next(c["value"] for c in visitor.context.cookies() if c["name"] == settings.SESSION_COOKIE_NAME)
    session = SessionStore(key)
    session["account_authentication_methods"] = [{"method": name, "at": time.time()} for name in ("password", "mfa")]
    session.save()


@pytest.fixture(scope="module")
def english(objects: dict, django_db_blocker: DjangoDbBlocker) -> English:
    with django_db_blocker.unblock():
        return English()


@pytest.mark.parametrize(("number", "name"), list(enumerate(names_of_pages())), ids=names_of_pages())
def test_page_of_the_administration_has_no_fault(
    number: int, name: str, objects: dict, administrator: Visitor, english: English
):
    path = address_of(name, objects)
    look_at(administrator, path, english, number=number, once=name.endswith(ALIKE))
    if name.endswith("_add"):
        # What it says when nothing is filled in; the browser would not even send that.
        page = administrator.page
        page.evaluate("document.querySelector('#content form').noValidate = true")
        page.locator("#content form [type=submit]").first.click()
        if page.locator(".errornote").count():
            look_at(administrator, "", english, number=number + 1, once=True)


@pytest.mark.parametrize("path", MORE)
def test_list_by_another_way_has_no_fault(path: str, objects: dict, administrator: Visitor, english: English):
    look_at(administrator, "/beheer/" + path.format(meeting=objects["events.Event"].pk), english)


@pytest.mark.parametrize("page", SITE_PAGES)
def test_page_of_a_meeting_for_its_manager_has_no_fault(page: str, objects: dict, manager: Visitor, english: English):
    manager.page.set_viewport_size({"width": 1280, "height": HEIGHT})
    manager.visit(f"/agenda/{objects['events.Event'].slug}/{page}/")
    assert english.find(manager.page) == []
    manager.page.set_viewport_size({"width": 390, "height": HEIGHT})
    manager.page.emulate_media(color_scheme="dark")
    manager.check(LOOKS)


@pytest.mark.parametrize("page", SECOND_FACTOR)
def test_page_of_the_second_factor_has_no_fault(page: str, manager: Visitor, english: English):
    manager.page.set_viewport_size({"width": 390, "height": HEIGHT})
    manager.visit(f"/account/2fa/{page}")
    assert english.find(manager.page) == []
    manager.page.set_viewport_size({"width": 1280, "height": HEIGHT})
    manager.page.emulate_media(color_scheme="dark")
    manager.check(LOOKS)


def test_app_is_set_up_on_a_page_without_a_fault(look_in, objects: dict, english: English):
    somebody = look_in("beheerder@noord.example", width=390)
    prove_lately(somebody)
    somebody.visit("/account/2fa/totp/activate/")
    assert english.find(somebody.page) == []
    somebody.page.emulate_media(color_scheme="dark")
    somebody.check(LOOKS)


def test_dark_by_the_button_is_as_legible_as_dark_by_the_system(administrator: Visitor, english: English):
    administrator.page.emulate_media(color_scheme="light")
    administrator.page.goto("/beheer/")
    administrator.page.evaluate("localStorage.setItem('theme', 'dark')")
    for path in ("/beheer/", "/beheer/events/schoolholiday/add/"):
        look_at(administrator, path, english, once=True)
    administrator.page.evaluate("localStorage.removeItem('theme')")

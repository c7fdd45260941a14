"""A list of a thousand people, kept in a spreadsheet until today, goes into the portal."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from playwright.sync_api import expect

from members.models import Person, Position
from tests.browser.administration import check
from tests.browser.visitor import Visitor
from tests.factories import make_programme_manager, make_sector
from tests.members.test_imports import NAMED, everything, thousand_people, with_faults, xlsx_file

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# A thousand rows take seconds, on a busy machine many.
PATIENCE = 120_000


@pytest.fixture
def browser(transactional_db: None, visitor: Callable[..., Visitor]) -> Visitor:
    return visitor(make_programme_manager(make_sector()))


def look_through(browser: Visitor, file: SimpleUploadedFile) -> None:
    page = browser.page
    page.goto("/beheer/members/person/import/")
    page.get_by_label("Bestand").set_input_files({"name": file.name, "mimeType": "", "buffer": file.read()})
    page.get_by_role("button", name="Kijk het bestand na").click(timeout=PATIENCE)


def bring_in(browser: Visitor) -> None:
    browser.page.get_by_role("button", name="Importeer deze rijen").click(timeout=PATIENCE)


def test_file_of_a_thousand_people_is_mended_and_comes_in_once(browser: Visitor):
    page, rows = browser.page, thousand_people()
    before = everything()

    look_through(browser, xlsx_file(with_faults(rows)))
    expect(page.get_by_role("heading", name="12 fouten")).to_be_visible()
    cells = (
        page.get_by_role("region", name="Fouten")
        .locator("tbody tr")
        .evaluate_all("rows => rows.map(row => [...row.cells].map(cell => cell.textContent))")
    )
    assert [(int(row), column) for row, column, _said in cells] == NAMED
    assert all(said for _row, _column, said in cells)
    expect(page.get_by_role("button", name="Importeer deze rijen")).to_have_count(0)
    assert everything() == before
    check(browser)
    browser.photograph("import-faults")

    look_through(browser, xlsx_file(rows))
    expect(page.get_by_text("1000 nieuw")).to_be_visible()
    assert everything() == before
    check(browser)
    browser.photograph("import-preview")
    bring_in(browser)
    expect(page.locator(".messagelist .success")).to_contain_text("1000 nieuw")
    people = Person.objects.filter(email__endswith="@proef.example", name__startswith="Persoon ")
    assert (people.count(), Position.objects.filter(person__in=people, title="rol").count()) == (1000, 1000)

    after = everything()
    look_through(browser, xlsx_file(rows))
    expect(page.get_by_text("1000 ongewijzigd")).to_be_visible()
    bring_in(browser)
    expect(page.locator(".messagelist .success")).to_be_visible()
    assert everything()[:-1] == after[:-1]
    assert browser.complaints == []

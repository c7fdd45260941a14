"""A chair puts the slides of a meeting on the portal with a phone; who may see the meeting reads them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from documents.models import Document
from events.models import Event
from tests.browser.visitor import Visitor
from tests.documents.files import office, pdf
from tests.factories import make_chair, make_event, make_member, make_person, make_sector

pytestmark = pytest.mark.browser

Browsers = Callable[..., Visitor]
DOWNLOAD = """async path => {
    const response = await fetch(path);
    return [response.status, response.headers.get("content-disposition"), (await response.arrayBuffer()).byteLength];
}"""


def test_chair_adds_slides_on_a_phone_and_a_member_gets_them(
    visitor: Browsers, documents_folder: Path, tmp_path: Path
):
    sector = make_sector(name="Overheden", slug="overheden")
    make_event(title="Een middag in Assen", slug="middag", sectors=[sector], audience=Event.Audience.MEMBERS)
    slides, disguised = tmp_path / "Dia's.pptx", tmp_path / "verslag.pdf"
    slides.write_bytes(office("pptx"))
    disguised.write_bytes(b"<!DOCTYPE html><script>alert(1)</script>")
    chair = visitor(make_chair(sector), width=390)
    member, stranger = visitor(make_member()), visitor(make_person())

    chair.visit("/agenda/middag/")
    chair.click("Voeg een document toe")
    chair.fill("Titel", "Dia's over gegevens")
    chair.choose("Presentatie")
    chair.page.get_by_label("Bestand").set_input_files(disguised)
    chair.click("Voeg dit document toe")
    chair.sees("Dit soort bestand kunnen we niet aannemen.")
    assert chair.page.title().startswith("Fout: ")
    assert chair.field("Titel").input_value() == "Dia's over gegevens"
    assert chair.page.get_by_role("radio", name="Presentatie").is_checked()
    chair.page.get_by_label("Bestand").set_input_files(slides)
    chair.click("Voeg dit document toe")
    assert chair.path == "/agenda/middag/#documenten"
    chair.sees("“Dia's over gegevens” is toegevoegd.")
    document = Document.objects.get()

    member.visit("/agenda/middag/")
    member.sees_no("Voeg een document toe", "Verwijder")
    with member.page.expect_download() as download:
        member.control("Dia's over gegevens").click()
    assert download.value.suggested_filename in ("Dia's.pptx", "Dia_s.pptx")
    assert Path(download.value.path()).read_bytes() == slides.read_bytes()

    stranger.visit("/agenda/middag/", status=404)
    stranger.visit(document.get_absolute_url(), status=404)

    chair.visit("/agenda/middag/")
    chair.click("Verwijder Dia's over gegevens")
    chair.click("Verwijder het document")
    chair.sees("“Dia's over gegevens” is verwijderd.")
    chair.sees_no("Presentatie (PowerPoint")
    member.visit("/agenda/middag/")
    seen = member.page.evaluate(DOWNLOAD, document.get_absolute_url())
    assert seen[0] == 404
    member.complaints.clear()
    assert not any(path.is_file() for path in documents_folder.rglob("*"))


def test_report_is_read_by_who_sees_the_meeting(visitor: Browsers, documents_folder: Path, tmp_path: Path):
    sector = make_sector()
    event = make_event(slug="middag", sectors=[sector])
    report = tmp_path / "verslag.pdf"
    report.write_bytes(pdf())
    chair = visitor(make_chair(sector), javascript=False)
    chair.visit("/documenten/nieuw/?bijeenkomst=middag")
    chair.fill("Titel", "Verslag")
    chair.page.get_by_label("Bestand").set_input_files(report)
    chair.click("Voeg dit document toe")
    reader = visitor()
    reader.visit(event.get_absolute_url())
    with reader.page.expect_download() as download:
        reader.page.get_by_role("link", name="Verslag", exact=True).click()
    assert download.value.suggested_filename == "verslag.pdf"
    assert Path(download.value.path()).read_bytes() == pdf()

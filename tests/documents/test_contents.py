"""What is taken and what is refused, by what is in a file."""

import hashlib
import zipfile
import zlib
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from documents import archives, pictures
from documents.contents import examine, shown_name
from documents.refusals import Refused
from documents.types import DOCX, JPEG, ODP, ODS, ODT, PDF, PNG, PPTX, XLSX
from tests.documents.files import archive, office, open_document, pdf, photo, picture, sheet, with_lie

MOST = 5 * 1024**2
EMPTY = "Dit bestand is leeg. Kies een ander bestand."
DAMAGED = "Dit bestand is beschadigd. Open het op je eigen computer, bewaar het opnieuw en voeg dat toe."
KIND = "Dit soort bestand kunnen we niet aannemen. Je kunt een PDF toevoegen"
ZIP = "Dit is een zip-bestand, maar geen document van Word, Excel, PowerPoint of OpenDocument."
MACROS = "In dit bestand zitten macro's of programma's."
LOCKED = "Dit bestand zit op slot met een wachtwoord"
BOMB = "Dit bestand wordt veel te groot als het wordt uitgepakt."


def look(name: str, content: bytes):
    return examine(SimpleUploadedFile(name, content), most=MOST)


def refusal(name: str, content: bytes) -> str:
    with pytest.raises(Refused) as refused:
        look(name, content)
    return str(refused.value)


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("verslag.pdf", pdf(), PDF),
        ("verslag.docx", office("docx"), DOCX),
        ("cijfers.xlsx", sheet(), XLSX),
        ("dia's.pptx", office("pptx"), PPTX),
        ("verslag.odt", open_document(ODT), ODT),
        ("cijfers.ods", open_document(ODS), ODS),
        ("dia's.odp", open_document(ODP), ODP),
        ("VERSLAG.PDF", pdf(), PDF),
    ],
)
def test_examine_takes_what_programs_write_as_it_is(name, content, content_type):
    found = look(name, content)
    assert (found.content_type, found.size, found.sha256) == (
        content_type, len(content), hashlib.sha256(content).hexdigest()
    )  # fmt: skip
    assert found.file.read() == content


@pytest.mark.parametrize(
    ("name", "kind", "content_type"),
    [("foto.jpg", "JPEG", JPEG), ("foto.jpeg", "JPEG", JPEG), ("kaart.png", "PNG", PNG)],
)
def test_examine_takes_a_picture(name, kind, content_type):
    found = look(name, picture(kind))
    with Image.open(found.file) as stored:
        assert (found.content_type, stored.format, stored.size) == (content_type, kind, (60, 40))


def test_a_photo_is_stored_upright_and_without_what_it_tells_of_its_maker():
    sent = photo()
    stored = look("foto.jpg", sent).file.read()
    with Image.open(BytesIO(sent)) as before, Image.open(BytesIO(stored)) as after:
        assert (len(before.getexif()) > 0, len(after.getexif())) == (True, 0)
        assert (before.size, after.size) == ((60, 40), (40, 60))
    for words in (b"Exif", b"Anna", b"Thuis"):
        assert (words in sent, words in stored) == (True, False)


def test_a_picture_keeps_what_is_see_through():
    file = BytesIO()
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(file, "PNG")
    with Image.open(look("logo.png", file.getvalue()).file) as stored:
        assert stored.getpixel((0, 0)) == (255, 0, 0, 0)


@pytest.mark.parametrize("name", ["a.html", "a.svg", "a.exe", "a.pdf", "a.docx", "a.png", "a.zip", "a"])
@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE html><script>alert(1)</script>",
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"MZ\x90\x00 This program cannot be run in DOS mode",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an old .doc",
        b"GIF89a\x01\x00\x01\x00",
        b"\n%PDF-1.4 after a line",
        b"x",
    ],
)
def test_examine_refuses_every_other_kind_whatever_it_is_called(name, content):
    assert refusal(name, content).startswith(KIND)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("verslag.docx", pdf()),
        ("verslag.html", pdf()),
        ("verslag.pdf.exe", pdf()),
        ("verslag", pdf()),
        ("verslag.pdf", office("docx")),
        ("verslag.odt", office("docx")),
        ("verslag.docx", office("pptx")),
        ("foto.png", picture("JPEG")),
    ],
)
def test_examine_refuses_a_name_that_says_something_else(name, content):
    assert refusal(name, content).startswith("De naam van dit bestand past niet bij wat erin zit: ")


def test_examine_refuses_an_empty_file():
    assert refusal("leeg.pdf", b"") == EMPTY


def test_examine_refuses_what_is_larger_than_it_may_be():
    most = "Dit bestand is te groot. Een bestand mag hoogstens 5 MB zijn. Maak het kleiner."
    assert refusal("groot.pdf", pdf() + b" " * MOST) == most


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("half.pdf", pdf()[:-40]),
        ("half.docx", office("docx")[:-30]),
        ("half.jpg", picture(size=(400, 400))[:-400]),
        ("half.png", picture("PNG", size=(400, 400))[:-60]),
        ("kort.png", picture("PNG")[:20]),
        ("kort.jpg", b"\xff\xd8\xff\xe0"),
        ("kort.docx", b"PK\x03\x04"),
    ],
)
def test_examine_refuses_a_damaged_file(name, content):
    assert refusal(name, content) == DAMAGED


def test_examine_refuses_a_zip_of_which_one_byte_was_changed():
    content = bytearray(open_document(more={"Pictures/1.txt": b"tekst " * 50}))
    content[content.index(b"Pictures/1.txt") + 20] ^= 0xFF
    assert refusal("stuk.odt", bytes(content)) == DAMAGED


@pytest.mark.parametrize(
    "members",
    [
        {"a.txt": "tekst"},
        {"[Content_Types].xml": "<Types/>", "word/document.xml": "<document/>"},
        {"[Content_Types].xml": "wordprocessingml.document.main+xml"},
        {"[Content_Types].xml": "wordprocessingml.document.main+xml spreadsheetml.sheet.main+xml",
         "word/document.xml": "", "xl/workbook.xml": ""},
        {"content.xml": "", "mimetype": ODT},
        {"mimetype": ODT, "other.xml": ""},
        {"mimetype": "text/html", "content.xml": ""},
    ],
)  # fmt: skip
def test_examine_refuses_a_zip_that_is_no_document(members):
    for suffix in ("docx", "odt"):
        assert refusal(f"a.{suffix}", archive(members, stored=("mimetype",))).startswith(ZIP)


def test_examine_refuses_an_open_document_whose_kind_is_packed():
    assert refusal("a.odt", archive({"mimetype": ODT, "content.xml": ""})).startswith(ZIP)


@pytest.mark.parametrize(
    "content",
    [
        office("docx", {"word/vbaProject.bin": b"x"}),
        office("docx", {"Word/VBAPROJECT.BIN": b"x"}),
        office("pptx", {"ppt/activeX/activeX1.xml": b"x"}),
        office("docx", {"word/embeddings/run.exe": b"x"}),
        archive({"[Content_Types].xml": "application/vnd.ms-word.document.macroEnabled.main+xml"}),
        open_document(more={"Basic/Standard/Module1.xml": b"x"}),
        open_document(more={"Scripts/python/a.py": b"x"}),
    ],
)
def test_examine_refuses_macros(content):
    assert refusal("a.docx", content).startswith(MACROS)


@pytest.mark.parametrize("name", ["/etc/passwd", "../../run.sh", "word\\..\\x"])
def test_examine_refuses_a_zip_that_would_unpack_elsewhere(name):
    assert refusal("a.docx", office("docx", {name: b"x"})) == DAMAGED


def test_examine_refuses_what_is_packed_as_no_office_program_does():
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as written:
        written.writestr("[Content_Types].xml", "<Types/>" * 100)
    start = file.getvalue().index(b"[Content_Types].xml") + len("[Content_Types].xml")
    broken = bytearray(file.getvalue())
    broken[start + 12 : start + 20] = bytes(8)  # which zipfile tells by an error of its own
    assert refusal("a.docx", bytes(broken)) == DAMAGED


def test_examine_refuses_a_bomb_by_its_ratio():
    bomb = office("docx", {"word/media/1.xml": bytes(60 * 1024**2)})
    assert len(bomb) < 100_000
    assert refusal("a.docx", bomb).startswith(BOMB)


def test_examine_refuses_a_bomb_with_too_many_members():
    content = office("docx", {f"word/{n}": b"" for n in range(archives.MOST_MEMBERS)})
    assert refusal("a.docx", content).startswith(BOMB)


def test_examine_refuses_a_bomb_that_lies_about_its_size(monkeypatch):
    name = "word/media/1.xml"
    bomb = with_lie(office("docx", {name: bytes(30 * 1024**2)}), name, 10)
    assert refusal("a.docx", bomb) == DAMAGED  # what it says is all that is unpacked, and the check does not fit
    monkeypatch.setattr(archives, "MOST_RATIO", 10_000)
    monkeypatch.setattr(archives, "MOST_UNPACKED", 1024**2)
    assert refusal("a.docx", office("docx", {name: bytes(2 * 1024**2)})).startswith(BOMB)


def test_examine_refuses_a_zip_that_is_locked():
    content = bytearray(office("docx"))
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.index(magic) + at
        content[place] |= 1
    assert refusal("a.docx", bytes(content)).startswith(LOCKED)
    locked = open_document(more={"META-INF/manifest.xml": "<manifest:encryption-data/>"})
    assert refusal("a.odt", locked).startswith(LOCKED)


def test_examine_refuses_a_way_of_packing_that_we_do_not_know():
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as written:
        written.writestr("[Content_Types].xml", "x")
    content = bytearray(file.getvalue())
    for magic, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        content[content.index(magic) + at] = 97
    assert refusal("a.docx", bytes(content)) == DAMAGED


@pytest.mark.parametrize("size", [(7_000, 6_000), (12_000, 12_000), (20_000, 20_000)])
def test_examine_refuses_a_picture_with_too_many_pixels_before_it_is_decoded(size):
    small = picture("PNG", (1, 1))
    at = small.index(b"IHDR") + 4
    huge = small[:at] + b"".join(side.to_bytes(4, "big") for side in size) + small[at + 8 :]
    header = huge[at - 4 : at + 13]
    huge = huge[: at + 13] + zlib.crc32(header).to_bytes(4, "big") + huge[at + 17 :]
    assert refusal("a.png", huge).startswith("Deze afbeelding is te groot. Ze mag hoogstens 40 miljoen pixels hebben.")
    assert pictures.MOST_PIXELS == 40_000_000


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("verslag.pdf", "verslag.pdf"),
        ("Verslag 7 maart (concept).PDF", "Verslag 7 maart (concept).pdf"),
        ("../../etc/passwd.pdf", "etc-passwd.pdf"),
        ("C:\\Windows\\system.pdf", "C--Windows-system.pdf"),
        ("a\r\nSet-Cookie: x=1.pdf", "aSet-Cookie- x=1.pdf"),
        ("verslag\u202efdp.exe.pdf", "verslagfdp.exe.pdf"),
        ('"; filename="x.html.pdf', "; filename=-x.html.pdf"),
        (".pdf", "document.pdf"),
        ("....pdf", "document.pdf"),
        ("Cafe\u0301 Fryslân.pdf", "Café Fryslân.pdf"),
        (f"{'x' * 300}.pdf", f"{'x' * 146}.pdf"),
    ],
)
def test_name_is_shown_without_tricks(name, shown):
    assert shown_name(name, "pdf") == shown

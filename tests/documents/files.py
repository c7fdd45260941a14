"""Real files, made in the test: what programs write, and what somebody with bad intentions would."""

import zipfile
from collections.abc import Mapping
from io import BytesIO

from openpyxl import Workbook
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from documents.types import ODT

_MAIN = "application/vnd.openxmlformats-officedocument.{}.main+xml"
_OFFICE = {
    "docx": ("wordprocessingml.document", "word/document.xml"),
    "pptx": ("presentationml.presentation", "ppt/presentation.xml"),
}


def pdf(text: str = "Verslag") -> bytes:
    """A PDF of one page with one line, of which every offset is right."""
    line = f"BT /F 24 Tf 20 100 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(line), line),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    content, offsets = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        offsets.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    end = b"xref\n0 6\n0000000000 65535 f \n%strailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return content + end % (table, len(content))


def archive(members: Mapping[str, bytes | str], *, stored: tuple[str, ...] = ()) -> bytes:
    """A zip of these members, packed except those that are named."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in members.items():
            written.writestr(name, content, zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED)
    return file.getvalue()


def office(suffix: str, more: Mapping[str, bytes | str] | None = None) -> bytes:
    """A document of Word ("docx") or PowerPoint ("pptx")."""
    kind, part = _OFFICE[suffix]
    types = f'<Types><Override PartName="/{part}" ContentType="{_MAIN.format(kind)}"/></Types>'
    return archive({"[Content_Types].xml": types, part: "<document/>", **(more or {})})


def sheet() -> bytes:
    """A workbook as openpyxl writes it."""
    file, book = BytesIO(), Workbook()
    book.active.append(["gemeente", 12])
    book.save(file)
    return file.getvalue()


def open_document(kind: str = ODT, more: Mapping[str, bytes | str] | None = None) -> bytes:
    members = {"mimetype": kind, "content.xml": "<office/>", **(more or {})}
    return archive(members, stored=("mimetype",))


def picture(kind: str = "JPEG", size: tuple[int, int] = (60, 40), **options) -> bytes:
    file = BytesIO()
    Image.new("RGB", size, "teal").save(file, kind, **options)
    return file.getvalue()


def photo() -> bytes:
    """A JPEG as a phone makes it: on its side, with the place, the camera and a remark."""
    exif = Image.Exif()
    exif[Base.Orientation] = 6
    exif[Base.Artist] = "Anna Proef"
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] = (53.0, 10.0, 0.0)
    return picture(exif=exif, comment=b"Thuis bij Anna Proef")


def with_lie(content: bytes, name: str, size: int) -> bytes:
    """The zip again, in which the list of contents says another unpacked size of one member."""
    with zipfile.ZipFile(BytesIO(content)) as read:
        true = read.getinfo(name).file_size
    central = content.index(b"PK\x01\x02")
    at = content.index(name.encode(), central) - 46 + 24  # APPNOTE.TXT 4.3.12
    assert int.from_bytes(content[at : at + 4], "little") == true
    return content[:at] + size.to_bytes(4, "little") + content[at + 4 :]

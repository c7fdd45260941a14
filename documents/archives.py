"""Documents of Office and OpenDocument are zip files: looked into with limits, because a zip can be a bomb."""

import re
import zipfile
import zlib
from typing import BinaryIO

from django.utils.translation import gettext as _

from documents.refusals import DAMAGED, Refused
from documents.types import DOCX, ODP, ODS, ODT, PPTX, XLSX

MOST_MEMBERS = 5_000
MOST_UNPACKED = 300 * 1024**2
MOST_RATIO = 100  # unpacked to packed; text packs to a twentieth, a bomb to a thousandth
MOST_IN_INDEX = 2 * 1024**2  # of the member that says what kind of document it is
CHUNK = 64 * 1024
ENCRYPTED = 0x1  # APPNOTE.TXT 4.4.4, bit 0 of the flags

# What names the main part (ISO/IEC 29500-2, 10.1.2.3), and where every program puts it.
_OFFICE = {
    DOCX: (b"wordprocessingml.document.main+xml", "word/document.xml"),
    XLSX: (b"spreadsheetml.sheet.main+xml", "xl/workbook.xml"),
    PPTX: (b"presentationml.presentation.main+xml", "ppt/presentation.xml"),
}
_PROGRAM = re.compile(
    r"(^|/)vba[^/]*\.(bin|xml)$|(^|/)(macrosheets|activex)/|^(basic|scripts)/|\.(exe|dll|js|vbs|cmd|bat|ps1|jar)$",
    re.IGNORECASE,
)


def kind_of(file: BinaryIO) -> str:
    """Return what kind of document the zip is. Raises Refused for a damaged, locked or dangerous one."""
    try:
        with zipfile.ZipFile(file) as archive:
            _check_members(archive.infolist())
            _unpack(archive)
            found = _office(archive) or _open_document(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError, KeyError) as error:
        raise Refused(DAMAGED) from error
    if found is None:
        raise Refused(
            _("This is a zip file, but no document of Word, Excel, PowerPoint or OpenDocument. Unpack it first.")
        )
    return found


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    """Refuse what is wrong by its list of contents alone."""
    if any(member.flag_bits & ENCRYPTED for member in members):
        raise _locked()
    unpacked, packed = (sum(getattr(one, name) for one in members) for name in ("file_size", "compress_size"))
    if len(members) > MOST_MEMBERS or unpacked > min(MOST_UNPACKED, MOST_RATIO * max(packed, CHUNK)):
        raise _bomb()
    names = [member.filename for member in members]
    # All that Office and OpenDocument allow; zipfile knows more, each with faults of its own.
    if any(member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members):
        raise Refused(DAMAGED)
    if any(name.startswith("/") or "\\" in name or ".." in name.split("/") for name in names):
        raise Refused(DAMAGED)
    if any(_PROGRAM.search(name) for name in names):
        raise _has_macros()


def _unpack(archive: zipfile.ZipFile) -> None:
    """Read all of it, keeping nothing: what the list says of a size can be a lie, and what is damaged shows here."""
    left = MOST_UNPACKED
    for member in archive.infolist():
        with archive.open(member) as part:
            while chunk := part.read(CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise _bomb()


def _office(archive: zipfile.ZipFile) -> str | None:
    names = set(archive.namelist())
    if "[Content_Types].xml" not in names:
        return None
    index = _start_of(archive, "[Content_Types].xml")
    if b"macroenabled" in index.lower():
        raise _has_macros()
    found = [kind for kind, (main, part) in _OFFICE.items() if main in index and part in names]
    return found[0] if len(found) == 1 else None


def _open_document(archive: zipfile.ZipFile) -> str | None:
    """The kind stands in the first member, as it is (OpenDocument 1.3, part 2, 3.3)."""
    first = archive.infolist()[0] if archive.infolist() else None
    if first is None or first.filename != "mimetype" or first.compress_type != zipfile.ZIP_STORED:
        return None
    kind = _start_of(archive, "mimetype").decode("ascii", "replace").strip()
    names = archive.namelist()
    if kind not in (ODT, ODS, ODP) or "content.xml" not in names:
        return None
    if "META-INF/manifest.xml" in names and b"encryption-data" in _start_of(archive, "META-INF/manifest.xml"):
        raise _locked()
    return kind


def _start_of(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as part:
        return part.read(MOST_IN_INDEX)


def _locked() -> Refused:
    return Refused(_("This file is locked with a password, so we cannot look into it. Save it without a password."))


def _has_macros() -> Refused:
    return Refused(
        _("There are macros or programs in this file, and those we do not take. Save it without macros or as a PDF.")
    )


def _bomb() -> Refused:
    return Refused(_("This file becomes far too large when it is unpacked. Save it as a PDF and add that one."))

"""Which files may come in, and what we call them. What a file is follows from what is in it: documents/contents.py."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PDF = "application/pdf"
PNG, JPEG = "image/png", "image/jpeg"
ODT, ODS, ODP = (f"application/vnd.oasis.opendocument.{kind}" for kind in ("text", "spreadsheet", "presentation"))
_OFFICE = "application/vnd.openxmlformats-officedocument."
DOCX, XLSX, PPTX = (
    _OFFICE + kind for kind in ("wordprocessingml.document", "spreadsheetml.sheet", "presentationml.presentation")
)
# What a browser may show in its own window, in a sandbox. Everything else is only ever stored by the reader: also PDF,
# which can carry a program, and which Chromium shows nothing of in a sandbox.
SHOWN = frozenset({PNG, JPEG})


@dataclass(frozen=True, slots=True)
class FileType:
    """`suffix` is what a stored file gets; the name of a sent one may end on any of `suffixes`."""

    label: str | Promise
    suffixes: tuple[str, ...]

    @property
    def suffix(self) -> str:
        return self.suffixes[0]


TYPES = {
    PDF: FileType("PDF", ("pdf",)),
    ODT: FileType(_("OpenDocument text"), ("odt",)),
    ODS: FileType(_("OpenDocument spreadsheet"), ("ods",)),
    ODP: FileType(_("OpenDocument presentation"), ("odp",)),
    DOCX: FileType("Word", ("docx",)),
    XLSX: FileType("Excel", ("xlsx",)),
    PPTX: FileType("PowerPoint", ("pptx",)),
    PNG: FileType(_("PNG picture"), ("png",)),
    JPEG: FileType(_("JPEG picture"), ("jpg", "jpeg")),
}
SUFFIXES = tuple(suffix for found in TYPES.values() for suffix in found.suffixes)

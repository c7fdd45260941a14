"""What is really in a file that somebody sends. Its name and what the browser says of it count for nothing here."""

import hashlib
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from documents import archives, pictures
from documents.refusals import DAMAGED, Refused
from documents.types import JPEG, PDF, PNG, TYPES

CHUNK = 64 * 1024
TAIL = 1024  # within so many bytes of its end a PDF says where it ends (ISO 32000-1, annex H.3.4.4)
LONGEST_NAME = 150
# What other systems do not take in the name of a file.
_FORBIDDEN = str.maketrans(dict.fromkeys('<>:"/\\|?*', "-"))


@dataclass(frozen=True, slots=True)
class Content:
    """A file that was looked at and may be stored; only examine() makes one."""

    file: File
    content_type: str
    size: int
    sha256: str
    original_name: str


def examine(upload: UploadedFile, *, most: int) -> Content:
    """Look at what was sent (at most so many bytes) and return what may be stored of it: of a picture a clean copy.

    Raises Refused with a sentence that says what is possible.
    """
    if not upload.size:
        raise Refused(_("This file is empty. Choose another file."))
    if upload.size > most:
        raise too_large(most)
    content_type, file = _look_into(upload)
    suffix = upload.name.rpartition(".")[2].lower() if "." in upload.name else ""
    found = TYPES[content_type]
    if suffix not in found.suffixes:
        text = _("The name of this file does not fit what is in it: %(label)s. It must end in .%(suffix)s.")
        raise Refused(text % {"label": found.label, "suffix": found.suffix})
    return Content(file, content_type, file.size, _digest(file), shown_name(upload.name, found.suffix))


def too_large(most: int) -> Refused:
    text = _("This file is too large. A file can be %(most)s MB at most. Make it smaller.")
    return Refused(text % {"most": most // 1024**2})


def _look_into(upload: UploadedFile) -> tuple[str, File]:
    start = _start_of(upload)
    for magic, look in _LOOKS.items():
        if start.startswith(magic):
            return look(upload)
    raise Refused(
        _(
            "We cannot take this kind of file. You can add a PDF, a document of Word, Excel or PowerPoint "
            "(docx, xlsx, pptx), an OpenDocument file (odt, ods, odp) or a picture (png, jpg)."
        )
    )


def _start_of(upload: UploadedFile) -> bytes:
    upload.seek(0)
    return upload.read(8)


def _pdf(upload: UploadedFile) -> tuple[str, File]:
    upload.seek(max(0, upload.size - TAIL))
    end = upload.read(TAIL)
    if b"%%EOF" not in end or b"startxref" not in end:
        raise Refused(DAMAGED)
    return PDF, upload


def _archive(upload: UploadedFile) -> tuple[str, File]:
    upload.seek(0)
    return archives.kind_of(upload.file), upload


def _picture(content_type: str) -> Callable[[UploadedFile], tuple[str, File]]:
    def look(upload: UploadedFile) -> tuple[str, File]:
        upload.seek(0)
        return content_type, ContentFile(pictures.clean(upload.file, content_type))

    return look


_LOOKS: dict[bytes, Callable[[UploadedFile], tuple[str, File]]] = {
    b"%PDF-": _pdf,
    b"PK\x03\x04": _archive,
    b"\x89PNG\r\n\x1a\n": _picture(PNG),
    b"\xff\xd8\xff": _picture(JPEG),
}


def _digest(file: BinaryIO | File) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def shown_name(name: str, suffix: str) -> str:
    """Return the name as the reader may store it: one line, no folders, no signs that hide how it ends."""
    plain = unicodedata.normalize("NFC", name)
    kept = "".join(sign for sign in plain if unicodedata.category(sign)[0] != "C").translate(_FORBIDDEN)
    stem = kept.rpartition(".")[0].strip(" .-")[: LONGEST_NAME - len(suffix) - 1].rstrip(" .")
    return f"{stem or 'document'}.{suffix}"

"""Pictures: checked by decoding them, and stored as a clean copy: no place, camera or name of who made it."""

import struct
from io import BytesIO
from typing import BinaryIO

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from documents.refusals import DAMAGED, Refused
from documents.types import JPEG, PNG

MOST_PIXELS = 40_000_000  # a decoded picture takes 4 bytes for each
_FORMATS = {PNG: "PNG", JPEG: "JPEG"}
_MODES = {"JPEG": ("RGB", "L"), "PNG": ("1", "L", "LA", "I;16", "P", "RGB", "RGBA")}
# A broken picture can fail anywhere in its decoder.
_FAULTS = (OSError, SyntaxError, ValueError, EOFError, struct.error, OverflowError, IndexError)


def clean(file: BinaryIO, content_type: str) -> bytes:
    """Return the picture encoded anew, upright and without anything but its pixels.

    Raises Refused for a damaged one, and for one with more than MOST_PIXELS before any pixel is decoded.
    """
    kind = _FORMATS[content_type]
    try:
        with Image.open(file, formats=[kind]) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise _too_many_pixels()
            return _encode(ImageOps.exif_transpose(picture), kind)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except _FAULTS as error:
        raise Refused(DAMAGED) from error


def _encode(upright: Image.Image, kind: str) -> bytes:
    if upright.mode not in _MODES[kind]:
        upright = upright.convert("RGB")
    # Which colour of a palette is see-through is part of the picture; all else that came along is not.
    upright.info = {name: value for name, value in upright.info.items() if name == "transparency"}
    encoded = BytesIO()
    upright.save(encoded, kind, **({"quality": 90} if kind == "JPEG" else {}))
    return encoded.getvalue()


def _too_many_pixels() -> Refused:
    most = MOST_PIXELS // 1_000_000
    return Refused(
        _("This picture is too large. It can have %(most)s million pixels at most. Make it smaller.") % {"most": most}
    )

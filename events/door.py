"""The code at the door: an address that says "I am here" for whoever opens it, on the day of the meeting only."""

from collections.abc import Sequence
from datetime import date, datetime

import qrcode
from django.core import signing

from events.models import Event
from noord.dates import local_day

SIGNER = signing.Signer(salt="events.door", sep=".")


def day_of_code(event: Event, now: datetime) -> date:
    """Return the day for which the code is made: today when the meeting lasts more days, else its first."""
    return max(local_day(event.start), min(local_day(now), local_day(event.end)))


def door_token(event: Event, day: date) -> str:
    """Return the meeting and the day, signed: nobody can make one who was not at the door."""
    return SIGNER.sign(f"{event.pk}-{day:%Y%m%d}")


def read_door_token(token: str) -> tuple[int, str] | None:
    """Return the id of the meeting and the day as 20261217; None for what was not made here."""
    try:
        event, _dash, day = SIGNER.unsign(token).partition("-")
    except signing.BadSignature:
        return None
    return int(event), day


def is_of_today(day: str, now: datetime) -> bool:
    return day == f"{local_day(now):%Y%m%d}"


def draw_code(text: str) -> tuple[int, str]:
    """Return the QR code as an SVG: how many squares it is wide, margin included, and the path of the black ones."""
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=4)
    code.add_data(text)
    code.make()
    matrix = code.get_matrix()
    return len(matrix), "".join(_line(y, row) for y, row in enumerate(matrix))


def _line(y: int, row: Sequence[bool]) -> str:
    """Return the black stretches of one line of squares."""
    path, x = [], 0
    while x < len(row):
        width = 0
        while x + width < len(row) and row[x + width]:
            width += 1
        if width:
            path.append(f"M{x} {y}h{width}v1h-{width}z")
        x += width or 1
    return "".join(path)

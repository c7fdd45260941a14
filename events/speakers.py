"""The speakers of an item as text that people type: one on a line, "Naam (rol, organisatie)"."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from events.models import Speaker

LINE = re.compile(r"(?P<name>[^()]+?)\s*(?:\((?P<about>.*)\))?")


class Line(NamedTuple):
    name: str
    role: str = ""
    organisation: str = ""

    def __str__(self) -> str:
        if self.organisation:
            return f"{self.name} ({self.role}, {self.organisation})"
        return f"{self.name} ({self.role})" if self.role else self.name


def line_of(speaker: Speaker) -> Line:
    return Line(speaker.name, speaker.role, speaker.organisation)


def as_text(speakers: Iterable[Speaker]) -> str:
    return "\n".join(str(line_of(speaker)) for speaker in speakers)


def parse(text: str, known: Iterable[Speaker] = ()) -> list[Line]:
    """Return a line for each speaker; what stands after the last comma in the brackets is the organisation.

    A line that says what is known already keeps its parts, whatever commas and brackets are in them. Raises
    ValidationError with a sentence for each line that cannot be read or is too long.
    """
    kept = {str(line_of(speaker)): line_of(speaker) for speaker in known}
    lines, faults = [], []
    for row in filter(None, map(str.strip, text.splitlines())):
        if row in kept:
            lines.append(kept[row])
            continue
        match = LINE.fullmatch(row)
        if not match:
            faults.append(_("“%(line)s”: write it as Name (role, organisation).") % {"line": row})
            continue
        role, comma, organisation = (match["about"] or "").rpartition(",")
        line = Line(match["name"], *map(str.strip, (role, organisation) if comma else (organisation, "")))
        if any(len(value) > Speaker._meta.get_field(name).max_length for name, value in line._asdict().items()):
            faults.append(_("“%(line)s”: this is too long.") % {"line": row})
        lines.append(line)
    if faults:
        raise ValidationError(faults)
    return lines

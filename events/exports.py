"""The registrations of a meeting as a file: what the managers' list shows, one line per person."""

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from io import BytesIO, StringIO
from itertools import chain

from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from events.models import Event, Registration
from events.participants import organisation_of, session_text
from members.models import Person

CSV, XLSX = "csv", "xlsx"
TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
CHUNK = 500
# A spreadsheet takes what begins so for a formula; the wide signs are the same to a Japanese one (OWASP).
FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


def header(*, with_event: bool = False) -> list[str]:
    columns = [
        _("Name"),
        _("Organisation"),
        _("E-mail address"),
        _("State"),
        _("Place in line"),
        _("Sessions"),
        _("Does not eat"),
        _("Name is visible"),
        _("Registered by"),
        _("Registered on"),
        _("Was there"),
    ]
    return [_("Meeting"), *columns] if with_event else columns


def rows(registrations: QuerySet[Registration], *, with_event: bool = False) -> Iterator[list]:
    """Yield a line for each, 500 at a time; needs participants.with_people() and with_sessions()."""
    yes, no = _("yes"), _("no")
    related = ("person", "registered_by", "event") if with_event else ("person", "registered_by")
    for registration in registrations.select_related(*related).iterator(chunk_size=CHUNK):
        line = [
            registration.person.name,
            organisation_of(registration),
            registration.person.email or "",
            registration.get_status_display(),
            registration.place or "",
            ", ".join(session_text(choice) for choice in registration.choices.all()),
            registration.dietary_wish,
            yes if registration.name_visible else no,
            registration.registered_by.name if registration.registered_by else "",
            registration.queued_at,
            registration.attended_at or "",
        ]
        yield [registration.event.title, *line] if with_event else line


def safe(value: object) -> object:
    """Return the value as a cell that no spreadsheet takes for a formula; a moment on the clock of Amsterdam."""
    if isinstance(value, datetime):
        return timezone.localtime(value).replace(tzinfo=None, microsecond=0)
    if isinstance(value, str):
        value = ILLEGAL_CHARACTERS_RE.sub("", value)
        return f"'{value}" if FORMULA.match(value) else value
    return value


def as_csv(lines: Iterable[list]) -> Iterator[str]:
    """Yield the file line by line: semicolons and a BOM, as the Dutch Excel opens it."""
    yield BOM
    for line in lines:
        text = StringIO()
        csv.writer(text, delimiter=";").writerow([safe(value) for value in line])
        yield text.getvalue()


def as_xlsx(lines: Iterable[list]) -> bytes:
    """Return the workbook with one sheet, whose first line is bold and stays in view."""
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(_("Registrations")[:31])
    sheet.freeze_panes = "A2"
    for number, line in enumerate(lines):
        cells = [WriteOnlyCell(sheet, value=safe(value)) for value in line]
        if number == 0:
            for cell in cells:
                cell.font = Font(bold=True)
        sheet.append(cells)
    file = BytesIO()
    workbook.save(file)
    return file.getvalue()


def as_file(
    kind: str, registrations: QuerySet[Registration], *, name: str, with_event: bool = False
) -> HttpResponse | StreamingHttpResponse:
    """Return the answer that a browser saves; needs what rows() needs. A CSV leaves while it is read."""
    lines = chain([header(with_event=with_event)], rows(registrations, with_event=with_event))
    answer = StreamingHttpResponse(as_csv(lines)) if kind == CSV else HttpResponse(as_xlsx(lines))
    answer["Content-Type"] = TYPES[kind]
    answer["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return answer


def note_export(*, events: Iterable[Event], by: Person, kind: str) -> None:
    """Write in the history of each meeting who took its registrations out of the portal, and as what."""
    message = _("Exported registrations as %(kind)s.") % {"kind": kind.upper()}
    events = list(events)
    LogEntry.objects.log_actions(by.pk, events, CHANGE, message, single_object=len(events) == 1)

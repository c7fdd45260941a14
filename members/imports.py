"""Reading a CSV or XLSX file that somebody made in a spreadsheet: its encoding, its headings, its cells."""

import csv
import re
import zipfile
from datetime import date, datetime
from io import BytesIO, StringIO

import tablib
from django.core import signing
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.formats.base_formats import Format
from import_export.tmp_storages import BaseStorage
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from noord.domain import DomainError

MAX_BYTES = 1_500_000  # it travels once more in the form that confirms, where Django takes 2.5 MB
MAX_ROWS = 10_000
MAX_COLUMNS = 60
MAX_UNPACKED = 60_000_000
HOUR = 3600
LINE = "__line__"  # the column of our own that says on which row of the sheet a row stands

TOO_BIG = gettext_lazy("This file is too big: at most 1.5 MB. Divide it over two files.")
TOO_LONG = gettext_lazy("This file has too many rows: at most 10,000. Divide it over two files.")
EMPTY = gettext_lazy("This file is empty: there is no row below the headings.")
OTHER_KIND = gettext_lazy("This is no CSV or XLSX file. Save it in your spreadsheet as one of those two.")
OLD_EXCEL = gettext_lazy("This is an old Excel file (.xls). Save it in Excel as an .xlsx file.")
BROKEN = gettext_lazy("This file cannot be read. Open it in your spreadsheet and save it once more.")

# A spreadsheet takes what begins so for a formula (OWASP, CSV injection).
FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
YES = {"ja", "j", "x", "1", "true", "waar", "yes", "y"}
NO = {"nee", "n", "0", "false", "onwaar", "no"}


def read_sheet(data: bytes) -> tablib.Dataset:
    """Return the rows of the first sheet under their headings, with LINE as the last column; empty rows are left out.

    Raises DomainError with a sentence for whoever chose the file.
    """
    if len(data) > MAX_BYTES:
        raise DomainError(TOO_BIG)
    if not data.strip():
        raise DomainError(EMPTY)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise DomainError(OLD_EXCEL)
    rows = _xlsx_rows(data) if data.startswith(b"PK") else _csv_rows(data)
    numbered = [(number, row) for number, row in enumerate(rows, 1) if any(cell != "" for cell in row)]
    if len(numbered) < 2:
        raise DomainError(EMPTY)
    width = max(len(row) for _number, row in numbered)
    if width > MAX_COLUMNS:
        raise DomainError(BROKEN)
    _number, headings = numbered[0]
    dataset = tablib.Dataset(headers=[*headings, *[""] * (width - len(headings)), LINE])
    for number, row in numbered[1:]:
        dataset.append([*row, *[""] * (width - len(row)), number])
    return dataset


def _xlsx_rows(data: bytes) -> list[list]:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            if "xl/workbook.xml" not in archive.namelist():
                raise DomainError(OTHER_KIND)
            if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED:
                raise DomainError(TOO_BIG)
        book = load_workbook(BytesIO(data), read_only=True, data_only=True)
        try:
            rows = []
            for row in book.worksheets[0].iter_rows(values_only=True, max_col=MAX_COLUMNS + 1):
                if len(rows) > MAX_ROWS:
                    raise DomainError(TOO_LONG)
                cells = [_cell(value) for value in row]
                while cells and cells[-1] == "":
                    cells.pop()
                rows.append(cells)
            return rows
        finally:
            book.close()
    except DomainError:
        raise
    except Exception as error:  # whatever openpyxl and zipfile meet in a file that no spreadsheet made
        raise DomainError(BROKEN) from error


def _csv_rows(data: bytes) -> list[list]:
    text = _decoded(data)
    first = next((line for line in text.splitlines() if line.strip()), "")
    mark = max(";,\t", key=first.count)
    rows = []
    try:
        for row in csv.reader(StringIO(text, newline=""), delimiter=mark):
            if len(rows) > MAX_ROWS:
                raise DomainError(TOO_LONG)
            rows.append([_cell(value) for value in row])
    except csv.Error as error:
        raise DomainError(BROKEN) from error
    return rows


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\0" in data or data.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8", b"{\\rtf", b"<!DOCTYPE", b"<html")):
        raise DomainError(OTHER_KIND)
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DomainError(OTHER_KIND)


def _cell(value: object) -> object:
    """Return text without spaces around it, a date, or nothing (""); numbers as a person writes them."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "ja" if value else "nee"
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).replace("\xa0", " ").strip()
    # What our own export put before it, so that an export can come back.
    return text[1:] if text.startswith("'") and FORMULA.match(text[1:]) else text


def to_date(cell: object) -> date | None:
    """Return the day; None for an empty cell. Raises ValueError with a sentence."""
    if cell == "" or isinstance(cell, date):
        return cell or None
    for pattern in ("%d-%m-%Y", "%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(str(cell), pattern).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise ValueError(_("This is no date. Write 31-12-2026 or 2026-12-31."))


def to_boolean(cell: object) -> bool | None:
    """Return yes or no; None for an empty cell. Raises ValueError with a sentence."""
    text = str(cell).casefold()
    if text in YES | NO | {""}:
        return None if text == "" else text in YES
    raise ValueError(_("Write ja or nee."))


def bare_heading(text: object) -> str:
    """Return a heading without what people write differently: "E-mail adres " is "emailadres"."""
    return re.sub(r"[^a-z0-9]", "", str(text).casefold())


class Sheet(Format):
    """CSV or XLSX, whichever it is: the file itself says so, not its name."""

    def __init__(self, encoding: str | None = None) -> None:
        super().__init__()

    def get_title(self) -> str:
        return "CSV, XLSX"

    def create_dataset(self, in_stream: bytes) -> tablib.Dataset:
        return read_sheet(in_stream)

    def get_read_mode(self) -> str:
        return "rb"

    def is_binary(self) -> bool:
        return True

    def can_import(self) -> bool:
        return True

    def can_export(self) -> bool:
        return False


class CsvFile(Format):
    """CSV as a Dutch spreadsheet opens it: a semicolon between the cells, and a mark that it is UTF-8."""

    def get_title(self) -> str:
        return "CSV"

    def get_extension(self) -> str:
        return "csv"

    def get_content_type(self) -> str:
        return "text/csv; charset=utf-8"

    def can_export(self) -> bool:
        return True

    def is_binary(self) -> bool:
        return True

    def export_data(self, dataset: tablib.Dataset, **kwargs) -> bytes:
        file = StringIO(newline="")
        writer = csv.writer(file, delimiter=";")
        for row in [dataset.headers, *dataset]:
            writer.writerow([f"'{cell}" if FORMULA.match(str(cell)) else cell for cell in row])
        return file.getvalue().encode("utf-8-sig")


class XlsxFile(Format):
    """XLSX in which every text is a text, also one that begins as a formula does."""

    def get_title(self) -> str:
        return "XLSX (Excel)"

    def get_extension(self) -> str:
        return "xlsx"

    def get_content_type(self) -> str:
        return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def can_export(self) -> bool:
        return True

    def is_binary(self) -> bool:
        return True

    def export_data(self, dataset: tablib.Dataset, **kwargs) -> bytes:
        book = Workbook(write_only=True)
        sheet = book.create_sheet()
        for row in [dataset.headers, *dataset]:
            cells = []
            for value in row:
                cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", str(value)))
                cell.data_type = "s"
                cells.append(cell)
            sheet.append(cells)
        file = BytesIO()
        book.save(file)
        return file.getvalue()


class InTheForm(BaseStorage):
    """Keep the uploaded file in the form that confirms it, signed: no disk, no cache, and gone with the page.

    With several replicas the next request may come to another one, and what people upload is personal data.
    """

    SALT = "members.imports"

    def save(self, data: bytes) -> None:
        self.name = signing.dumps(data.decode("latin-1"), salt=self.SALT, compress=True, serializer=_Plain)

    def read(self) -> bytes:
        """Return the file. Raises signing.BadSignature when it is older than an hour, or not what we gave out."""
        return signing.loads(self.name, salt=self.SALT, max_age=HOUR, serializer=_Plain).encode("latin-1")

    def remove(self) -> None:
        pass


class _Plain:
    def dumps(self, text: str) -> bytes:
        return text.encode("latin-1")

    def loads(self, data: bytes) -> str:
        return data.decode("latin-1")

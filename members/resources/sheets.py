"""What every sheet has: headings, rows, faults."""

from contextlib import nullcontext
from datetime import date
from typing import Any, NamedTuple

import tablib
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.results import Error, Result, RowResult

from members.imports import LINE, bare_heading
from members.models import Person
from noord.administration import history
from noord.domain import DomainError

IN_THE_FILE = "file"  # marks a fault that is of the file and not of one row


class Fault(NamedTuple):
    """What is wrong in one cell; the row as the spreadsheet numbers it."""

    row: int
    column: str
    message: str


class SheetResource(ModelResource):
    """What both imports share: headings by name, an empty cell changes nothing, every fault with row and column."""

    ALIASES: dict[str, tuple[str, ...]] = {}  # other headings for a field, besides its own
    asks_database = True  # whether somebody else has a value already; False when prepare() knows it for all rows

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.faults: list[Fault] = []
        self.changed: set[str] = set()
        self.before: dict[str, Any] = {}
        self.seen: dict[Any, Any] = {}
        self.by: Person | None = None

    def may(self, right: str) -> bool:
        """Tell whether who imports has this right besides that to import."""
        return self.by is not None and self.by.has_perm(right)

    def before_import(self, dataset: tablib.Dataset, **kwargs: Any) -> None:
        self.by = kwargs.get("user")
        known = {}
        for name, field in self.fields.items():
            known |= {
                bare_heading(alias): field.column_name for alias in (field.column_name, *self.ALIASES.get(name, ()))
            }
        headers: list[str] = []
        for number, heading in enumerate(dataset.headers):
            if heading == LINE:
                headers.append(LINE)
                continue
            name = known.get(bare_heading(heading), "")
            if not str(heading).strip():
                filled = any(row[number] != "" for row in dataset)
                message = _("This column has no heading.") if filled else ""
            elif not name:
                message = _("We do not know this column. Known are: %(columns)s.") % {
                    "columns": ", ".join(self.fields[known].column_name for known in self._meta.fields)
                }
            else:
                message = _("This column is there twice.") if name in headers else ""
            if message:
                self.faults.append(Fault(1, str(heading) or f"{number + 1}", message))
            headers.append(f"__{number}__" if message or not name else name)
        if self.fields["name"].column_name not in headers:
            self.faults.append(Fault(1, self.fields["name"].column_name, _("This column is missing.")))
        dataset.headers = headers
        self.prepare(dataset)

    def prepare(self, dataset: tablib.Dataset) -> None:
        """Look up once what every row needs."""

    def cell(self, row: dict, name: str) -> Any:
        """Return what the row says in the column of this field; "" for nothing."""
        return row.get(self.fields[name].column_name, "")

    def import_field(self, field: Field, instance: Model, row: dict, is_m2m: bool = False, **kwargs: Any) -> None:
        """Set a plain field. An empty cell leaves what is there."""
        value = row.get(field.column_name, "")
        if field.attribute and value != "":
            setattr(instance, field.attribute, str(value))

    def import_instance(self, instance: Model, row: dict, **kwargs: Any) -> None:
        self.changed = set()
        before = self.before = {name: getattr(instance, name) for name in self.plain}
        super().import_instance(instance, row, **kwargs)
        errors: dict[str, list[str]] = {}
        self.read_row(instance, row, errors)
        self.changed |= {name for name, value in before.items() if getattr(instance, name) != value}
        if errors:
            raise ValidationError(errors)

    @property
    def plain(self) -> list[str]:
        return [field.attribute for field in self.fields.values() if field.attribute]

    def read_row(self, instance: Model, row: dict, errors: dict[str, list[str]]) -> None:
        """Read the cells that are no plain field, and note under their names in `changed` what they change."""

    def skip_row(self, instance: Model, original: Model | None, row: dict, import_validation_errors=None) -> bool:
        return not import_validation_errors and instance.pk is not None and not self.changed

    def validate_instance(self, instance: Model, import_validation_errors=None, validate_unique: bool = True) -> None:
        """Check only what changed: what was there before is not this file's fault."""
        errors = dict(import_validation_errors or {})
        present = instance.pk is not None
        untouched = [
            field.name for field in instance._meta.concrete_fields if present and field.name not in self.changed
        ]
        try:
            instance.full_clean(
                exclude={*errors, *untouched},
                validate_unique=self.asks_database,
                validate_constraints=self.asks_database,
            )
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        if errors:
            raise ValidationError(errors)

    def import_data(self, dataset: tablib.Dataset, dry_run: bool = False, **kwargs: Any) -> Result:
        """Import it; a dry run need not write the history that is rolled back."""
        with history.quiet() if dry_run else nullcontext():
            return super().import_data(dataset, dry_run=dry_run, **kwargs)

    def after_import_row(self, row: dict, row_result: RowResult, **kwargs: Any) -> None:
        row_result.line = row[LINE]
        row_result.changed = [field.column_name for name, field in self.fields.items() if name in self.changed]

    def after_import(self, dataset: tablib.Dataset, result: Result, **kwargs: Any) -> None:
        """Gather the faults; write in the history what was done when there are none."""
        lines = [row[-1] for row in dataset]
        if any(fault.row == 1 for fault in self.faults):
            result.append_base_error(Error(DomainError(IN_THE_FILE)))
        for invalid in result.invalid_rows:
            for name, messages in invalid.error_dict.items():
                known = self.fields.get("" if name == NON_FIELD_ERRORS else name)
                column = known.column_name if known else ""
                self.faults += [Fault(lines[invalid.number - 1], column, str(message)) for message in messages]
        for failed in result.error_rows:
            message = _("This row cannot be read.")
            self.faults.append(Fault(lines[failed.number - 1], "", message))
        result.faults = sorted(self.faults)
        if not result.faults and not result.has_errors() and not kwargs.get("dry_run"):
            history.note(
                self._meta.model,
                history.LogEntry.Action.UPDATE,
                said="import",
                file=str(kwargs.get("file_name", ""))[:100],
                rows=len(dataset),
                new=result.totals[RowResult.IMPORT_TYPE_NEW],
                changed=result.totals[RowResult.IMPORT_TYPE_UPDATE],
            )

    def after_export(self, queryset: QuerySet, dataset: tablib.Dataset, **kwargs: Any) -> None:
        history.note(self._meta.model, history.LogEntry.Action.ACCESS, said="export", rows=len(dataset))

    def parsed(self, row: dict, name: str, parse, errors: dict[str, list[str]]) -> Any:
        """Return what the parser makes of the cell; None, with the fault noted, when it cannot."""
        try:
            return parse(self.cell(row, name))
        except ValueError as error:
            errors.setdefault(name, []).append(str(error))
            return None


def written_day(value: date | None) -> str:
    return value.strftime("%d-%m-%Y") if value else ""

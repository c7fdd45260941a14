"""An entry of the history in the reader's words: who did what, and which value became which."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from auditlog.models import LogEntry
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils import formats, timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from noord.administration import history

LONGEST = 300
EMPTY = (None, "", "None")
DONE = {
    LogEntry.Action.CREATE: gettext_lazy("added"),
    LogEntry.Action.UPDATE: gettext_lazy("changed"),
    LogEntry.Action.DELETE: gettext_lazy("deleted"),
    LogEntry.Action.ACCESS: gettext_lazy("read out"),
}
SAID = {
    "import": gettext_lazy("imported from a file"),
    "export": gettext_lazy("exported to a file"),
    "merge": gettext_lazy("merged with another"),
    "undo": gettext_lazy("merge undone"),
}


@dataclass(frozen=True)
class Change:
    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Line:
    """One entry, ready to be shown."""

    when: datetime
    who: str
    what: str
    done: str
    changes: list[Change]


def who(entry: LogEntry) -> str:
    """Name who did it: a person, somebody whose account is gone, or the system itself."""
    if entry.actor_id:
        return str(entry.actor)
    return _("a deleted account") if entry.actor_email else _("the system")


def done(entry: LogEntry) -> str:
    said = (entry.additional_data or {}).get("said")
    return str(SAID.get(said) or DONE[entry.action])


def describe(entries: Iterable[LogEntry]) -> list[Line]:
    """Put entries into words; one query per model that they point to, however many there are."""
    entries = list(entries)
    names = _names(entries)
    return [
        Line(
            entry.timestamp,
            who(entry),
            f"{capfirst(kind_of(entry))}: {entry.object_repr}",
            done(entry),
            _changes(entry, names),
        )
        for entry in entries
    ]


def kind_of(entry: LogEntry) -> str:
    model = entry.content_type.model_class()
    return str(model._meta.verbose_name if model else entry.content_type)


def field_of(entry: LogEntry, name: str) -> models.Field | None:
    model = entry.content_type.model_class()
    try:
        return model._meta.get_field(name) if model else None
    except FieldDoesNotExist:  # the field was there when the entry was written
        return None


def _names(entries: list[LogEntry]) -> dict[type[models.Model], dict[str, str]]:
    wanted: dict[type[models.Model], set[str]] = defaultdict(set)
    for entry in entries:
        for name, values in (entry.changes or {}).items():
            field = field_of(entry, name)
            if field is not None and field.many_to_one and isinstance(values, list):
                wanted[field.related_model].update(str(value) for value in values if str(value).isdigit())
    return {
        model: {str(row.pk): str(row) for row in model._base_manager.filter(pk__in=pks)}
        for model, pks in wanted.items()
    }


def _changes(entry: LogEntry, names: dict) -> list[Change]:
    changes = []
    for name, values in (entry.changes or {}).items():
        field = field_of(entry, name)
        label = str(capfirst(getattr(field, "verbose_name", name)))
        if isinstance(values, dict):  # of a list: what came in or went out
            objects = ", ".join(values.get("objects", []))
            added = values.get("operation") == "add"
            changes.append(Change(label, "" if added else objects, objects if added else ""))
        else:
            old, new = (_value(field, value, names) for value in values)
            if old != new or history.HIDDEN in (old, new):
                changes.append(Change(label, old, new))
    data = entry.additional_data or {}
    for key, label in (
        ("file", _("File")), ("rows", _("Rows")), ("new", _("New")), ("changed", _("Changed")),
        ("other", _("Other one")),
    ):  # fmt: skip
        if data.get(key) not in (None, ""):
            changes.append(Change(label, "", str(data[key])))
    return sorted(changes, key=lambda change: change.label)


def _value(field: models.Field | None, value: object, names: dict) -> str:
    """Say a value as the log keeps it (text) in the reader's words."""
    if value in EMPTY:
        return ""
    text = str(value)
    if text == history.HIDDEN or field is None:
        return text
    if field.many_to_one:
        return names.get(field.related_model, {}).get(text, f"#{text}")
    if isinstance(field, models.BooleanField):
        return _("Yes") if text == "True" else _("No")
    if field.choices:
        return str(dict(field.flatchoices).get(value, text))
    if isinstance(field, models.DateTimeField) and (moment := parse_datetime(text)):
        moment = moment if timezone.is_aware(moment) else moment.replace(tzinfo=timezone.get_fixed_timezone(0))
        return formats.date_format(timezone.localtime(moment), "DATETIME_FORMAT")
    if isinstance(field, models.DateField) and (day := parse_date(text[:10])):
        return formats.date_format(day, "DATE_FORMAT")
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"

"""How a row that points at the one that goes comes to point at the one that stays, and what is written down of it."""

from collections.abc import Callable, Iterator
from datetime import date

from django.apps import apps
from django.core import serializers
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import UniqueConstraint

from noord.administration import history


class Merging:
    """One merge while it happens, and what must be known to undo it."""

    def __init__(self, keep: models.Model, gone: models.Model) -> None:
        self.keep, self.gone = keep, gone
        self.record: dict[str, list] = {"moved": [], "removed": [], "changed": [], "added": []}

    def move(self, row: models.Model, field: models.Field) -> None:
        setattr(row, field.name, self.keep)
        row.save(update_fields=[field.name])
        self.record["moved"].append([row._meta.label, field.name, [row.pk]])

    def move_all(self, model: type[models.Model], field: models.Field, pks: list[int]) -> None:
        model._base_manager.filter(pk__in=pks).update(**{field.name: self.keep})
        self.record["moved"].append([model._meta.label, field.name, pks])

    def remove(self, row: models.Model) -> None:
        """Delete the row with the rows that go with it; undo brings them back."""
        for model, field in references(type(row)):
            if field.remote_field.on_delete is models.CASCADE:
                for child in model._base_manager.filter(**{field.name: row}):
                    self.remove(child)
        self.record["removed"].append(written(row))
        row.delete()

    def change(self, row: models.Model, **values: object) -> None:
        """Give the row other values; undo takes back those that nobody changed since."""
        before = {name: getattr(row, name) for name in values}
        changed = {name: value for name, value in values.items() if before[name] != value}
        if not changed:
            return
        for name, value in changed.items():
            setattr(row, name, value)
        row.save(update_fields=list(changed))
        told = {name: [plain(row, name, before[name]), plain(row, name, value)] for name, value in changed.items()}
        self.record["changed"].append([row._meta.label, row.pk, told])

    def add(self, row: models.Model) -> None:
        row.save(force_insert=True)
        self.record["added"].append([row._meta.label, row.pk])

    def conflicts(self, row: models.Model, field: models.Field) -> bool:
        """Point the row at the one that stays, unsaved; tell whether that one has such a row already."""
        setattr(row, field.name, self.keep)
        try:
            row.validate_unique()
            for constraint in row._meta.constraints:
                if isinstance(constraint, UniqueConstraint):
                    constraint.validate(type(row), row)
        except ValidationError:
            return True
        ends = [end.attname for end in row._meta.concrete_fields if end.related_model is type(self.keep)]
        linked = {getattr(row, name) for name in ends}
        return bool(row._meta.auto_created) and len(ends) > 1 and len(linked) == 1  # it would point at itself


Hook = Callable[[Merging, list[models.Model], models.Field], None]
_hooks: dict[str, Hook] = {}
_returns: dict[str, Callable[[models.Model], None]] = {}


def merges(*labels: str) -> Callable[[Hook], Hook]:
    """Register what happens to the rows of these models ("app.Model") that point at the one that goes."""

    def register(hook: Hook) -> Hook:
        _hooks.update({label.lower(): hook for label in labels})
        return hook

    return register


def returns(label: str) -> Callable:
    """Register what happens to a row of the model just before undo brings it back, unsaved."""

    def register(hook: Callable[[models.Model], None]) -> Callable[[models.Model], None]:
        _returns[label.lower()] = hook
        return hook

    return register


def hook_of(model: type[models.Model]) -> Hook | None:
    return _hooks.get(model._meta.label_lower)


def return_hook(row: models.Model) -> Callable[[models.Model], None] | None:
    return _returns.get(row._meta.label_lower)


def references(model: type[models.Model]) -> Iterator[tuple[type[models.Model], models.Field]]:
    """Yield every model with its foreign key to this one, the tables behind lists included."""
    for other in apps.get_models(include_auto_created=True):
        for field in other._meta.concrete_fields:
            if field.related_model is model and other._meta.managed and not other._meta.proxy:
                yield other, field


def move_rows(merging: Merging, rows: models.QuerySet, field: models.Field) -> None:
    if not _is_unique(rows.model, field) and not history.is_logged(rows.model):
        if pks := list(rows.values_list("pk", flat=True)):
            merging.move_all(rows.model, field, pks)
        return
    for row in rows:
        if merging.conflicts(row, field):
            row.refresh_from_db()
            merging.remove(row)
        else:
            merging.move(row, field)


def _is_unique(model: type[models.Model], field: models.Field) -> bool:
    """Tell whether the field is part of something of which there is one."""
    together = [name for names in model._meta.unique_together for name in names]
    named = [
        name
        for constraint in model._meta.constraints
        if isinstance(constraint, UniqueConstraint)
        for name in constraint.fields
    ]
    return field.unique or field.name in together or field.name in named


def written(row: models.Model) -> dict:
    """Return the row as plain values, without its password."""
    names = [field.name for field in row._meta.local_concrete_fields if field.name != "password"]
    return serializers.serialize("python", [row], fields=names)[0]


def plain(row: models.Model, name: str, value: object) -> object:
    field = row._meta.get_field(name)
    if isinstance(value, models.Model):
        return value.pk
    return value if value is None or isinstance(value, bool | int | date) else field.get_prep_value(value)

"""Two people, or two organisations, turn out to be one: merge() makes them so, undo() takes it back for 30 days.

Every row that points at the one that goes is moved to the one that stays, whatever its app. Where a row cannot just
move (both are registered for one meeting), an app says by @merges what happens; without that the row of the one that
stays wins. All of it is written down in Merge.record.
"""

from collections.abc import Callable, Iterator
from copy import copy
from datetime import date, timedelta

from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.core import serializers
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import ProtectedError, RestrictedError, UniqueConstraint
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members import operations, rules
from members.models import Duplicate, MailPreferences, Membership, Merge, Organisation, Person, Position
from members.models.merging import UNDO_DAYS, Subject
from members.periods import ends_later
from noord.administration import history
from noord.administration.rights import is_out_of_reach
from noord.domain import YES, Decision, DomainError, no

MODELS = {Subject.PERSON: Person, Subject.ORGANISATION: Organisation}
FIELDS = {
    Person: ("name", "email", "phone", "contact_is_public"),
    Organisation: tuple(
        field.name for field in Organisation._meta.concrete_fields if field.editable and not field.primary_key
    ),
}
# Fields that mean something together only: taken from the one or from the other as a whole.
TOGETHER = {
    Person: (),
    Organisation: (
        ("population", "population_year"),
        ("tile_column", "tile_row", "tile_label"),
        ("prospect_since", "prospect_stage", "expected_on"),
    ),
}
NO_PROSPECT = {"prospect_since": None, "prospect_stage": "", "expected_on": None}
RIGHTS = ("members.person_groups", "members.person_user_permissions")  # rows that give somebody rights
CHANGED_MEANWHILE = _("Nothing is merged: somebody else changed one of the two at the same time. Do it once more.")
CANNOT_GO_BACK = _("This merge cannot be undone any more: what belonged to the two was changed too much since.")


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
        self.record["removed"].append(_written(row))
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
        told = {name: [_plain(row, name, before[name]), _plain(row, name, value)] for name, value in changed.items()}
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


def references(model: type[models.Model]) -> Iterator[tuple[type[models.Model], models.Field]]:
    """Yield every model with its foreign key to this one, the tables behind lists included."""
    for other in apps.get_models(include_auto_created=True):
        for field in other._meta.concrete_fields:
            if field.related_model is model and other._meta.managed and not other._meta.proxy:
                yield other, field


def choices(model: type[models.Model]) -> list[tuple[str, ...]]:
    """Return the fields of which one may choose whose value stays; those that go together as one choice."""
    with_others = {name: names for names in TOGETHER[model] for name in names}
    return list(dict.fromkeys(with_others.get(name, (name,)) for name in FIELDS[model]))


def may_merge(keep: models.Model, gone: models.Model, by: Person) -> Decision:
    if type(keep) is not type(gone) or keep.pk == gone.pk:
        return no(_("Choose two different ones of the same kind."))
    if gone == by:
        return no(_("You cannot merge away the account that you work with."))
    if isinstance(keep, Person) and not by.is_superuser and any(is_out_of_reach(one) for one in (keep, gone)):
        return no(_("One of the two has a role or rights. Only an administrator may merge them."))
    return YES


def merge(
    *, keep: models.Model, gone: models.Model, by: Person, take: frozenset[str] | set[str] = frozenset()
) -> Merge:
    """Let `gone` become part of `keep`; of the fields in `take`, and what goes with them, the value of `gone` stays.

    Raises DomainError when may_merge() refuses, when the two together break a rule, or when somebody changes one of
    the two at the same time.
    """
    try:
        with transaction.atomic(), history.acting(by):
            return _merge(keep, gone, by, take)
    except (IntegrityError, ProtectedError, RestrictedError) as error:
        raise DomainError(_broken_rule(error) or CHANGED_MEANWHILE) from error


def _merge(keep: models.Model, gone: models.Model, by: Person, take: frozenset[str] | set[str]) -> Merge:
    model = type(keep)
    # Not FOR UPDATE: who registers meanwhile points at one of the two, and must not wait for us and we for them.
    locked = {
        row.pk: row
        for row in model.objects.select_for_update(no_key=True).filter(pk__in=[keep.pk, gone.pk]).order_by("pk")
    }
    if len(locked) < 2 and keep.pk != gone.pk:
        raise DomainError(CHANGED_MEANWHILE)
    keep, gone = locked[keep.pk], locked[gone.pk]
    may_merge(keep, gone, by).require()
    merging = Merging(keep, gone)
    was_out_of_reach = isinstance(gone, Person) and is_out_of_reach(gone)
    for other, field in references(model):
        rows = other._base_manager.filter(**{field.name: gone}).order_by("pk")
        if hook := _hooks.get(other._meta.label_lower):
            hook(merging, list(rows), field)
        else:
            _move(merging, rows, field)
    values = {name: getattr(gone, name) for names in choices(model) if take.intersection(names) for name in names}
    record = merging.record | {"gone": _written(gone), "was_out_of_reach": was_out_of_reach}
    names = str(keep)[:160], str(gone)[:160]
    gone_pk = gone.pk
    _let_nothing_go_along(gone)
    with history.quiet():  # its own entry says it; and nobody is forgotten
        gone.delete()
    if isinstance(keep, Organisation) and keep.memberships.filter(ends_later()).exists():
        values |= NO_PROSPECT  # a member, today or later, is no prospective member any more
    _keep_the_rules(keep, values)
    merging.change(keep, **values)
    if isinstance(keep, Person):
        _one_address(keep)
    Duplicate.objects.filter(models.Q(one_id=gone_pk) | models.Q(other_id=gone_pk), subject=_subject(model)).delete()
    history.note(model, history.LogEntry.Action.UPDATE, said="merge", instance=keep, merged=gone_pk, other=names[1])
    return Merge.objects.create(
        subject=_subject(model), kept_id=keep.pk, gone_id=gone_pk, kept_name=names[0], gone_name=names[1], by=by,
        record=record,
    )  # fmt: skip


def undo(*, merge: Merge, by: Person) -> models.Model:
    """Bring back the one that went, with what was its own; return it.

    What was changed since stays changed. A second factor, a calendar link and a password do not come back. Raises
    DomainError after 30 days, when it was undone before, when too much has changed, or when rights or a role would
    come back or change hands and `by` is no superuser.
    """
    try:
        with transaction.atomic(), history.acting(by):
            return _undo(Merge.objects.select_for_update().get(pk=merge.pk), by)
    except (IntegrityError, ProtectedError, RestrictedError) as error:
        raise DomainError(_broken_rule(error) or CANNOT_GO_BACK) from error


def _undo(merge: Merge, by: Person) -> models.Model:
    model = MODELS[merge.subject]
    if not merge.can_be_undone:
        raise DomainError(_("A merge can be undone once, within 30 days."))
    keep = model.objects.select_for_update(no_key=True).filter(pk=merge.kept_id).first()
    if keep is None:
        raise DomainError(_("The other one is not there any more. Undo the later merge first."))
    record = merge.record
    if isinstance(keep, Person) and not by.is_superuser and (is_out_of_reach(keep) or _gives_rights(record)):
        raise DomainError(_("One of the two has a role or rights. Only an administrator may undo this."))
    _take_back(record["changed"])
    with history.quiet():
        gone = _restore(record["gone"])
    for label, name, pks in record["moved"]:
        _move_back(apps.get_model(label), name, pks, keep, gone)
    for label, pk in record["added"]:
        for row in apps.get_model(label)._base_manager.filter(pk=pk):
            row.delete()
    for written in reversed(record["removed"]):
        _restore(written)
    if isinstance(gone, Person):
        keep.refresh_from_db()
        _one_address(keep)
        _one_address(gone)
    merge.undone_at, merge.record = timezone.now(), None
    merge.save(update_fields=["undone_at", "record"])
    history.note(
        model, history.LogEntry.Action.UPDATE, said="undo", instance=keep, merged=merge.gone_id, other=merge.gone_name
    )
    return gone


def forget_records() -> int:
    """Forget the data of who was merged away more than 30 days ago; return of how many."""
    over = Merge.objects.filter(merged_at__lte=timezone.now() - timedelta(days=UNDO_DAYS))
    return over.filter(record__isnull=False).update(record=None)


def _subject(model: type[models.Model]) -> Subject:
    return next(subject for subject, known in MODELS.items() if known is model)


def _let_nothing_go_along(gone: models.Model) -> None:
    """Refuse when something still points at the one that goes: it came during the merge, and would be deleted too.

    Whoever points at it later waits for this lock, and finds that it is gone.
    """
    type(gone).objects.select_for_update().get(pk=gone.pk)
    for other, field in references(type(gone)):
        if other._base_manager.filter(**{field.name: gone}).exists():
            raise DomainError(CHANGED_MEANWHILE)


def _keep_the_rules(row: models.Model, values: dict) -> None:
    """Raise DomainError with the sentence of the rule that the row would break with these values."""
    row = copy(row)
    for name, value in values.items():
        setattr(row, name, value)
    try:
        row.validate_unique()
        row.validate_constraints()
    except ValidationError as error:
        raise DomainError(" ".join(error.messages)) from error


def _broken_rule(error: Exception) -> str:
    """Return the sentence of the rule that the database names; "" when it names none that has one."""
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            sentence = constraint.violation_error_message
            if constraint.name in str(error) and sentence != constraint.default_violation_error_message:
                return str(sentence)
    return ""


def _gives_rights(record: dict) -> bool:
    """Tell whether undoing this brings back somebody with rights or a role."""
    fields = record["gone"]["fields"]
    return (
        record["was_out_of_reach"]
        or fields["is_staff"]
        or fields["is_superuser"]
        or any(written["model"] in RIGHTS for written in record["removed"])
    )


def _one_address(person: Person) -> None:
    operations.keep_one_address(person=person)
    if person.email:
        operations.know_address(person=person)


def _move(merging: Merging, rows: models.QuerySet, field: models.Field) -> None:
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


def _written(row: models.Model) -> dict:
    """Return the row as plain values, without its password."""
    names = [field.name for field in row._meta.local_concrete_fields if field.name != "password"]
    return serializers.serialize("python", [row], fields=names)[0]


def _plain(row: models.Model, name: str, value: object) -> object:
    field = row._meta.get_field(name)
    if isinstance(value, models.Model):
        return value.pk
    return value if value is None or isinstance(value, bool | int | date) else field.get_prep_value(value)


def _restore(written: dict) -> models.Model | None:
    """Insert the row again with its old key; None when what it belonged to is not there any more."""
    row = next(serializers.deserialize("python", [written])).object
    if hasattr(row, "password"):
        row.password = make_password(None)  # also ends every session that there was
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        if field.many_to_one and value is not None and not field.related_model._base_manager.filter(pk=value).exists():
            if not field.null:
                return None
            setattr(row, field.attname, None)
    if hook := _returns.get(row._meta.label_lower):
        hook(row)
    row.save_base(raw=True, force_insert=True)
    return row


def _take_back(changed: list) -> None:
    for label, pk, values in reversed(changed):
        row = apps.get_model(label)._base_manager.filter(pk=pk).first()
        if row is None:
            continue
        names = []
        for name, (before, after) in values.items():
            field = row._meta.get_field(name)
            if getattr(row, field.attname) == field.to_python(after):
                setattr(row, field.attname, field.to_python(before))
                names.append(name)
        row.save(update_fields=names)


def _move_back(model: type[models.Model], name: str, pks: list[int], keep: models.Model, gone: models.Model) -> None:
    rows = model._base_manager.filter(pk__in=pks, **{name: keep})
    if not history.is_logged(model):
        rows.update(**{name: gone})
        return
    for row in rows:
        setattr(row, name, gone)
        row.save(update_fields=[name])


def join_periods(
    merging: Merging,
    rows: list[models.Model],
    field: models.Field,
    *,
    same: tuple[str, ...],
    combine: Callable[[models.Model, models.Model], dict] = lambda one, other: {},
) -> None:
    """Move rows with a period; one that overlaps a row about the same (the fields in `same`) becomes part of that.

    `combine` says which other values the one row has then.
    """
    for row in rows:
        setattr(row, field.name, merging.keep)
        about = {name: getattr(row, name) for name in same}
        others = [
            other
            for other in type(row)._base_manager.filter(**about).exclude(pk=row.pk).order_by("start", "pk")
            if rules.overlap(row.start, row.end, other.start, other.end)
        ]
        if not others:
            merging.move(row, field)
            continue
        stays, periods = others[0], [row, *others]
        values = {
            "start": min(period.start for period in periods),
            "end": None if any(period.end is None for period in periods) else max(period.end for period in periods),
        }
        together = copy(stays)
        for other in (*others[1:], row):
            for name, value in combine(together, other).items():
                values[name] = value
                setattr(together, name, value)
            other.refresh_from_db()
            merging.remove(other)
        merging.change(stays, **values)


@merges("members.Membership")
def _memberships(merging: Merging, rows: list[Membership], field: models.Field) -> None:
    join_periods(merging, rows, field, same=("organisation",))


@merges("members.Position")
def _positions(merging: Merging, rows: list[Position], field: models.Field) -> None:
    def combine(one: Position, other: Position) -> dict:
        return {"title": one.title or other.title, "is_main_contact": one.is_main_contact or other.is_main_contact}

    join_periods(merging, rows, field, same=("person", "organisation"), combine=combine)


@merges("members.MailPreferences")
def _preferences(merging: Merging, rows: list[MailPreferences], field: models.Field) -> None:
    """What the one who stays chose counts; without a choice, the other's."""
    for row in rows:
        chosen = {"invitations": row.invitations, "reminders": row.reminders, "news": row.news}
        merging.remove(row)
        if not MailPreferences.objects.filter(person=merging.keep).exists():
            merging.add(MailPreferences(person=merging.keep, **chosen))


@merges(*RIGHTS)
def _rights(merging: Merging, rows: list[models.Model], field: models.Field) -> None:
    """Rights go with an account and not with a person: nobody gets more of them by a merge."""
    for row in rows:
        merging.remove(row)


@merges("account.EmailAddress", "mfa.Authenticator")
def forget(merging: Merging, rows: list[models.Model], field: models.Field) -> None:
    """End what lets somebody in; undo does not bring a secret back."""
    for row in rows:
        row.delete()

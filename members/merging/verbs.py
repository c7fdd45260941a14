"""The two verbs, and who may."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from datetime import timedelta

from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.core import serializers
from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, models, transaction
from django.db.models import ProtectedError, RestrictedError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members import operations
from members.merging.moving import Merging, hook_of, move_rows, references, return_hook, written
from members.merging.rules import RIGHTS
from members.models import Duplicate, Merge, Organisation, Person
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
CHANGED_MEANWHILE = _("Nothing is merged: somebody else changed one of the two at the same time. Do it once more.")
BUSY = _("Nothing is changed: somebody else was busy with the same data at the same moment. Do it once more.")
CROSSED = ("40P01", "40001")  # deadlock_detected and serialization_failure, as PostgreSQL calls them
CANNOT_GO_BACK = _("This merge cannot be undone any more: what belonged to the two was changed too much since.")


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
    with _all_or_nothing(by, CHANGED_MEANWHILE):
        return _merge(keep, gone, by, take)


@contextmanager
def _all_or_nothing(by: Person, otherwise: str) -> Iterator[None]:
    """Raise DomainError for what the database refuses; `otherwise` says it of a rule without a sentence of its own."""
    try:
        with transaction.atomic(), history.acting(by):
            yield
    except (IntegrityError, ProtectedError, RestrictedError) as error:
        raise DomainError(_broken_rule(error) or otherwise) from error
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) not in CROSSED:
            raise
        raise DomainError(BUSY) from error


def _merge(keep: models.Model, gone: models.Model, by: Person, take: frozenset[str] | set[str]) -> Merge:
    model = type(keep)
    # By key, so that of two merges one waits for the other; with who does it, whom the other may be merging away.
    pks = {keep.pk, gone.pk} | ({by.pk} if model is Person else set())
    # Not FOR UPDATE: who registers meanwhile points at one of the two, and must not wait for us and we for them.
    rows = model.objects.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk")
    locked = {row.pk: row for row in rows}
    if locked.keys() != pks:
        raise DomainError(CHANGED_MEANWHILE)
    keep, gone = locked[keep.pk], locked[gone.pk]
    may_merge(keep, gone, by).require()
    merging = Merging(keep, gone)
    was_out_of_reach = isinstance(gone, Person) and is_out_of_reach(gone)
    for other, field in references(model):
        rows = other._base_manager.filter(**{field.name: gone}).order_by("pk")
        if hook := hook_of(other):
            hook(merging, list(rows), field)
        else:
            move_rows(merging, rows, field)
    values = {name: getattr(gone, name) for names in choices(model) if take.intersection(names) for name in names}
    record = merging.record | {"gone": written(gone), "was_out_of_reach": was_out_of_reach}
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
    with _all_or_nothing(by, CANNOT_GO_BACK):
        return _undo(Merge.objects.select_for_update().get(pk=merge.pk), by)


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
    for row in reversed(record["removed"]):
        _restore(row)
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
    if hook := return_hook(row):
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

"""What happens to the rows of this app, and to accounts, that cannot just move."""

from collections.abc import Callable
from copy import copy

from django.db import models

from members import rules
from members.merging.moving import Merging, merges
from members.models import MailPreferences, Membership, Position

RIGHTS = ("members.person_groups", "members.person_user_permissions")  # rows that give somebody rights


def join_periods(
    merging: Merging,
    rows: list[models.Model],
    field: models.Field,
    *,
    same: tuple[str, ...],
    combine: Callable[[models.Model, models.Model], dict] = lambda one, other: {},
    is_one: Callable[[models.Model, models.Model], bool] = lambda one, other: True,
) -> None:
    """Move rows with a period; one that overlaps a row about the same (the fields in `same`) becomes part of that.

    `combine` says which other values the one row has then; `is_one` refuses two rows that must stay apart.
    """
    for row in rows:
        setattr(row, field.name, merging.keep)
        about = {name: getattr(row, name) for name in same}
        others: list[models.Model] = []
        for other in type(row)._base_manager.filter(**about).exclude(pk=row.pk).order_by("start", "pk"):
            is_overlapping = rules.overlap(row.start, row.end, other.start, other.end)
            if is_overlapping and all(is_one(other, known) for known in [row, *others]):
                others.append(other)
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
        return {
            "title": one.title or other.title,
            "role": one.role or other.role,
            "is_main_contact": one.is_main_contact or other.is_main_contact,
        }

    def is_one(one: Position, other: Position) -> bool:
        """Two roles are two positions; a role lasts no longer by a position without one."""
        has_one_role = None in (one.role_id, other.role_id) and one.end == other.end
        return one.role_id == other.role_id or has_one_role

    join_periods(merging, rows, field, same=("person", "organisation"), combine=combine, is_one=is_one)


@merges("members.MailPreferences")
def _preferences(merging: Merging, rows: list[MailPreferences], field: models.Field) -> None:
    """What the one who stays chose counts; without a choice, the other's."""
    for row in rows:
        chosen = {name: getattr(row, name) for name in MailPreferences.KINDS}
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

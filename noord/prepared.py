"""Questions that are asked of the database at every request: their SQL is made once, later only the values differ.

Django takes milliseconds to turn a long queryset into SQL and the database a fraction of one to answer. Nothing that
came out of the database is kept here, so the answers are as fresh and as personal as those of the queryset itself.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from noord.administration.rights import lend_rights_over_all, rights_over_all

MOST = 64  # shapes of one question that are kept
_UNKNOWN: Any = object()  # None is a question without an answer


@dataclass(frozen=True, slots=True)
class _Ready:
    """A compiled queryset; `slots` tells by position in the parameters which value goes there."""

    queryset: QuerySet
    compiler: Any
    sql: str
    parameters: tuple
    slots: dict[int, str]
    converters: dict


class Prepared:
    """A queryset to be asked often. `build` makes it from values, which may stand in it as values only.

    A value is text, a whole number, an aware datetime, or who asks (a person or a visitor; of a person only the key,
    is_superuser and the rights over everything may be used). Anything else must be hashable and gives SQL of its own,
    as other rights over everything do. A moment must be a value:
    building with the clock inside is a ValueError, "today" is not, for then there is new SQL every day.
    """

    def __init__(self, build: Callable[..., QuerySet]) -> None:
        self.build = build
        self.known: dict[tuple, _Ready | None] = {}

    def all(self, **values: Any) -> list:
        """Return the rows as the queryset would."""
        today = timezone.localdate()
        key = (today, *((name, _shape(value)) for name, value in values.items()))
        ready = self.known.get(key, _UNKNOWN)
        if ready is _UNKNOWN:
            # What is made here is used here: another thread may clear what is kept at any moment.
            ready = self._compile(values, today)
            if len(self.known) >= MOST:
                self.known.clear()
            self.known[key] = ready
        return [] if ready is None else _run(ready, values)

    def first(self, **values: Any) -> Any:
        """Return the first row, or None; the queryset says how many it fetches."""
        rows = self.all(**values)
        return rows[0] if rows else None

    def _compile(self, values: dict[str, Any], today: date) -> _Ready | None:
        marks = {name: _mark(value, n) for n, (name, value) in enumerate(values.items())}
        queryset = self.build(**marks)
        compiler = queryset.query.get_compiler(using=queryset.db)
        try:
            sql, parameters = compiler.as_sql()
            again = self.build(**marks).query.get_compiler(using=queryset.db).as_sql()
        except EmptyResultSet:
            return None
        if timezone.localdate() != today:  # midnight came in between
            return self._compile(values, timezone.localdate())
        if again != (sql, parameters):
            raise ValueError("A prepared question is another one each time it is made: is there a clock in it?")
        operations = connections[queryset.db].ops
        slots = {}
        for name, mark in marks.items():
            if not _is_slot(mark):
                continue
            wanted = _adapt(_key(mark), operations)
            found = [position for position, parameter in enumerate(parameters) if parameter == wanted]
            # Of who asks, it may be enough how far the rights reach.
            if not found and not isinstance(mark, AbstractBaseUser):
                raise ValueError(f"A prepared question does not use {name} as a value.")
            slots |= dict.fromkeys(found, name)
        columns = [column for column, *_rest in compiler.select[: compiler.col_count]]
        return _Ready(queryset, compiler, sql, tuple(parameters), slots, compiler.get_converters(columns))


def _is_slot(value: Any) -> bool:
    return isinstance(value, str | int | datetime | AbstractBaseUser) and not isinstance(value, bool)


def _shape(value: Any) -> Any:
    """Return what of the value decides about the SQL."""
    if isinstance(value, AnonymousUser):
        return AnonymousUser
    if isinstance(value, AbstractBaseUser):
        return AbstractBaseUser, value.is_superuser, rights_over_all(value)
    return value.__class__ if _is_slot(value) else value


def _mark(value: Any, n: int) -> Any:
    """Return what stands in for the value while the SQL is made, and can be found again in its parameters."""
    if isinstance(value, AbstractBaseUser):
        # All other fields are deferred, so a rule that looks at one of them fails here instead of going wrong.
        mark = value.__class__.from_db(None, ["id", "is_superuser"], [2**60 + n, value.is_superuser])
        lend_rights_over_all(mark, value)
        return mark
    if isinstance(value, datetime):
        return datetime(1900 + n, 1, 1, tzinfo=UTC)
    if _is_slot(value):
        return f"prepared-value-{n}" if isinstance(value, str) else 2**60 + n
    return value


def _key(value: Any) -> Any:
    return value.pk if isinstance(value, AbstractBaseUser) else value


def _adapt(value: Any, operations: Any) -> Any:
    return operations.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def _run(ready: _Ready, values: dict[str, Any]) -> list:
    queryset = ready.queryset._chain()
    connection = connections[queryset.db]
    # Django checks this while it makes the SQL.
    if queryset.query.select_for_update and connection.get_autocommit():
        raise TransactionManagementError("A lock needs a transaction.")
    parameters = list(ready.parameters)
    for position, name in ready.slots.items():
        value = _adapt(_key(values[name]), connection.ops)
        # psycopg tells the types of whole numbers apart by classes of its own.
        parameters[position] = parameters[position].__class__(value) if isinstance(value, int) else value
    compiler = copy.copy(ready.compiler)
    compiler.connection = connection
    compiler.execute_sql = lambda *args, **kwargs: [_fetch(connection, ready, tuple(parameters))]
    compiler.get_converters = lambda columns: ready.converters
    queryset.query.get_compiler = lambda *args, **kwargs: compiler
    return list(queryset)


def _fetch(connection: Any, ready: _Ready, parameters: tuple) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(ready.sql, parameters)
        rows = cursor.fetchall()
    # What a question sorts by without asking for it stands behind what it asks for.
    return [row[: ready.compiler.col_count] for row in rows] if ready.compiler.has_extra_select else rows

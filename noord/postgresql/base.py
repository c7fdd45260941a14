from typing import Any

from django.db import NotSupportedError
from django.db.backends.postgresql import base


def ask_again(execute: Any, sql: str, params: Any, many: bool, context: dict) -> Any:
    """Ask a question once more when its plan went out of date, because a migration changed the type of a column.

    In a transaction nothing can be asked again: that page fails, and its rollback makes psycopg forget the plans of
    this connection.
    """
    try:
        return execute(sql, params, many, context)
    except NotSupportedError:
        connection = context["connection"]
        if connection.in_atomic_block:
            raise
        connection.connection.execute("DEALLOCATE ALL")  # psycopg sees this go by and forgets them too
        return execute(sql, params, many, context)


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.execute_wrappers.append(ask_again)

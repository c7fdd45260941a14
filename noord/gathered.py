"""What belongs to a row, in the same query as the row: how many there are, or the list of them.

A page that shows some rows with what hangs on them asks once then, instead of once per kind.
"""

from django.db.models import Aggregate, Count, Expression, IntegerField, JSONField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, JSONObject


class _List(Aggregate):
    function = "JSONB_AGG"
    output_field = JSONField()

    def as_sqlite(self, compiler, connection, **context) -> tuple:
        return self.as_sql(compiler, connection, function="JSON_GROUP_ARRAY", **context)


def counted(rows: QuerySet, by: str, what: str = "pk") -> Expression:
    """Return how many `rows` point at the outer row by the field `by`, as an annotation; `what` counts once."""
    own = rows.filter(**{by: OuterRef("pk")}).order_by().values(by).annotate(n=Count(what, distinct=True))
    return Coalesce(Subquery(own.values("n"), output_field=IntegerField()), Value(0))


def gathered(rows: QuerySet, by: str, **fields: str) -> Expression:
    """Return the `rows` that point at the outer row by the field `by`, as an annotation.

    It is a list of dicts with these fields (name=path), in no order; None when there are no rows.
    """
    own = rows.filter(**{by: OuterRef("pk")}).order_by().values(by)
    return Subquery(own.annotate(gathered=_List(JSONObject(**fields))).values("gathered"), output_field=JSONField())

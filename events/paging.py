"""Long lists in pages: cut in the database, and never counted."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import Http404, HttpRequest

LAST_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Page:
    rows: list
    number: int
    has_more: bool

    @property
    def previous(self) -> int:
        """The number of the page before, 0 for the first."""
        return self.number - 1

    @property
    def next(self) -> int:
        return self.number + 1 if self.has_more else 0


def page_of(rows: QuerySet, request: HttpRequest, *, size: int) -> Page:
    """Return the page of the rows that `?pagina=` asks for (1 query). A page that is not there is a 404."""
    asked = request.GET.get("pagina") or "1"
    if not (
        asked.isascii() and asked.isdigit() and len(asked) <= len(str(LAST_PAGE)) and 1 <= int(asked) <= LAST_PAGE
    ):
        raise Http404
    number = int(asked)
    found = list(rows[(number - 1) * size : number * size + 1])
    if number > 1 and not found:
        raise Http404
    return Page(found[:size], number, len(found) > size)

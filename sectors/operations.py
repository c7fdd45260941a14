"""What people do with the list of a sector. Doing it twice changes nothing and is no error."""

from django.db import transaction

from members.models import Person
from sectors import rules
from sectors.models import Sector


@transaction.atomic
def join_list(*, sector: Sector, person: Person) -> None:
    """Put the person on the list of the sector.

    Raises DomainError with the reason when rules.may_join_list() refuses.
    """
    rules.may_join_list(person).require()
    sector.people.add(person)


@transaction.atomic
def leave_list(*, sector: Sector, person: Person) -> None:
    """Take the person off the list of the sector."""
    sector.people.remove(person)

"""How the roles of two people become those of one, and who has such a role."""

from django.db.models import Field

from members.merging import Merging, join_periods, merges
from members.models import Person
from members.periods import ends_later
from noord.administration.rights import holds_role
from sectors.models import SectorRole


@merges("sectors.SectorRole")
def _roles(merging: Merging, rows: list[SectorRole], field: Field) -> None:
    join_periods(merging, rows, field, same=("sector", "person", "role"))


@holds_role
def has_role(person: Person) -> bool:
    return SectorRole.objects.filter(ends_later(), person=person).exists()

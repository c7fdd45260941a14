"""How the participation of two people becomes that of one, and who has more than a participant's part."""

from django.db.models import Field

from knowledge_groups.models import GroupMembership
from members.merging import Merging, join_periods, merges
from members.models import Person
from members.periods import ends_later
from noord.administration.rights import holds_role

_RANK = [GroupMembership.Role.PARTICIPANT, GroupMembership.Role.COORDINATOR, GroupMembership.Role.LEAD]


@merges("knowledge_groups.GroupMembership")
def _participation(merging: Merging, rows: list[GroupMembership], field: Field) -> None:
    def combine(one: GroupMembership, other: GroupMembership) -> dict:
        return {"role": max(one.role, other.role, key=_RANK.index)}

    join_periods(merging, rows, field, same=("group", "person"), combine=combine)


@holds_role
def has_role(person: Person) -> bool:
    roles = GroupMembership.objects.exclude(role=GroupMembership.Role.PARTICIPANT)
    return roles.filter(ends_later(), person=person).exists()

"""Who somebody is to the topics of a sector or a group: a member, a chair, or the one who manages it."""

from dataclasses import dataclass, field
from enum import IntEnum

from django.db.models import CharField, QuerySet, Value
from django.http import HttpRequest

from events.models import Event, TopicProposal
from events.rights import manages_every_meeting
from events.topic_querysets import sectors_of
from knowledge_groups.models import GroupMembership, KnowledgeGroup
from members.models import Person
from noord.prepared import Prepared
from sectors.models import Sector, SectorRole


class Part(IntEnum):
    """What part somebody has, from nothing to everything; a higher one may do all that a lower one may."""

    NONE = 0
    MEMBER = 1
    CHAIR = 2
    MANAGER = 3


_OF_SECTOR = {SectorRole.Role.CHAIR: Part.CHAIR, SectorRole.Role.PROGRAMME_MANAGER: Part.MANAGER}
_OF_GROUP = {
    GroupMembership.Role.PARTICIPANT: Part.MEMBER,
    GroupMembership.Role.COORDINATOR: Part.CHAIR,
    GroupMembership.Role.LEAD: Part.CHAIR,
}


@dataclass(frozen=True, slots=True)
class Standing:
    """The person's part in each sector and group, by id; `everywhere` is the least part in all of them."""

    person: Person
    sectors: dict[int, Part] = field(default_factory=dict)
    groups: dict[int, Part] = field(default_factory=dict)
    everywhere: Part = Part.NONE

    def in_home(self, home: Sector | KnowledgeGroup) -> Part:
        parts = self.sectors if isinstance(home, Sector) else self.groups
        return max(self.everywhere, parts.get(home.pk, Part.NONE))

    def in_event(self, event: Event) -> Part:
        """Return the highest part in one of the hosts, who are equals. Needs the hosts loaded."""
        return max((self.in_home(host) for host in event.hosts), default=self.everywhere)

    def in_proposal(self, proposal: TopicProposal) -> Part:
        """Return the part in the proposal's own home, or in a host of the meeting for which it is proposed."""
        own = self.in_home(proposal.home)
        return max(own, self.in_event(proposal.event)) if proposal.event else own


def _parts(person: Person) -> QuerySet:
    kind, member = Value("sector", CharField()), Value("member", CharField())
    rows = SectorRole.objects.active_on().filter(person=person).order_by().values_list(kind, "sector", "role")
    return rows.union(
        sectors_of(person).values_list(kind, "pk", member),
        GroupMembership.objects.active_on()
        .filter(person=person)
        .order_by()
        .values_list(Value("group", CharField()), "group", "role"),
    )


PARTS = Prepared(_parts)


def standing_of(person: Person) -> Standing:
    """Load the person's parts (1 query)."""
    if not person.is_authenticated:
        return Standing(person)
    everywhere = Part.MANAGER if manages_every_meeting(person) else Part.NONE
    sectors: dict[int, Part] = {}
    groups: dict[int, Part] = {}
    for found, pk, role in PARTS.all(person=person):
        parts, part = (sectors, _OF_SECTOR.get(role)) if found == "sector" else (groups, _OF_GROUP.get(role))
        parts[pk] = max(parts.get(pk, Part.NONE), part or Part.MEMBER)
    return Standing(person, sectors, groups, everywhere)


def standing_for(request: HttpRequest) -> Standing:
    """Return the parts of who asks; what stands on one page asks for them once (1 query for the whole request)."""
    if not hasattr(request, "_standing"):
        request._standing = standing_of(request.user)
    return request._standing

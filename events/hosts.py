"""The hosts of meetings, sectors and groups alike, in one question."""

from collections.abc import Sequence

from django.db.models import DateField, Value

from events.models import Event
from knowledge_groups.models import KnowledgeGroup
from noord.prepared import Prepared
from sectors.models import Sector

OF_GROUP = ("id", "name", "slug", "ended_on", "members_may_propose")  # in the order of the model
OF_SECTOR = tuple(name for name in OF_GROUP if name != "ended_on")
# Both kinds in one query; the number keeps the sectors in front.
HOSTS = Prepared(
    lambda event: (
        Sector.objects.filter(events=event)
        .order_by()
        .values_list(Value(1), *OF_SECTOR[:3], Value(None, DateField()), *OF_SECTOR[3:])
        .union(KnowledgeGroup.objects.filter(events=event).order_by().values_list(Value(2), *OF_GROUP), all=True)
    )
)


def load_hosts(event: Event) -> list[Sector | KnowledgeGroup]:
    """Give the meeting its hosts by kind and name, with as much as rules and pages need, and return them (1 query)."""
    rows = sorted(HOSTS.all(event=event.pk), key=lambda row: (row[0], row[2]))
    event.hosts = [_host(*row) for row in rows]
    return event.hosts


def _host(kind: int, *row) -> Sector | KnowledgeGroup:
    if kind == 1:
        return Sector.from_db(None, OF_SECTOR, (*row[:3], *row[4:]))
    return KnowledgeGroup.from_db(None, OF_GROUP, row)


def load_hosts_of(events: Sequence[Event]) -> None:
    """Give each of the meetings its hosts as load_hosts() does (1 query for all)."""
    found = {event.pk: [] for event in events}
    sectors = Event.sectors.through.objects.filter(event__in=found).order_by()
    groups = Event.groups.through.objects.filter(event__in=found).order_by()
    of_sector = [f"sector__{name}" for name in OF_SECTOR]
    rows = sectors.values_list("event", Value(1), *of_sector[:3], Value(None, DateField()), *of_sector[3:]).union(
        groups.values_list("event", Value(2), *(f"knowledgegroup__{name}" for name in OF_GROUP)), all=True
    )
    for event, *row in sorted(rows, key=lambda row: (row[1], row[3])):
        found[event].append(_host(*row))
    for event in events:
        event.hosts = found[event.pk]

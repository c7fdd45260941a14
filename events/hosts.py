"""The hosts of meetings, sectors and groups alike, in one question."""

from collections.abc import Sequence

from django.db.models import Value

from events.models import Event
from knowledge_groups.models import KnowledgeGroup
from noord.prepared import Prepared
from sectors.models import Sector

FIELDS = ("id", "name", "slug", "members_may_propose")
# Both kinds in one query; the number keeps the sectors in front.
HOSTS = Prepared(
    lambda event: (
        Sector.objects.filter(events=event)
        .order_by()
        .values_list(Value(1), *FIELDS)
        .union(KnowledgeGroup.objects.filter(events=event).order_by().values_list(Value(2), *FIELDS), all=True)
    )
)


def load_hosts(event: Event) -> list[Sector | KnowledgeGroup]:
    """Give the meeting its hosts by kind and name, with as much as rules and pages need, and return them (1 query)."""
    rows = sorted(HOSTS.all(event=event.pk), key=lambda row: (row[0], row[2]))
    event.hosts = [(Sector if kind == 1 else KnowledgeGroup).from_db(None, FIELDS, row) for kind, *row in rows]
    return event.hosts


def load_hosts_of(events: Sequence[Event]) -> None:
    """Give each of the meetings its hosts as load_hosts() does (1 query for all)."""
    found = {event.pk: [] for event in events}
    sectors = Event.sectors.through.objects.filter(event__in=found).order_by()
    groups = Event.groups.through.objects.filter(event__in=found).order_by()
    rows = sectors.values_list("event", Value(1), *(f"sector__{name}" for name in FIELDS)).union(
        groups.values_list("event", Value(2), *(f"knowledgegroup__{name}" for name in FIELDS)), all=True
    )
    for event, kind, *row in sorted(rows, key=lambda row: (row[1], row[3])):
        found[event].append((Sector if kind == 1 else KnowledgeGroup).from_db(None, FIELDS, row))
    for event in events:
        event.hosts = found[event.pk]

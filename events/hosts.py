"""The hosts of one meeting, sectors and groups alike, in one question."""

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
    event.hosts = [
        Sector.from_db(None, OF_SECTOR, (*row[:3], *row[4:]))
        if kind == 1
        else KnowledgeGroup.from_db(None, OF_GROUP, row)
        for kind, *row in rows
    ]
    return event.hosts

"""What the page of a knowledge group tells, collected from its people and focal points."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.timezone import localtime

from knowledge_groups.models import GroupMembership, KnowledgeGroup
from sectors.models import FocalPoint


@dataclass(frozen=True, slots=True)
class People:
    """Who leads the group today, and what part the reader has; None for who takes no part."""

    leads: list[GroupMembership]
    own: GroupMembership | None

    @property
    def reader_leads(self) -> bool:
        return self.own is not None and self.own in self.leads


def people(group: KnowledgeGroup, reader: object) -> People:
    """Return the people of the page, each with person and organisation_name (1 query)."""
    leads = ~Q(role=GroupMembership.Role.PARTICIPANT)
    shown = leads | Q(person=reader) if reader.is_authenticated else leads
    found = list(group.memberships.active_on().filter(shown).with_people())
    return People(
        leads=[membership for membership in found if membership.role != GroupMembership.Role.PARTICIPANT],
        own=next((membership for membership in found if membership.person_id == reader.pk), None),
    )


def focal_points(group: KnowledgeGroup, now: datetime) -> list[FocalPoint]:
    """Return what the group helps with this year, or in the last year before it in which it helped (1 query)."""
    return list(FocalPoint.objects.concerning([], [group]).in_year_until(localtime(now).year).with_partners())

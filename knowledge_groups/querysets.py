from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from members.models import Position
from members.periods import active_on
from members.querysets import RoleQuerySet, workplace_of
from noord.gathered import counted, gathered


class KnowledgeGroupQuerySet(models.QuerySet):
    def with_participation(self, person) -> Self:
        """Add is_participant: does the person take part today? False for a visitor."""
        if not person.is_authenticated:
            return self.annotate(is_participant=models.Value(False))
        memberships = self.model.participants.through.objects.filter(active_on(), group=OuterRef("pk"), person=person)
        return self.annotate(is_participant=Exists(memberships))

    def with_year(self, year: int, now: datetime) -> Self:
        """Add held: how many meetings the group has had in the year, alone or with others.

        They live in an app above this one, and are found through the group (as in SectorQuerySet.with_year).
        """
        meetings = self.model.events.rel.related_model.objects.of_rhythm().in_year(year).held(now)
        return self.annotate(held=counted(meetings, "groups"))

    def for_page(self, person) -> Self:
        """Add what its page tells: participant_count and partner_rows.

        And of the person (or visitor): works_at_member, and has_asked to join without an answer yet.
        """
        memberships = self.model.participants.through.objects.filter(active_on())
        own = {"works_at_member": models.Value(False), "has_asked": models.Value(False)}
        if person.is_authenticated:
            requests = self.model.requests.rel.related_model.objects.open().filter(group=OuterRef("pk"))
            own = {
                "works_at_member": Exists(Position.objects.at_member_on().filter(person=person)),
                "has_asked": Exists(requests.filter(person=person)),
            }
        return self.annotate(
            participant_count=counted(memberships, "group"),
            partner_rows=gathered(
                self.model.partners.through.objects.all(), "knowledgegroup", name="organisation__name"
            ),
            **own,
        )

    def led_by(self, person) -> Self:
        """Keep the groups that the person coordinates or leads today."""
        leads = self.model.participants.through.objects.filter(active_on(), group=OuterRef("pk"), person=person)
        return self.filter(Exists(leads.exclude(role="participant")))


class GroupMembershipQuerySet(RoleQuerySet):
    def leading(self) -> Self:
        """Keep who coordinates or leads today."""
        return self.active_on().exclude(role="participant")

    def reading(self) -> Self:
        """Keep what lets its person read what is only for the group: taking part today, or when the group ended.

        Ending a group ends what everybody did in it, not what they know of it.
        """
        return self.filter(active_on() | Q(group__state="ended", end__gte=F("group__ended_on")))

    def groups_read_by(self, person) -> models.QuerySet:
        """Return the ids of the groups of which the person may read what is only for the group."""
        return self.reading().filter(person=person).order_by().values("group")


class GroupRequestQuerySet(models.QuerySet):
    def open(self) -> Self:
        """Keep what nobody has answered yet."""
        return self.filter(status="open")

    def with_people(self) -> Self:
        """Load who asks, and add organisation_name: where they work today, "" for nowhere (1 query)."""
        return self.select_related("person").annotate(organisation_name=workplace_of("person"))

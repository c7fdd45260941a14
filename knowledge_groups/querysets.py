from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef

from members.models import Position
from members.periods import active_on
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
        """Add what its page tells: participant_count, partner_rows, and works_at_member of the person (or visitor)."""
        memberships = self.model.participants.through.objects.filter(active_on())
        works = Position.objects.at_member_on().filter(person=person) if person.is_authenticated else None
        return self.annotate(
            participant_count=counted(memberships, "group"),
            partner_rows=gathered(
                self.model.partners.through.objects.all(), "knowledgegroup", name="organisation__name"
            ),
            works_at_member=models.Value(False) if works is None else Exists(works),
        )

    def led_by(self, person) -> Self:
        """Keep the groups that the person coordinates or leads today."""
        leads = self.model.participants.through.objects.filter(active_on(), group=OuterRef("pk"), person=person)
        return self.filter(Exists(leads.exclude(role="participant")))

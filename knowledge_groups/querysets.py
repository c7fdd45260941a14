from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef

from members.periods import active_on


class KnowledgeGroupQuerySet(models.QuerySet):
    def with_participation(self, person) -> Self:
        """Add is_participant: does the person take part today? False for a visitor."""
        if not person.is_authenticated:
            return self.annotate(is_participant=models.Value(False))
        memberships = self.model.participants.through.objects.filter(active_on(), group=OuterRef("pk"), person=person)
        return self.annotate(is_participant=Exists(memberships))

    def led_by(self, person) -> Self:
        """Keep the groups that the person coordinates or leads today."""
        leads = self.model.participants.through.objects.filter(active_on(), group=OuterRef("pk"), person=person)
        return self.filter(Exists(leads.exclude(role="participant")))

from datetime import datetime
from typing import Self

from django.db import models


class MailQuerySet(models.QuerySet):
    def due(self, now: datetime) -> Self:
        """What may be sent at this moment, the longest waiting first; a lease that ran out counts."""
        return self.filter(status__in=self.model.UNSENT, next_attempt_at__lte=now).order_by("next_attempt_at", "id")

    def finished_before(self, moment: datetime) -> Self:
        """What was sent, given up or dropped before this moment."""
        return self.filter(status__in=self.model.DONE, finished_at__lt=moment)

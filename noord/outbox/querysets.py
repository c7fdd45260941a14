from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Value
from django.db.models.functions import Lower


class MailQuerySet(models.QuerySet):
    def due(self, now: datetime) -> Self:
        """What may be sent at this moment; a lease that ran out counts.

        What somebody waits for comes before what goes to many, then the longest waiting first.
        """
        return self.filter(status__in=self.model.UNSENT, next_attempt_at__lte=now).order_by(
            "is_bulk", "next_attempt_at", "id"
        )

    def finished_before(self, moment: datetime) -> Self:
        """What was sent, given up, dropped or put on hold before this moment."""
        return self.filter(status__in=self.model.DONE, finished_at__lt=moment)

    def to_address(self, email: str) -> Self:
        """What goes to this address, in whatever capitals it is written."""
        return self.with_address().filter(address=Lower(Value(email)))

    def with_address(self) -> Self:
        """Add `address`: to whom it goes, in small letters, as the index has it."""
        return self.annotate(address=Lower("to"))

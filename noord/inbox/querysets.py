from datetime import datetime
from typing import Self

from django.db import models


class IncomingMessageQuerySet(models.QuerySet):
    def finished_before(self, moment: datetime) -> Self:
        """What was handled or ignored before this moment; what lies in the tray is never among it."""
        return self.filter(state__in=self.model.FINISHED, finished_at__lt=moment)

"""A period of days: from its first day up to and including its last, or without an end.

Memberships, positions and roles are all periods. Whether one is active is asked here and nowhere
else, so that both ends always count.
"""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def active_on(day: date | None = None, prefix: str = "") -> Q:
    """Return the condition "the period holds on this day (default: today in Amsterdam)".

    The prefix is the path to the period from the model that is asked, such as "positions__".
    """
    day = day or timezone.localdate()
    return Q(**{f"{prefix}start__lte": day}) & (Q(**{f"{prefix}end__isnull": True}) | Q(**{f"{prefix}end__gte": day}))


def ends_later(day: date | None = None) -> Q:
    """Return the condition "the period holds on this day (default: today in Amsterdam), or begins after it"."""
    return Q(end__isnull=True) | Q(end__gte=day or timezone.localdate())


class PeriodQuerySet(models.QuerySet):
    def active_on(self, day: date | None = None) -> Self:
        return self.filter(active_on(day))


class Period(models.Model):
    start = models.DateField(_("first day"), default=timezone.localdate)
    end = models.DateField(_("last day"), null=True, blank=True)

    objects = PeriodQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gte=F("start")),
                name="%(app_label)s_%(class)s_ends_after_start",
                violation_error_message=_("The last day cannot be before the first day."),
            )
        ]

    def is_active_on(self, day: date | None = None) -> bool:
        """Answer active_on() for a row that is already loaded."""
        day = day or timezone.localdate()
        return self.start <= day and (self.end is None or day <= self.end)

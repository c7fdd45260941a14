from datetime import date
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class SchoolHolidayQuerySet(models.QuerySet):
    def touching(self, first: date, last: date) -> Self:
        """Keep the holidays with at least one day from `first` up to and including `last`."""
        return self.filter(start__lte=last, end__gte=first)


class SchoolHoliday(models.Model):
    """A holiday of the schools in region Noord; the ministry sets the days, an administrator fills them in."""

    name = models.CharField(_("name"), max_length=80)
    start = models.DateField(_("first day"))
    end = models.DateField(_("last day"))

    objects = SchoolHolidayQuerySet.as_manager()

    class Meta:
        verbose_name = _("school holiday of region Noord")
        verbose_name_plural = _("school holidays of region Noord")
        ordering = ["start", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(end__gte=F("start")),
                name="events_schoolholiday_in_order",
                violation_error_message=_("The last day cannot be before the first day."),
            ),
            models.UniqueConstraint(
                fields=["name", "start"],
                name="events_schoolholiday_once",
                violation_error_message=_("This school holiday is on the list already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

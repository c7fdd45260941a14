from datetime import datetime, timedelta

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

UNDO_DAYS = 30


class Subject(models.TextChoices):
    """What can be there twice."""

    PERSON = "person", _("Person")
    ORGANISATION = "organisation", _("Organisation")


class ExactEncoder(DjangoJSONEncoder):
    """Keep the microseconds, which Django's own drops: what comes back is what was there."""

    def default(self, value: object) -> object:
        return value.isoformat() if isinstance(value, datetime) else super().default(value)


class Merge(models.Model):
    """One person or organisation became part of another; for 30 days it can be undone with what `record` holds."""

    subject = models.CharField(_("kind"), max_length=12, choices=Subject)
    # Plain keys: the row that went away is not there to point at.
    kept_id = models.BigIntegerField(editable=False)
    gone_id = models.BigIntegerField(editable=False)
    kept_name = models.CharField(_("stays"), max_length=160)
    gone_name = models.CharField(_("went into it"), max_length=160)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("merged by"), null=True, related_name="+"
    )
    merged_at = models.DateTimeField(_("merged on"), default=timezone.now)
    undone_at = models.DateTimeField(_("undone on"), null=True, blank=True)
    # Personal data of somebody whose row is gone: kept for as long as it can be undone, and no longer.
    record = models.JSONField(null=True, encoder=ExactEncoder, editable=False)

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        ordering = ["-merged_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.gone_name} → {self.kept_name}"

    @property
    def undo_until(self):
        """The moment after which it can no longer be undone (aware datetime)."""
        return self.merged_at + timedelta(days=UNDO_DAYS)

    @property
    def can_be_undone(self) -> bool:
        return self.undone_at is None and self.record is not None and timezone.now() < self.undo_until


class Duplicate(models.Model):
    """Two people, or two organisations, that may be the same: proposed by find_duplicates(), judged by somebody."""

    subject = models.CharField(_("kind"), max_length=12, choices=Subject)
    one_id = models.BigIntegerField(editable=False, help_text="The lowest key of the two.")
    other_id = models.BigIntegerField(editable=False)
    shared = models.CharField(_("in common"), max_length=160)
    found_at = models.DateTimeField(_("found on"), default=timezone.now)
    refused_at = models.DateTimeField(_("no duplicate, said on"), null=True, blank=True)

    class Meta:
        verbose_name = _("likely duplicate")
        verbose_name_plural = _("likely duplicates")
        ordering = ["subject", "-found_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["subject", "one_id", "other_id"], name="members_duplicate_once"),
            models.CheckConstraint(condition=Q(one_id__lt=F("other_id")), name="members_duplicate_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.get_subject_display()} {self.one_id}, {self.other_id}"

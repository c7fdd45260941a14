from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consultations.querysets import ConsultationQuerySet
from events.models import Event
from knowledge_groups.models import KnowledgeGroup
from sectors.models import Sector


class Consultation(models.Model):
    """A set of questions to the members, with its background, for one audience, until a deadline.

    Its state is not stored: without opened_at it is a draft, and it is closed from closes_at on, or earlier by hand.
    Who closed it, or the clock after the deadline, wrote closed_at: from then on no answer can come in any more.
    """

    class Audience(models.TextChoices):
        SECTOR = "sector", _("The people of a sector")
        GROUP = "group", _("The participants of a knowledge group")
        NETWORK = "network", _("Everyone who works at a member")
        PRESENT = "present", _("Who was at a meeting")

    class Voice(models.TextChoices):
        PERSON = "person", _("Everyone answers for themselves")
        ORGANISATION = "organisation", _("One answer per organisation")

    title = models.CharField(_("title"), max_length=120)
    background = models.TextField(_("background"), max_length=8000, blank=True)
    audience = models.CharField(_("for whom"), max_length=10, choices=Audience)
    for_sector = models.ForeignKey(
        Sector, models.CASCADE, verbose_name=_("sector"), null=True, blank=True, related_name="consultations"
    )
    for_group = models.ForeignKey(
        KnowledgeGroup,
        models.CASCADE,
        verbose_name=_("knowledge group"),
        null=True,
        blank=True,
        related_name="consultations",
    )
    for_event = models.ForeignKey(
        Event, models.CASCADE, verbose_name=_("meeting"), null=True, blank=True, related_name="consultations"
    )
    group = models.ForeignKey(
        KnowledgeGroup,
        models.SET_NULL,
        verbose_name=_("knowledge group that it decides about"),
        null=True,
        blank=True,
        related_name="deciding_consultations",
    )
    voice = models.CharField(_("who answers"), max_length=12, choices=Voice, default=Voice.PERSON)
    is_anonymous = models.BooleanField(_("anonymous"), default=False)
    closes_at = models.DateTimeField(_("answers until"))
    opened_at = models.DateTimeField(_("opened on"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed on"), null=True, blank=True)
    reminded_at = models.DateTimeField(_("reminded on"), null=True, blank=True)
    reminded_by_hand_at = models.DateTimeField(_("reminded by hand on"), null=True, blank=True)
    outcome = models.TextField(_("outcome"), max_length=8000, blank=True)
    outcome_at = models.DateTimeField(_("outcome told on"), null=True, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("made by"), null=True, blank=True, related_name="+"
    )
    made_at = models.DateTimeField(_("made on"), default=timezone.now)

    objects = ConsultationQuerySet.as_manager()

    class Meta:
        verbose_name = _("set of questions to the members")
        verbose_name_plural = _("questions to the members")
        ordering = ["-made_at", "-pk"]
        indexes = [models.Index(fields=["closed_at", "closes_at"], name="consultations_by_deadline")]
        constraints = [
            models.CheckConstraint(
                condition=Q(audience="sector", for_sector__isnull=False, for_group=None, for_event=None)
                | Q(audience="group", for_sector=None, for_group__isnull=False, for_event=None)
                | Q(audience="network", for_sector=None, for_group=None, for_event=None)
                | Q(audience="present", for_sector=None, for_group=None, for_event__isnull=False),
                name="consultations_one_audience",
                violation_error_message=_("Choose for whom the questions are: one sector, group or meeting, or all."),
            ),
            models.CheckConstraint(
                condition=Q(opened_at=None) | Q(closes_at__gt=F("opened_at")),
                name="consultations_closes_after_opening",
                violation_error_message=_("The deadline must be later than the moment of opening."),
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(opened_at__isnull=False),
                name="consultations_closed_was_open",
                violation_error_message=_("Only questions that were open can be closed."),
            ),
            models.CheckConstraint(
                condition=Q(outcome_at=None) | Q(closed_at__isnull=False) & ~Q(outcome=""),
                name="consultations_outcome_after_closing",
                violation_error_message=_("Close the questions, and write what the outcome is."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("consultations:consultation", args=[self.pk])

    @property
    def home(self) -> Sector | KnowledgeGroup | Event | None:
        """Whose people are asked; None is the whole network."""
        return self.for_sector or self.for_group or self.for_event

    @property
    def is_draft(self) -> bool:
        return self.opened_at is None

    def is_open(self, now: datetime | None = None) -> bool:
        return not self.is_draft and not self.is_closed(now)

    def is_closed(self, now: datetime | None = None) -> bool:
        """Has the deadline passed, or did somebody close it earlier?"""
        return not self.is_draft and (self.closed_at is not None or self.closes_at <= (now or timezone.now()))

    @property
    def per_organisation(self) -> bool:
        return self.voice == self.Voice.ORGANISATION


class OutcomeAction(models.Model):
    """What will be done with the outcome, by whom, and when it is ready."""

    consultation = models.ForeignKey(
        Consultation, models.CASCADE, verbose_name=_("questions to the members"), related_name="actions"
    )
    what = models.CharField(_("what"), max_length=300)
    owner = models.CharField(_("who"), max_length=160, help_text=_("A person or an organisation."))
    due = models.DateField(_("ready on"))
    done_at = models.DateTimeField(_("done on"), null=True, blank=True)

    class Meta:
        verbose_name = _("action")
        verbose_name_plural = _("actions")
        ordering = ["due", "pk"]

    def __str__(self) -> str:
        return self.what

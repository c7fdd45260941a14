from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models.organisation import Organisation
from members.models.person import Person
from members.querysets import ContactMomentQuerySet


class ContactMoment(models.Model):
    """Somebody of the network's office spoke with an organisation, and what is to follow from it, by whom and when."""

    class Kind(models.TextChoices):
        PHONE = "phone", _("Phone call")
        EMAIL = "email", _("E-mail")
        VISIT = "visit", _("Visit")
        MEETING = "meeting", _("At a meeting")

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, verbose_name=_("organisation"), related_name="contact_moments"
    )
    person = models.ForeignKey(
        Person,
        models.SET_NULL,
        verbose_name=_("person"),
        null=True,
        blank=True,
        related_name="contact_moments",
    )
    kind = models.CharField(_("kind of contact"), max_length=8, choices=Kind, default=Kind.PHONE)
    happened_on = models.DateField(_("day of the contact"), default=timezone.localdate)
    note = models.TextField(_("note"), blank=True, max_length=4000)
    next_step = models.CharField(_("next step"), max_length=200, blank=True)
    next_on = models.DateField(_("next step on"), null=True, blank=True)
    next_done_at = models.DateTimeField(_("next step done on"), null=True, blank=True)
    by = models.ForeignKey(
        Person,
        models.SET_NULL,
        verbose_name=_("recorded by"),
        null=True,
        blank=True,
        related_name="contact_moments_recorded",
        help_text=_("The next step is this person's."),
    )
    created_at = models.DateTimeField(_("recorded on"), default=timezone.now)

    objects = ContactMomentQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact moment")
        verbose_name_plural = _("contact moments")
        ordering = ["-happened_on", "-pk"]
        indexes = [
            models.Index(fields=["organisation", "-happened_on"], name="members_contact_last"),
            models.Index(
                fields=["next_on"],
                condition=Q(next_on__isnull=False, next_done_at__isnull=True),
                name="members_contact_open",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(next_step="") | Q(next_on__isnull=False),
                name="members_contact_step_has_day",
                violation_error_message=_("Fill in on which day you take the next step."),
            ),
            models.CheckConstraint(
                condition=~Q(next_step="") | Q(next_on__isnull=True),
                name="members_contact_day_has_step",
                violation_error_message=_("Fill in what the next step is, or leave out its day."),
            ),
            models.CheckConstraint(
                condition=Q(next_on__isnull=True) | Q(next_on__gte=F("happened_on")),
                name="members_contact_step_follows",
                violation_error_message=_("The next step cannot be before the day of the contact."),
            ),
            models.CheckConstraint(
                condition=Q(next_done_at__isnull=True) | Q(next_on__isnull=False),
                name="members_contact_done_has_step",
                violation_error_message=_("Only a next step can be done."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation}, {self.get_kind_display()}"

    @property
    def is_open(self) -> bool:
        """Tell whether there is a next step that still has to be taken."""
        return self.next_on is not None and self.next_done_at is None


class MembershipRequest(models.Model):
    """Somebody wanted an account whose organisation is not a member (yet): a lead for the relation manager."""

    email = models.EmailField(_("e-mail address"))
    name = models.CharField(_("name"), max_length=120, blank=True)
    organisation_name = models.CharField(_("organisation"), max_length=160, blank=True)
    message = models.TextField(_("message"), max_length=2000, blank=True)
    created_at = models.DateTimeField(_("asked on"), default=timezone.now)
    handled_at = models.DateTimeField(_("handled on"), null=True, blank=True)

    class Meta:
        verbose_name = _("request for membership")
        verbose_name_plural = _("requests for membership")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"), condition=Q(handled_at__isnull=True), name="members_request_open_once"
            )
        ]

    def __str__(self) -> str:
        return self.email

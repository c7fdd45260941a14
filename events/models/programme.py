from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.models.event import Event
from events.querysets import ProgrammeItemQuerySet


class SessionBlock(models.Model):
    """A part of the day in which sessions run at the same time; one person follows at most one of them."""

    event = models.ForeignKey(Event, models.CASCADE, verbose_name=_("meeting"), related_name="blocks")
    title = models.CharField(_("title"), max_length=80, blank=True)
    start = models.DateTimeField(_("start"))
    end = models.DateTimeField(_("end"))

    class Meta:
        verbose_name = _("block of parallel sessions")
        verbose_name_plural = _("blocks of parallel sessions")
        ordering = ["start", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(end__gt=F("start")),
                name="events_sessionblock_ends_after_start",
                violation_error_message=_("The block must end after it starts."),
            )
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.start):%H.%M} {self.title}".strip()


class ProgrammeItem(models.Model):
    """A line of the programme: for everyone, or a parallel session when it belongs to a block."""

    class Kind(models.TextChoices):
        WELCOME = "welcome", _("Welcome")
        PRESENTATION = "presentation", _("Presentation")
        PROPOSAL = "proposal", _("Proposal")
        SESSION = "session", _("Parallel session")
        BREAK = "break", _("Break")
        CLOSING = "closing", _("Closing")

    event = models.ForeignKey(Event, models.CASCADE, verbose_name=_("meeting"), related_name="items")
    block = models.ForeignKey(
        SessionBlock,
        models.CASCADE,
        verbose_name=_("block"),
        null=True,
        blank=True,
        related_name="sessions",
        help_text=_("Fill this in for a parallel session."),
    )
    kind = models.CharField(_("kind"), max_length=14, choices=Kind, default=Kind.PRESENTATION)
    title = models.CharField(_("title"), max_length=160)
    text = models.TextField(_("text"), blank=True)
    start = models.DateTimeField(_("start"), null=True, blank=True, help_text=_("Empty in a block: as the block."))
    end = models.DateTimeField(_("end"), null=True, blank=True)
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    room = models.CharField(_("room"), max_length=80, blank=True)
    capacity = models.PositiveIntegerField(
        _("number of seats"), null=True, blank=True, help_text=_("Empty means: no limit.")
    )

    objects = ProgrammeItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("programme item")
        verbose_name_plural = _("programme items")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(block__isnull=False) | Q(start__isnull=False),
                name="events_item_has_a_time",
                violation_error_message=_("Fill in when it starts, or choose a block."),
            ),
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(start__isnull=True) | Q(end__gt=F("start")),
                name="events_item_ends_after_start",
                violation_error_message=_("The item must end after it starts."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """Raise ValidationError for a session in a block of another meeting: nobody could choose it."""
        if self.block and self.block.event_id != self.event_id:
            raise ValidationError(
                {"block": _("This block belongs to another meeting. Choose a block of this meeting.")}
            )


class Speaker(models.Model):
    """Somebody on the programme, as announced there; linked to a person when we know them."""

    item = models.ForeignKey(ProgrammeItem, models.CASCADE, verbose_name=_("item"), related_name="speakers")
    name = models.CharField(_("name"), max_length=120)
    role = models.CharField(_("role"), max_length=160, blank=True)
    organisation = models.CharField(_("organisation"), max_length=160, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("person"),
        null=True,
        blank=True,
        related_name="speaker_roles",
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("speaker")
        verbose_name_plural = _("speakers")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name

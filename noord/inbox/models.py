from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from noord.inbox.querysets import IncomingMessageQuerySet


class IncomingMessage(models.Model):
    """A message to the organiser's mailbox, and what was done with it. Every message is one row."""

    class Kind(models.TextChoices):
        REPLY = "reply", _("Calendar message")
        BOUNCE = "bounce", _("Mail that could not be delivered")
        AUTOMATIC = "automatic", _("Automatic answer")
        OTHER = "other", _("Other mail")

    class State(models.TextChoices):
        NEW = "new", _("Not yet read")
        TRAY = "tray", _("For a person to look at")
        DONE = "done", _("Handled")
        IGNORED = "ignored", _("Needs nothing")

    UNFINISHED = (State.NEW, State.TRAY)
    FINISHED = (State.DONE, State.IGNORED)

    # SHA-256 of the message as it came, line ends aside. Not of the Message-ID alone: whoever knows that of a coming
    # answer could send something else under it first.
    digest = models.CharField(max_length=64, unique=True, editable=False)
    received_at = models.DateTimeField(_("received on"), default=timezone.now)
    finished_at = models.DateTimeField(_("done on"), null=True, blank=True)
    sender = models.CharField(_("sender"), max_length=254, blank=True, help_text=_("As the message says."))
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    message_id = models.CharField("Message-ID", max_length=250, blank=True)
    raw = models.BinaryField(_("text"), blank=True)
    size = models.PositiveIntegerField(_("size"), help_text=_("In bytes, as it came."))
    kind = models.CharField(_("kind"), max_length=9, choices=Kind, default=Kind.OTHER)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.NEW)
    reason = models.TextField(_("reason"), blank=True, help_text=_("Why it was not handled by itself."))
    outcome = models.TextField(_("outcome"), blank=True, help_text=_("What was done with it."))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)

    objects = IncomingMessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("incoming message")
        verbose_name_plural = _("incoming messages")
        ordering = ["-received_at", "-pk"]
        indexes = [
            models.Index(fields=["-received_at", "-id"], name="inbox_message_newest"),
            # Only what waits for somebody is in it: it stays small.
            models.Index(
                fields=["-received_at"], condition=Q(state__in=["new", "tray"]), name="inbox_message_unfinished"
            ),
        ]

    def __str__(self) -> str:
        return self.subject or self.message_id or f"{self._meta.verbose_name} {self.pk}"


class MailboxReading(models.Model):
    """Who reads a mailbox now, and how the last time went; one row per mailbox."""

    mailbox = models.CharField(_("mailbox"), max_length=250, unique=True)
    lease_ends_at = models.DateTimeField(
        _("lease ends"), help_text=_("Until then one worker reads it; after that another may.")
    )
    read_at = models.DateTimeField(_("last read on"), null=True, blank=True)
    error = models.TextField(_("last error"), blank=True)

    class Meta:
        verbose_name = _("mailbox")
        verbose_name_plural = _("mailboxes")
        ordering = ["mailbox"]

    def __str__(self) -> str:
        return self.mailbox

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from noord.outbox.querysets import MailQuerySet


class Mail(models.Model):
    """One e-mail to one person. The row is written before the mail is sent, in the transaction that causes it."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        SENDING = "sending", _("Sending")
        RETRY = "retry", _("Will be tried again")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        DROPPED = "dropped", _("No longer needed")

    # Waiting for us, or for a worker that must report before its lease ends; and those that are done with.
    UNSENT = (Status.QUEUED, Status.SENDING, Status.RETRY)
    DONE = (Status.SENT, Status.FAILED, Status.DROPPED)

    key = models.CharField(
        _("key"), max_length=160, unique=True, help_text=_("What, for whom, which version: never sent twice.")
    )
    kind = models.CharField(_("kind"), max_length=60)
    to = models.EmailField(_("to"))
    params = models.JSONField(default=dict, blank=True)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.QUEUED)
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    message_id = models.CharField("Message-ID", max_length=120, unique=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(
        _("next attempt"),
        default=timezone.now,
        help_text=_("For a mail that is being sent: the end of the worker's lease, when another may take it."),
    )
    error = models.TextField(_("reason"), blank=True)
    created_at = models.DateTimeField(_("queued on"), default=timezone.now)
    finished_at = models.DateTimeField(_("done on"), null=True, blank=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ["-created_at", "-pk"]
        indexes = [
            # Only what still has to leave is in it, in the order in which it leaves: it stays small.
            models.Index(
                fields=["next_attempt_at", "id"],
                condition=Q(status__in=["queued", "sending", "retry"]),
                name="outbox_mail_unsent",
            ),
            models.Index(fields=["-created_at", "-id"], name="outbox_mail_newest"),
        ]

    def __str__(self) -> str:
        return self.key

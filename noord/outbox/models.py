from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Mail(models.Model):
    """One e-mail to one person. The row is written before the mail is sent, in the transaction that causes it."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        SENDING = "sending", _("Sending")
        RETRY = "retry", _("Will be tried again")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        DROPPED = "dropped", _("No longer needed")

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
    next_attempt_at = models.DateTimeField(_("next attempt"), default=timezone.now)
    lease_until = models.DateTimeField(_("claimed until"), null=True, blank=True)
    error = models.TextField(_("reason"), blank=True)
    created_at = models.DateTimeField(_("queued on"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent on"), null=True, blank=True)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["status", "next_attempt_at"], name="outbox_mail_due")]

    def __str__(self) -> str:
        return self.key

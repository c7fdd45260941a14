from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from noord.outbox.querysets import MailQuerySet


class Mail(models.Model):
    """One e-mail to one person. The row is written before the mail is sent, in the transaction that causes it."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        SENDING = "sending", _("Sending")
        RETRY = "retry", _("Will be tried again")
        HELD = "held", _("On hold")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        DROPPED = "dropped", _("No longer needed")

    class Bounce(models.TextChoices):
        PERMANENT = "permanent", _("Came back for good")
        TEMPORARY = "temporary", _("Came back after some days")

    # Waiting for us, or for a worker that must report before its lease ends; and those that nobody waits for.
    UNSENT = (Status.QUEUED, Status.SENDING, Status.RETRY)
    DONE = (Status.SENT, Status.FAILED, Status.DROPPED, Status.HELD)

    key = models.CharField(_("key"), max_length=160, help_text=_("What, for whom, which version: never sent twice."))
    kind = models.CharField(_("kind"), max_length=60)
    to = models.EmailField(_("to"))
    params = models.JSONField(default=dict, blank=True)
    about = models.CharField(
        _("about"),
        max_length=60,
        blank=True,
        default="",
        db_default="",
        help_text=_("Such as event:12, to find mails together."),
    )
    is_bulk = models.BooleanField(
        _("to many"), default=False, db_default=False, help_text=_("Leaves after all mail that somebody waits for.")
    )
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.QUEUED)
    bounce = models.CharField(_("came back"), max_length=9, choices=Bounce, blank=True, default="", db_default="")
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    message_id = models.CharField("Message-ID", max_length=120)
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
        # Not unique=True: for a text that makes a second index, and each mail is written three times.
        constraints = [
            models.UniqueConstraint(fields=["key"], name="outbox_mail_key"),
            models.UniqueConstraint(fields=["message_id"], name="outbox_mail_message_id"),
        ]
        indexes = [
            # Only what still has to leave is in it, in the order in which it leaves: it stays small.
            models.Index(
                fields=["is_bulk", "next_attempt_at", "id"],
                condition=Q(status__in=["queued", "sending", "retry"]),
                name="outbox_mail_due",
            ),
            models.Index(fields=["-created_at", "-id"], name="outbox_mail_newest"),
            models.Index(fields=["finished_at"], condition=Q(finished_at__isnull=False), name="outbox_mail_finished"),
            models.Index(fields=["about", "status"], condition=~Q(about=""), name="outbox_mail_about"),
            models.Index(fields=["kind", "created_at"], condition=Q(status="held"), name="outbox_mail_held"),
            # What goes to one address in whatever capitals, and to everybody of an organisation.
            models.Index(Lower("to"), name="outbox_mail_to"),
        ]

    def __str__(self) -> str:
        return self.key


class AddressHold(models.Model):
    """An address to which no mail goes until somebody lifts the hold."""

    class Reason(models.TextChoices):
        BOUNCED = "bounced", _("The address does not exist or takes no mail")
        BOUNCED_OFTEN = "often", _("Three mails in a row came back")
        BY_HAND = "by_hand", _("Put on hold by hand")

    email = models.EmailField(_("e-mail address"), unique=True, help_text=_("In lower case."))
    reason = models.CharField(_("reason"), max_length=7, choices=Reason, default=Reason.BY_HAND)
    detail = models.TextField(_("detail"), blank=True, help_text=_("Such as the other mail server's own words."))
    since = models.DateTimeField(_("since"), default=timezone.now)

    class Meta:
        verbose_name = _("address on hold")
        verbose_name_plural = _("addresses on hold")
        ordering = ["-since", "-pk"]

    def __str__(self) -> str:
        return self.email

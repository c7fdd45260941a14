from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.models.event import Event
from events.querysets import InvitationQuerySet
from noord.outbox.models import Mail


class InvitationRound(models.Model):
    """One time that somebody sent invitations: by whom, when, and the personal word that went with them."""

    event = models.ForeignKey(Event, models.CASCADE, verbose_name=_("meeting"), related_name="invitation_rounds")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("sent by"), null=True, related_name="+"
    )
    word = models.TextField(_("personal word"), blank=True, max_length=2000)
    send_at = models.DateTimeField(_("leaves on"), default=timezone.now)
    created_at = models.DateTimeField(_("made on"), default=timezone.now)

    class Meta:
        verbose_name = _("round of invitations")
        verbose_name_plural = _("rounds of invitations")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.event} ({timezone.localtime(self.created_at):%d-%m-%Y %H.%M})"


class Invitation(models.Model):
    """One person is invited to one meeting, once. Yes and no follow from the registration; maybe is kept here."""

    class Answer(models.TextChoices):
        NONE = "none", _("No answer yet")
        YES = "yes", _("Yes")
        MAYBE = "maybe", _("Maybe")
        NO = "no", _("No")

    event = models.ForeignKey(Event, models.CASCADE, verbose_name=_("meeting"), related_name="invitations")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("person"), related_name="invitations"
    )
    round = models.ForeignKey(
        InvitationRound, models.CASCADE, verbose_name=_("round of invitations"), related_name="invitations"
    )
    maybe_at = models.DateTimeField(_("said maybe on"), null=True, blank=True)
    reminded_at = models.DateTimeField(_("reminded on"), null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["person__name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "person"],
                name="events_invitation_once",
                violation_error_message=_("This person is invited to this meeting already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.event}"

    @property
    def answer_label(self) -> str:
        """The answer in words; needs with_answer()."""
        return self.Answer(self.answer).label

    @property
    def delivery_label(self) -> str:
        """The state of the mail in words; needs with_delivery()."""
        return Mail.Status(self.delivery).label


class CalendarReply(models.Model):
    """The newest answer somebody gave in a calendar (RFC 5546 3.2.3); an older one that comes later is ignored."""

    event = models.ForeignKey(Event, models.CASCADE, verbose_name=_("meeting"), related_name="calendar_replies")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("person"), related_name="calendar_replies"
    )
    partstat = models.CharField(_("answer"), max_length=12)
    sequence = models.PositiveIntegerField()
    dtstamp = models.DateTimeField(_("given on"))

    class Meta:
        verbose_name = _("answer from a calendar")
        verbose_name_plural = _("answers from calendars")
        constraints = [models.UniqueConstraint(fields=["event", "person"], name="events_calendarreply_newest")]

    def __str__(self) -> str:
        return f"{self.person}: {self.partstat}"


class ChangeNotice(models.Model):
    """What participants do not know yet: the meeting as they were last told, until they hear of the change.

    Several edits are one notice; it leaves at announce_at, and a meeting has at most one that is open.
    """

    event = models.ForeignKey(Event, models.CASCADE, verbose_name=_("meeting"), related_name="change_notices")
    before = models.JSONField(_("as last told"))
    announce_at = models.DateTimeField(_("leaves on"), null=True, blank=True)
    # Whoever registered after this was told the new version; an edit of anything else leaves it as it is.
    edited_at = models.DateTimeField(_("last change on"), default=timezone.now)
    # Set when an edit was taken back: only who was told the version in between, after this, must hear of that.
    told_since = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("made on"), default=timezone.now)
    closed_at = models.DateTimeField(_("closed on"), null=True, blank=True)

    class Meta:
        verbose_name = _("notice of a change")
        verbose_name_plural = _("notices of changes")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["event"], condition=Q(closed_at__isnull=True), name="events_changenotice_one_open"
            )
        ]

    def __str__(self) -> str:
        return str(self.event)

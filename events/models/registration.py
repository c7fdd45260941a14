from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.models.event import Event
from events.models.programme import ProgrammeItem, SessionBlock
from events.querysets import RegistrationQuerySet


class Registration(models.Model):
    """One person and one meeting: there is one row for the pair, whatever happens to it."""

    class Status(models.TextChoices):
        CONFIRMED = "confirmed", _("Registered")
        WAITING = "waiting", _("Waiting list")
        CANCELLED = "cancelled", _("Cancelled")

    class Source(models.TextChoices):
        HAND = "hand", _("By the organisers")
        QR = "qr", _("With the code at the door")

    event = models.ForeignKey(Event, models.CASCADE, verbose_name=_("meeting"), related_name="registrations")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("person"), related_name="registrations"
    )
    status = models.CharField(_("status"), max_length=10, choices=Status)
    queued_at = models.DateTimeField(
        _("in line since"), default=timezone.now, help_text=_("The order of the waiting list follows from this.")
    )
    promoted_at = models.DateTimeField(_("got a seat from the waiting list on"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled on"), null=True, blank=True)
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("registered by"),
        null=True,
        blank=True,
        related_name="registrations_made",
    )
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("cancelled by"),
        null=True,
        blank=True,
        related_name="+",
    )
    replaced_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("replaced by"),
        null=True,
        blank=True,
        related_name="seats_taken_over",
    )
    dietary_wish = models.CharField(_("dietary wish"), max_length=200, blank=True)
    name_visible = models.BooleanField(_("others may see my name on the list"), default=False)
    attended_at = models.DateTimeField(_("was there, noted on"), null=True, blank=True)
    # The default is the database's too: the version before this one knows nothing of the column.
    attendance_source = models.CharField(
        _("noted"), max_length=4, choices=Source, blank=True, default="", db_default="", editable=False
    )
    # Each change of the row is a new version; a mail about it is sent once per version.
    version = models.PositiveIntegerField(default=1, editable=False)
    # This person's copy of the meeting is tentative, certain or cancelled; each change of that raises its SEQUENCE.
    status_changes = models.PositiveIntegerField(default=0, editable=False)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        ordering = ["queued_at", "pk"]
        indexes = [
            models.Index(fields=["event", "status", "queued_at", "id"], name="events_registration_line"),
            models.Index(fields=["person", "status"], name="events_registration_mine"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "person"],
                name="events_registration_once",
                violation_error_message=_("This person is registered for this meeting already."),
            ),
            # That only somebody with a seat can be there is a rule of the verbs: the version before this one
            # cancels without knowing of attendance.
            models.CheckConstraint(
                condition=Q(attended_at__isnull=True, attendance_source="")
                | Q(attended_at__isnull=False) & ~Q(attendance_source=""),
                name="events_registration_attended_by_a_source",
                violation_error_message=_("Say how it was noted that somebody was there."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.event} ({self.get_status_display()})"

    @property
    def is_confirmed(self) -> bool:
        return self.status == self.Status.CONFIRMED

    @property
    def is_waiting(self) -> bool:
        return self.status == self.Status.WAITING

    @property
    def is_cancelled(self) -> bool:
        return self.status == self.Status.CANCELLED

    @property
    def is_current(self) -> bool:
        return not self.is_cancelled

    @property
    def sequence(self) -> int:
        """The SEQUENCE of this person's copy of the meeting (RFC 5546 2.1.4); needs event loaded."""
        return self.event.sequence + self.status_changes


class RegistrationReason(models.Model):
    """Why the organisers went past the rules of the line for somebody. Rows are added, never changed."""

    class Kind(models.TextChoices):
        ABOVE_CAPACITY = "above_capacity", _("Added although the meeting was full")
        OUT_OF_TURN = "out_of_turn", _("Got a seat out of turn")
        FULL_SESSION = "full_session", _("Put in a session that was full")

    registration = models.ForeignKey(
        Registration, models.CASCADE, verbose_name=_("registration"), related_name="reasons"
    )
    kind = models.CharField(_("what happened"), max_length=14, choices=Kind)
    text = models.CharField(_("reason"), max_length=300)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("by"), null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField(_("on"), default=timezone.now)

    class Meta:
        verbose_name = _("reason")
        verbose_name_plural = _("reasons")
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(text=""),
                name="events_registrationreason_says_why",
                violation_error_message=_("Give a reason."),
            )
        ]

    def __str__(self) -> str:
        return self.text


class SessionChoice(models.Model):
    """What a person chose in one block, and the session in which they have a seat (none = waiting for one)."""

    registration = models.ForeignKey(
        Registration, models.CASCADE, verbose_name=_("registration"), related_name="choices"
    )
    block = models.ForeignKey(SessionBlock, models.RESTRICT, verbose_name=_("block"), related_name="choices")
    first = models.ForeignKey(
        ProgrammeItem, models.RESTRICT, verbose_name=_("first choice"), related_name="first_choices"
    )
    second = models.ForeignKey(
        ProgrammeItem,
        models.SET_NULL,
        verbose_name=_("second choice"),
        null=True,
        blank=True,
        related_name="second_choices",
    )
    seat = models.ForeignKey(
        ProgrammeItem,
        models.SET_NULL,
        verbose_name=_("seat in"),
        null=True,
        blank=True,
        related_name="occupied_by",
    )
    chosen_at = models.DateTimeField(_("chosen on"), default=timezone.now)

    class Meta:
        verbose_name = _("choice of session")
        verbose_name_plural = _("choices of session")
        ordering = ["chosen_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["registration", "block"],
                name="events_sessionchoice_once_per_block",
                violation_error_message=_("Choose one session per block."),
            ),
            models.CheckConstraint(
                condition=Q(second__isnull=True) | ~Q(second=F("first")),
                name="events_sessionchoice_second_differs",
                violation_error_message=_("Choose another session as your second choice."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.first)


class CalendarFeed(models.Model):
    """The secret address of a person's own calendar.

    The secret itself is made from the nonce and SECRET_KEY; the database keeps only its hash, so a copy of the
    database opens no feed.
    """

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("person"), related_name="calendar_feed"
    )
    nonce = models.CharField(max_length=40)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(_("made on"), default=timezone.now)

    class Meta:
        verbose_name = _("personal calendar link")
        verbose_name_plural = _("personal calendar links")

    def __str__(self) -> str:
        return str(self.person)

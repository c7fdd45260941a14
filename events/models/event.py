from datetime import date
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from events.addresses import event_path
from events.cycle import PREPARE_DAYS, Cycle, cycle_of
from events.querysets import EventQuerySet
from knowledge_groups.models import KnowledgeGroup
from members.models import Organisation
from sectors.models import FocalPoint, Sector, SectorRole


def new_uid() -> str:
    """Return an iCalendar UID that says nothing about the meeting or anyone in it (RFC 7986 5.3)."""
    return f"{uuid4()}@samenwerking-noord"


def not_reserved(slug: str) -> None:
    """Raise ValidationError for a slug whose pages would be hidden by another address below /agenda/."""
    if slug in ("antwoord", "persoonlijk"):
        raise ValidationError(_("This address is taken. Choose another one."))


class Event(models.Model):
    """A meeting. All moments are stored in UTC and meant, shown and typed in Europe/Amsterdam."""

    class Kind(models.TextChoices):
        SECTOR = "sector", _("Sector meeting")
        MEETING = "meeting", _("Meeting")
        JOINT = "joint", _("Joint meeting")
        CONGRESS = "congress", _("Congress")
        TRAINING = "training", _("Training")
        LUNCH = "lunch", _("Lunch session")
        GENERAL_ASSEMBLY = "general_assembly", _("General assembly of members")

    class Audience(models.TextChoices):
        PUBLIC = "public", _("Everyone")
        MEMBERS = "members", _("All members")
        HOSTS = "hosts", _("The people of the hosts")

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        CANCELLED = "cancelled", _("Called off")

    VISIBLE_STATUSES = (Status.PUBLISHED, Status.CANCELLED)
    # The kinds whose topics are proposed and chosen; what happens at a congress or a training is somebody else's plan.
    TOPIC_KINDS = (Kind.SECTOR, Kind.MEETING, Kind.JOINT)
    PLAN_KIND = Kind.SECTOR  # what counts for the plan of a sector's year (EventQuerySet.of_plan)

    title = models.CharField(_("title"), max_length=160)
    slug = models.SlugField(_("address on the site"), max_length=100, unique=True, validators=[not_reserved])
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.MEETING)
    sectors = models.ManyToManyField(Sector, verbose_name=_("sectors that host"), blank=True, related_name="events")
    groups = models.ManyToManyField(
        KnowledgeGroup, verbose_name=_("knowledge groups that host"), blank=True, related_name="events"
    )
    focal_points = models.ManyToManyField(
        FocalPoint,
        verbose_name=_("focal points"),
        blank=True,
        related_name="events",
        help_text=_("What this meeting or training is part of. It stands on the page of the focal point."),
    )
    host = models.ForeignKey(
        Organisation,
        models.PROTECT,
        verbose_name=_("host organisation"),
        null=True,
        blank=True,
        related_name="hosted_events",
    )
    summary = models.CharField(_("summary"), max_length=300, blank=True, help_text=_("One or two short sentences."))
    text = models.TextField(_("text"), blank=True)
    notice = models.CharField(_("notice"), max_length=200, blank=True, help_text=_("Shown in a strip above the text."))
    report = models.TextField(_("report"), blank=True)
    tags = models.CharField(_("tags"), max_length=200, blank=True, help_text=_("With a comma between them."))

    start = models.DateTimeField(_("start"))
    end = models.DateTimeField(_("end"))
    place = models.CharField(_("place"), max_length=80, blank=True, help_text=_("Village or town, or Online."))
    venue = models.CharField(_("venue"), max_length=120, blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    online_url = models.URLField(
        _("online link"), max_length=500, blank=True, help_text=_("Only participants see this link.")
    )

    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    audience = models.CharField(_("for whom"), max_length=10, choices=Audience, default=Audience.MEMBERS)
    capacity = models.PositiveIntegerField(
        _("number of seats"), null=True, blank=True, help_text=_("Empty means: no limit.")
    )
    registration_opens = models.DateTimeField(_("registration opens"), null=True, blank=True)
    registration_closes = models.DateTimeField(
        _("registration closes"), null=True, blank=True, help_text=_("Empty means: when the meeting starts.")
    )
    session_required = models.BooleanField(_("everyone must choose a session"), default=False)
    follow_up_of = models.ForeignKey(
        "self",
        models.SET_NULL,
        verbose_name=_("follow-up of"),
        null=True,
        blank=True,
        related_name="follow_ups",
    )

    prepare_days = models.PositiveSmallIntegerField(
        _("topics known so many days before"),
        null=True,
        blank=True,
        help_text=_("Empty means: one calendar month before the meeting."),
    )

    # Calendar identity: the same in every mail, download and feed, for the whole life of the meeting.
    uid = models.CharField(max_length=80, unique=True, default=new_uid, editable=False)
    sequence = models.PositiveIntegerField(
        default=0, editable=False, help_text="Rises with time, place or status (RFC 5546 2.1.4)."
    )
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    # When the reminders and the thanks left: each leaves once, unless the meeting moves to another day.
    week_reminder_at = models.DateTimeField(null=True, editable=False)
    day_reminder_at = models.DateTimeField(null=True, editable=False)
    thanks_at = models.DateTimeField(null=True, editable=False)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("meeting")
        verbose_name_plural = _("meetings")
        ordering = ["start", "pk"]
        indexes = [
            models.Index(fields=["status", "start"], name="events_event_by_start"),
            models.Index(fields=["end", "id"], name="events_event_by_end_and_id"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(end__gt=F("start")),
                name="events_event_ends_after_start",
                violation_error_message=_("The meeting must end after it starts."),
            ),
            models.CheckConstraint(
                condition=Q(registration_opens__isnull=True)
                | Q(registration_closes__isnull=True)
                | Q(registration_closes__gt=F("registration_opens")),
                name="events_event_registration_in_order",
                violation_error_message=_("Registration must close after it opens."),
            ),
            models.CheckConstraint(
                condition=Q(registration_closes__isnull=True) | Q(registration_closes__lte=F("start")),
                name="events_event_registration_closes_in_time",
                violation_error_message=_("Registration must close before the meeting starts."),
            ),
            models.CheckConstraint(
                condition=Q(prepare_days__isnull=True) | Q(prepare_days__range=PREPARE_DAYS),
                name="events_event_prepares_in_time",
                violation_error_message=_(
                    "The topics must be known at least 8 days before the meeting, and at most 180 days."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return event_path(self.slug)

    @property
    def closes_at(self):
        """The moment after which members can no longer register, change or cancel (aware datetime)."""
        return self.registration_closes or self.start

    @property
    def prepare_by(self) -> date:
        """The day on which the topic and the preparation are discussed: one month before, unless it was moved."""
        return self.cycle.prepare_by

    @property
    def cycle(self) -> Cycle:
        """The days of its topics; they follow from its own day in Amsterdam, so they move along with it."""
        return cycle_of(timezone.localdate(self.start), self.prepare_days)

    @property
    def has_topics(self) -> bool:
        """Is it a meeting whose topics are proposed and chosen? Needs the hosts loaded."""
        return self.kind in self.TOPIC_KINDS and bool(self.hosts)

    @property
    def is_cancelled(self) -> bool:
        return self.status == self.Status.CANCELLED

    @property
    def is_public(self) -> bool:
        """May every visitor know of this meeting?"""
        return self.status in self.VISIBLE_STATUSES and self.audience == self.Audience.PUBLIC

    def is_past(self, now=None) -> bool:
        return self.end <= (now or timezone.now())

    @cached_property
    def tag_list(self) -> list[str]:
        return [tag.strip() for tag in self.tags.split(",") if tag.strip()]

    @property
    def where(self) -> str:
        """Return venue, address and place as far as they are known, for instance "Tolbert"."""
        return ", ".join(part for part in (self.venue, self.address, self.place) if part)

    @cached_property
    def hosts(self) -> list:
        """The sectors and groups that host the meeting as equals. Prefetch both for a list."""
        return [*self.sectors.all(), *self.groups.all()]

    @cached_property
    def first_contact(self) -> str:
        """The address of the programme manager of a host, to whom an answer in words goes; empty without one."""
        managers = SectorRole.objects.active_on().filter(role=SectorRole.Role.PROGRAMME_MANAGER, sector__events=self)
        reachable = managers.filter(person__email__isnull=False, person__is_active=True).order_by("start", "pk")
        return reachable.values_list("person__email", flat=True).first() or ""

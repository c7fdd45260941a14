from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from knowledge_groups.querysets import GroupMembershipQuerySet, GroupRequestQuerySet, KnowledgeGroupQuerySet
from members.models import Organisation
from members.periods import Period
from noord.dates import day_short
from sectors.models import FocalPoint


class KnowledgeGroup(models.Model):
    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        ACTIVE = "active", _("Active")
        ENDED = "ended", _("Ended")

    name = models.CharField(_("name"), max_length=80, unique=True)
    slug = models.SlugField(_("address on the site"), max_length=80, unique=True)
    summary = models.CharField(_("summary"), max_length=300, blank=True, help_text=_("One sentence under the title."))
    text = models.TextField(_("text"), blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PROPOSED)
    proposed_on = models.DateField(_("proposed on"), null=True, blank=True)
    started_on = models.DateField(_("knowledge group since"), null=True, blank=True)
    decision = models.TextField(_("decision to start"), blank=True, db_default="")
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    end_decision = models.TextField(_("decision to end"), blank=True, db_default="")
    is_open = models.BooleanField(_("everyone of a member may join"), default=True)
    since_year = models.PositiveSmallIntegerField(_("meets since"), null=True, blank=True)
    meetings_per_year_min = models.PositiveSmallIntegerField(_("meetings per year, at least"), default=2)
    meetings_per_year_max = models.PositiveSmallIntegerField(_("meetings per year, at most"), default=3)
    partners = models.ManyToManyField(
        Organisation, verbose_name=_("partner organisations"), blank=True, related_name="knowledge_groups"
    )
    focal_points = models.ManyToManyField(
        FocalPoint, verbose_name=_("focal points"), blank=True, related_name="partner_groups"
    )
    participants = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        through="GroupMembership",
        verbose_name=_("participants"),
        related_name="knowledge_groups",
    )

    members_may_propose = models.BooleanField(
        _("members may propose topics"),
        default=True,
        db_default=True,
        help_text=_("Without this, only the chairs propose a topic."),
    )

    objects = KnowledgeGroupQuerySet.as_manager()

    class Meta:
        verbose_name = _("knowledge group")
        verbose_name_plural = _("knowledge groups")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(meetings_per_year_max__gte=F("meetings_per_year_min")),
                name="knowledge_groups_meetings_in_order",
                violation_error_message=_("The most meetings per year cannot be fewer than the least."),
            ),
            models.CheckConstraint(
                condition=Q(proposed_on__isnull=True)
                | Q(started_on__isnull=True)
                | Q(started_on__gte=F("proposed_on")),
                name="knowledge_groups_starts_after_proposal",
                violation_error_message=_("A group starts on the day of its proposal at the earliest."),
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(started_on__isnull=True) | Q(ended_on__gte=F("started_on")),
                name="knowledge_groups_ends_after_start",
                violation_error_message=_("A group ends on the day of its start at the earliest."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("knowledge_groups:group", args=[self.slug])

    @property
    def is_proposed(self) -> bool:
        return self.state == self.State.PROPOSED

    @property
    def has_ended(self) -> bool:
        return self.state == self.State.ENDED

    @property
    def state_sentence(self) -> str:
        """What it is and since when, as far as the day is known: "Kennisgroep sinds 7 maart 2019"."""
        match self.state:
            case self.State.PROPOSED if self.proposed_on:
                return gettext("Proposed on %(day)s") % {"day": day_short(self.proposed_on)}
            case self.State.ACTIVE if self.started_on:
                return gettext("Knowledge group since %(day)s") % {"day": day_short(self.started_on)}
            case self.State.ENDED if self.ended_on:
                return gettext("Ended on %(day)s") % {"day": day_short(self.ended_on)}
        return self.get_state_display()

    @property
    def partner_names(self) -> list[str]:
        """The organisations that it works with. Needs for_page()."""
        return sorted((row["name"] for row in self.partner_rows or []), key=str.casefold)

    @property
    def rhythm(self) -> str:
        """How often it meets, and how often it did in the year that it was loaded with (with_year).

        "2 tot 3 keer per jaar, 1 geweest"
        """
        least, most = self.meetings_per_year_min, self.meetings_per_year_max
        if least == most:
            often = ngettext("%(n)s time per year", "%(n)s times per year", most) % {"n": most}
        else:
            often = gettext("%(least)s to %(most)s times per year") % {"least": least, "most": most}
        return gettext("%(often)s, %(n)s held") % {"often": often, "n": self.held}


class GroupMembership(Period):
    class Role(models.TextChoices):
        PARTICIPANT = "participant", _("Participant")
        COORDINATOR = "coordinator", _("Coordinator")
        LEAD = "lead", _("Group lead")

    group = models.ForeignKey(
        KnowledgeGroup, models.CASCADE, verbose_name=_("knowledge group"), related_name="memberships"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("person"), related_name="group_memberships"
    )
    role = models.CharField(_("role"), max_length=12, choices=Role, default=Role.PARTICIPANT)

    objects = GroupMembershipQuerySet.as_manager()

    class Meta(Period.Meta):
        verbose_name = _("participant of a knowledge group")
        verbose_name_plural = _("participants of a knowledge group")
        ordering = ["start", "pk"]
        constraints = [
            *Period.Meta.constraints,
            models.UniqueConstraint(
                fields=["group", "person"],
                condition=Q(end__isnull=True),
                name="knowledge_groups_participates_once",
                violation_error_message=_("This person takes part in the group already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} ({self.group})"

    def clean(self) -> None:
        """Refuse that somebody goes on in a group that has ended: ending it was a decision, with a day."""
        super().clean()
        group = getattr(self, "group", None)
        if group and group.has_ended and (self.end is None or self.end > timezone.localdate()):
            raise ValidationError({"end": gettext("This group has ended: fill in the last day.")})


class GroupRequest(models.Model):
    """Somebody asks to take part in a closed group; whoever leads it says yes or no, once."""

    class Status(models.TextChoices):
        OPEN = "open", _("Not answered yet")
        ACCEPTED = "accepted", _("Takes part")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    group = models.ForeignKey(
        KnowledgeGroup, models.CASCADE, verbose_name=_("knowledge group"), related_name="requests"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("person"), related_name="group_requests"
    )
    text = models.CharField(_("why I want to join"), max_length=500, blank=True)
    asked_at = models.DateTimeField(_("asked on"), default=timezone.now)
    status = models.CharField(_("state"), max_length=10, choices=Status, default=Status.OPEN)
    decided_at = models.DateTimeField(_("answered on"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("answered by"),
        null=True,
        blank=True,
        related_name="+",
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    objects = GroupRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request to join a knowledge group")
        verbose_name_plural = _("requests to join a knowledge group")
        ordering = ["asked_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["group", "person"],
                condition=Q(status="open"),
                name="knowledge_groups_asks_once",
                violation_error_message=_("This person has asked already."),
            ),
            models.CheckConstraint(
                condition=~Q(status="declined") | ~Q(reason=""),
                name="knowledge_groups_declined_with_reason",
                violation_error_message=_("Say why not."),
            ),
            models.CheckConstraint(
                condition=Q(status="open", decided_at__isnull=True) | ~Q(status="open") & Q(decided_at__isnull=False),
                name="knowledge_groups_answered_on_a_day",
                violation_error_message=_("A request that is answered has a day on which that was."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.group}"

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN

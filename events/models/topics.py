from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.cycle import Step
from events.models.event import Event
from events.models.programme import ProgrammeItem
from events.topic_querysets import TopicInputQuerySet, TopicProposalQuerySet
from knowledge_groups.models import KnowledgeGroup
from members.models import Organisation
from sectors.models import FocalPoint, Sector


class TopicProposal(models.Model):
    """What somebody wants to talk about: for one meeting, or on the wish list of a sector or group until it is chosen.

    It belongs to the sector or group of who proposed it, also when the meeting has more hosts.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        NEW = "new", _("New")
        DISCUSSED = "discussed", _("Discussed")
        PLANNED = "planned", _("Planned")
        DECLINED = "declined", _("Not chosen")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    OPEN = (Status.NEW, Status.DISCUSSED)

    sector = models.ForeignKey(
        Sector, models.CASCADE, verbose_name=_("sector"), null=True, blank=True, related_name="topic_proposals"
    )
    group = models.ForeignKey(
        KnowledgeGroup,
        models.CASCADE,
        verbose_name=_("knowledge group"),
        null=True,
        blank=True,
        related_name="topic_proposals",
    )
    event = models.ForeignKey(
        Event, models.SET_NULL, verbose_name=_("meeting"), null=True, blank=True, related_name="topic_proposals"
    )
    title = models.CharField(_("topic"), max_length=120)
    reason = models.TextField(_("why now"), max_length=2000, blank=True)
    focal_point = models.ForeignKey(
        FocalPoint,
        models.SET_NULL,
        verbose_name=_("focal point"),
        null=True,
        blank=True,
        related_name="topic_proposals",
    )
    minutes = models.PositiveSmallIntegerField(_("length in minutes"), default=45)
    seeks_presenter = models.BooleanField(_("somebody who presents is still wanted"), default=False)
    status = models.CharField(_("state"), max_length=10, choices=Status, default=Status.DRAFT)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("proposed by"),
        null=True,
        related_name="topic_proposals",
    )
    created_at = models.DateTimeField(_("made on"), default=timezone.now)
    proposed_at = models.DateTimeField(_("proposed on"), null=True, blank=True)
    edited_at = models.DateTimeField(_("changed on"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided on"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("decided by"),
        null=True,
        blank=True,
        related_name="+",
    )
    decline_reason = models.CharField(_("why it is not chosen"), max_length=500, blank=True)
    summary = models.TextField(_("summary of the input"), max_length=4000, blank=True)
    summary_at = models.DateTimeField(_("summarised on"), null=True, blank=True)
    item = models.OneToOneField(
        ProgrammeItem,
        models.SET_NULL,
        verbose_name=_("programme item"),
        null=True,
        blank=True,
        related_name="topic_proposal",
    )

    objects = TopicProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("topic proposal")
        verbose_name_plural = _("topic proposals")
        ordering = ["-proposed_at", "-pk"]
        indexes = [
            models.Index(fields=["sector", "-proposed_at"], name="events_topic_of_sector"),
            models.Index(fields=["group", "-proposed_at"], name="events_topic_of_group"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(sector__isnull=False, group__isnull=True) | Q(sector__isnull=True, group__isnull=False),
                name="events_topicproposal_one_home",
                violation_error_message=_("Choose one sector or one knowledge group."),
            ),
            models.CheckConstraint(
                condition=~Q(status="planned") | Q(event__isnull=False),
                name="events_topicproposal_planned_somewhere",
                violation_error_message=_("Choose the meeting for which this topic is planned."),
            ),
            models.CheckConstraint(
                condition=~Q(status="declined") | ~Q(decline_reason=""),
                name="events_topicproposal_declined_with_reason",
                violation_error_message=_("Say why this topic is not chosen."),
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(proposed_at__isnull=False),
                name="events_topicproposal_proposed_once",
                violation_error_message=_("A proposal that is no draft has a day on which it was proposed."),
            ),
            models.CheckConstraint(
                condition=Q(minutes__gte=5, minutes__lte=480),
                name="events_topicproposal_length",
                violation_error_message=_("A topic takes 5 minutes to 8 hours."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("events:topic", args=[self.pk])

    @property
    def home(self) -> Sector | KnowledgeGroup:
        """The sector or group whose wish list it is on."""
        return self.sector or self.group

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT

    @property
    def is_open(self) -> bool:
        """May it still be chosen?"""
        return self.status in self.OPEN

    @property
    def is_planned(self) -> bool:
        return self.status == self.Status.PLANNED


class TopicPresenter(models.Model):
    """A member that presents a topic, or a person of it when we know who."""

    proposal = models.ForeignKey(
        TopicProposal, models.CASCADE, verbose_name=_("topic proposal"), related_name="presenters"
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, verbose_name=_("organisation"), related_name="topics_presented"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("person"),
        null=True,
        blank=True,
        related_name="topics_presented",
    )

    class Meta:
        verbose_name = _("presenter of a topic")
        verbose_name_plural = _("presenters of a topic")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "organisation", "person"],
                name="events_topicpresenter_person_once",
                violation_error_message=_("This presenter is on the list already."),
            ),
            models.UniqueConstraint(
                fields=["proposal", "organisation"],
                condition=Q(person__isnull=True),
                name="events_topicpresenter_member_once",
                violation_error_message=_("This presenter is on the list already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.organisation}" if self.person else str(self.organisation)


class TopicSupport(models.Model):
    """One person who wants to talk about a topic; there is no voting against."""

    proposal = models.ForeignKey(
        TopicProposal, models.CASCADE, verbose_name=_("topic proposal"), related_name="supports"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("person"), related_name="topic_supports"
    )
    at = models.DateTimeField(_("on"), default=timezone.now)

    class Meta:
        verbose_name = _("support for a topic")
        verbose_name_plural = _("support for topics")
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "person"],
                name="events_topicsupport_once",
                violation_error_message=_("You support this topic already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.proposal}"


class TopicInput(models.Model):
    """What a member says about a proposal. Without consent the page shows no name, only the kind of organisation."""

    class Kind(models.TextChoices):
        IDEA = "idea", _("Idea")
        QUESTION = "question", _("Question")
        ANSWER = "answer", _("Answer")
        PRESENT = "present", _("Wants to present")
        CASE = "case", _("Brings a case")

    proposal = models.ForeignKey(
        TopicProposal, models.CASCADE, verbose_name=_("topic proposal"), related_name="inputs"
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.IDEA)
    answers = models.ForeignKey(
        "self", models.SET_NULL, verbose_name=_("answer to"), null=True, blank=True, related_name="answered_by"
    )
    text = models.TextField(_("text"), max_length=2000)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("by"), null=True, related_name="topic_inputs"
    )
    shows_name = models.BooleanField(_("my name may be shown with it"), default=False)
    created_at = models.DateTimeField(_("said on"), default=timezone.now)
    edited_at = models.DateTimeField(_("changed on"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn on"), null=True, blank=True)

    objects = TopicInputQuerySet.as_manager()

    class Meta:
        verbose_name = _("input on a topic")
        verbose_name_plural = _("input on topics")
        ordering = ["created_at", "pk"]
        indexes = [models.Index(fields=["proposal", "created_at", "id"], name="events_topicinput_in_order")]
        constraints = [
            models.CheckConstraint(
                condition=Q(answers__isnull=True) | Q(kind="answer"),
                name="events_topicinput_only_answers_answer",
                violation_error_message=_("Only an answer can belong to a question."),
            ),
            models.CheckConstraint(
                condition=~Q(text="") | Q(withdrawn_at__isnull=False),
                name="events_topicinput_says_something",
                violation_error_message=_("Write what you want to say."),
            ),
            models.CheckConstraint(
                condition=Q(answers__isnull=True) | ~Q(answers=F("id")),
                name="events_topicinput_answers_another",
                violation_error_message=_("An answer cannot belong to itself."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text[:60]}"


class TopicStep(models.Model):
    """One step of the cycle of one meeting that was taken, or stopped by hand: either way it never comes again."""

    event = models.ForeignKey(Event, models.CASCADE, verbose_name=_("meeting"), related_name="topic_steps")
    kind = models.CharField(_("step"), max_length=10, choices=Step)
    at = models.DateTimeField(_("on"), default=timezone.now)
    is_stopped = models.BooleanField(_("stopped"), default=False)
    people = models.PositiveIntegerField(_("how many people"), default=0)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("by"),
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Empty: the portal itself."),
    )

    class Meta:
        verbose_name = _("step towards a meeting")
        verbose_name_plural = _("steps towards a meeting")
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "kind"],
                name="events_topicstep_once",
                violation_error_message=_("This step was taken already."),
            )
        ]

    def __str__(self) -> str:
        return self.get_kind_display()

"""Who has answered, and what was answered. docs/decisions/0010 says what keeps the two apart when it is anonymous."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consultations.models.consultation import Consultation
from consultations.models.questions import HIGHEST, LOWEST, MemberQuestion, Option
from consultations.querysets import ParticipationQuerySet
from members.models import Organisation


class Participation(models.Model):
    """Somebody, or an organisation, who is asked: written when the questions open, and marked when they answered.

    It knows that there is an answer and not which. It has no moment: that would tell whose answer came when.
    """

    consultation = models.ForeignKey(
        Consultation, models.CASCADE, verbose_name=_("questions to the members"), related_name="participations"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        verbose_name=_("person"),
        null=True,
        blank=True,
        related_name="consultation_participations",
    )
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        verbose_name=_("organisation"),
        null=True,
        blank=True,
        related_name="consultation_participations",
    )
    has_answered = models.BooleanField(_("has answered"), default=False)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("answered by"),
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Of an organisation: who spoke for it."),
    )

    objects = ParticipationQuerySet.as_manager()

    class Meta:
        verbose_name = _("participation")
        verbose_name_plural = _("participations")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=False, organisation=None, answered_by=None)
                | Q(person=None, organisation__isnull=False),
                name="consultations_participation_one_voice",
                violation_error_message=_("Either a person or an organisation is asked."),
            ),
            models.UniqueConstraint(
                fields=["consultation", "person"],
                name="consultations_participation_person_once",
                violation_error_message=_("This person is asked already."),
            ),
            models.UniqueConstraint(
                fields=["consultation", "organisation"],
                name="consultations_participation_organisation_once",
                violation_error_message=_("This organisation is asked already."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.person or self.organisation)


class AnswerSheet(models.Model):
    """The answers that one person or organisation sent. An anonymous one belongs to nobody and has no moment."""

    # Random, so that no order and no number of it tells who came when.
    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    consultation = models.ForeignKey(
        Consultation, models.CASCADE, verbose_name=_("questions to the members"), related_name="sheets"
    )
    is_anonymous = models.BooleanField(_("anonymous"))
    participation = models.OneToOneField(
        Participation, models.CASCADE, verbose_name=_("answered by"), null=True, blank=True, related_name="sheet"
    )
    answered_at = models.DateTimeField(_("answered on"), null=True, blank=True)
    changed_at = models.DateTimeField(_("changed on"), null=True, blank=True)
    version = models.PositiveIntegerField(
        default=1, help_text="Rises with each change, so that nobody undoes another's."
    )

    class Meta:
        verbose_name = _("answer of a member")
        verbose_name_plural = _("answers of members")
        constraints = [
            # The one link that there could be: the database itself refuses it.
            models.CheckConstraint(
                condition=Q(is_anonymous=True, participation=None, answered_at=None, changed_at=None, version=1)
                | Q(is_anonymous=False, participation__isnull=False, answered_at__isnull=False),
                name="consultations_sheet_anonymous_or_signed",
                violation_error_message=_("An anonymous answer belongs to nobody."),
            )
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)


class Answer(models.Model):
    """The answer to one question: one option (several make several rows), a number, or a text."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    sheet = models.ForeignKey(AnswerSheet, models.CASCADE, verbose_name=_("answer"), related_name="answers")
    question = models.ForeignKey(MemberQuestion, models.CASCADE, verbose_name=_("question"), related_name="answers")
    option = models.ForeignKey(
        Option, models.CASCADE, verbose_name=_("answer to choose"), null=True, blank=True, related_name="answers"
    )
    number = models.PositiveSmallIntegerField(_("number"), null=True, blank=True)
    text = models.TextField(_("text"), max_length=4000, blank=True)

    class Meta:
        verbose_name = _("answer to one question")
        verbose_name_plural = _("answers to one question")
        indexes = [models.Index(fields=["question", "id"], name="consultations_answer_shuffled")]
        constraints = [
            models.UniqueConstraint(
                fields=["sheet", "question", "option"],
                name="consultations_answer_option_once",
                violation_error_message=_("This answer is chosen already."),
            ),
            models.CheckConstraint(
                condition=Q(option__isnull=False, number=None, text="")
                | Q(option=None, number__range=(LOWEST, HIGHEST), text="")
                | Q(option=None, number=None) & ~Q(text=""),
                name="consultations_answer_one_value",
                violation_error_message=_("An answer is an option, a number from 1 to 5, or a text."),
            ),
        ]

    def __str__(self) -> str:
        return self.text or str(self.number or self.option)


class Substitute(models.Model):
    """A colleague whom the main contact lets answer for the organisation, for this set of questions."""

    consultation = models.ForeignKey(
        Consultation, models.CASCADE, verbose_name=_("questions to the members"), related_name="substitutes"
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, verbose_name=_("organisation"), related_name="consultation_substitutes"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        verbose_name=_("person"),
        related_name="consultation_substitutions",
    )
    named_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("named by"), null=True, related_name="+"
    )
    named_at = models.DateTimeField(_("named on"), default=timezone.now)

    class Meta:
        verbose_name = _("substitute")
        verbose_name_plural = _("substitutes")
        constraints = [
            models.UniqueConstraint(
                fields=["consultation", "organisation"],
                name="consultations_substitute_once",
                violation_error_message=_("This organisation has a substitute already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} ({self.organisation})"

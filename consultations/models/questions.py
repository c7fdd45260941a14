from django.db import models
from django.utils.translation import gettext_lazy as _

from consultations.models.consultation import Consultation

LOWEST, HIGHEST = 1, 5


class MemberQuestion(models.Model):
    """One question of a set. Its options are what one chooses from; of a scale, what its two ends mean."""

    class Kind(models.TextChoices):
        OPEN = "open", _("Open: people write their own answer")
        ONE = "one", _("Choose one")
        SEVERAL = "several", _("Choose one or more")
        SCALE = "scale", _("A scale from 1 to 5")

    consultation = models.ForeignKey(
        Consultation, models.CASCADE, verbose_name=_("questions to the members"), related_name="questions"
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    text = models.CharField(_("question"), max_length=300)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.OPEN)
    is_required = models.BooleanField(_("everyone must answer this"), default=False)

    class Meta:
        verbose_name = _("question to the members")
        verbose_name_plural = _("questions to the members")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.text

    @property
    def has_choices(self) -> bool:
        return self.kind in (self.Kind.ONE, self.Kind.SEVERAL)


class Option(models.Model):
    question = models.ForeignKey(MemberQuestion, models.CASCADE, verbose_name=_("question"), related_name="options")
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    text = models.CharField(_("answer to choose"), max_length=200)

    class Meta:
        verbose_name = _("answer to choose")
        verbose_name_plural = _("answers to choose")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["question", "text"],
                name="consultations_option_once",
                violation_error_message=_("This answer is there already."),
            )
        ]

    def __str__(self) -> str:
        return self.text

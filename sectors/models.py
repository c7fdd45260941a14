from dataclasses import dataclass

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from members.models import Organisation
from members.periods import Period
from members.querysets import RoleQuerySet
from sectors.querysets import FocalPointQuerySet, SectorQuerySet


class Sector(models.Model):
    name = models.CharField(_("name"), max_length=80, unique=True)
    slug = models.SlugField(_("address on the site"), max_length=80, unique=True)
    summary = models.CharField(_("summary"), max_length=300, blank=True, help_text=_("One sentence under the title."))
    text = models.TextField(_("text"), blank=True)
    organisations = models.ManyToManyField(
        Organisation, verbose_name=_("participating organisations"), blank=True, related_name="sectors"
    )
    people = models.ManyToManyField(
        settings.AUTH_USER_MODEL, verbose_name=_("people on the list"), blank=True, related_name="sectors"
    )

    members_may_propose = models.BooleanField(
        _("members may propose topics"),
        default=True,
        db_default=True,
        help_text=_("Without this, only the chairs propose a topic."),
    )

    objects = SectorQuerySet.as_manager()

    class Meta:
        verbose_name = _("sector")
        verbose_name_plural = _("sectors")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("sectors:sector", args=[self.slug])


class SectorRole(Period):
    class Role(models.TextChoices):
        CHAIR = "chair", _("Sector chair")
        PROGRAMME_MANAGER = "programme_manager", _("Programme manager")

    sector = models.ForeignKey(Sector, models.CASCADE, verbose_name=_("sector"), related_name="roles")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("person"), related_name="sector_roles"
    )
    role = models.CharField(_("role"), max_length=20, choices=Role)

    objects = RoleQuerySet.as_manager()

    class Meta(Period.Meta):
        verbose_name = _("role in a sector")
        verbose_name_plural = _("roles in a sector")
        ordering = ["start", "pk"]

    def __str__(self) -> str:
        return f"{self.person}, {self.get_role_display()} ({self.sector})"


class SectorYear(models.Model):
    """What the sector plans for one calendar year."""

    sector = models.ForeignKey(Sector, models.CASCADE, verbose_name=_("sector"), related_name="years")
    year = models.PositiveSmallIntegerField(_("year"))
    planned_meetings = models.PositiveSmallIntegerField(_("planned meetings"), default=8)
    target_new_members = models.PositiveSmallIntegerField(_("target for new members"), default=2)

    class Meta:
        verbose_name = _("year of a sector")
        verbose_name_plural = _("years of a sector")
        ordering = ["-year"]
        constraints = [
            models.UniqueConstraint(
                fields=["sector", "year"],
                name="sectors_sectoryear_once",
                violation_error_message=_("This sector has a plan for this year already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.sector} {self.year}"


@dataclass(frozen=True, slots=True)
class Partner:
    """With whom a sector works on a focal point; no address for an organisation, which has no page of its own."""

    name: str
    url: str = ""


class FocalPoint(models.Model):
    """What a sector works on in one calendar year, alone or with others.

    Knowledge groups point here from their own app (KnowledgeGroup.focal_points), since this app does not know them.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("Not started yet")
        ACTIVE = "active", _("In progress")
        DONE = "done", _("Done")
        STOPPED = "stopped", _("Stopped")

    sector = models.ForeignKey(Sector, models.CASCADE, verbose_name=_("sector"), related_name="focal_points")
    year = models.PositiveSmallIntegerField(_("year"))
    title = models.CharField(_("title"), max_length=120)
    text = models.TextField(_("text"), blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PLANNED)
    result = models.TextField(_("result"), blank=True, help_text=_("What did we make or achieve?"))
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    partner_sectors = models.ManyToManyField(
        Sector, verbose_name=_("partner sectors"), blank=True, related_name="partner_focal_points"
    )
    partner_organisations = models.ManyToManyField(
        Organisation, verbose_name=_("partner organisations"), blank=True, related_name="focal_points"
    )

    objects = FocalPointQuerySet.as_manager()

    class Meta:
        verbose_name = _("focal point")
        verbose_name_plural = _("focal points")
        ordering = ["-year", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["sector", "year", "title"],
                name="sectors_focalpoint_once",
                violation_error_message=_("This sector has this focal point for this year already."),
            )
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("sectors:focal_point", args=[self.pk])

    @property
    def partners(self) -> list[Partner]:
        """The partner sectors, then the groups, then the organisations. Needs with_partners()."""
        return [
            *(
                Partner(gettext("sector %(name)s") % row, reverse("sectors:sector", args=[row["slug"]]))
                for row in _by_name(self.partner_sector_rows)
            ),
            *(
                Partner(row["name"], reverse("knowledge_groups:group", args=[row["slug"]]))
                for row in _by_name(self.partner_group_rows)
            ),
            *(Partner(row["name"]) for row in _by_name(self.partner_organisation_rows)),
        ]


def _by_name(rows: list[dict] | None) -> list[dict]:
    return sorted(rows or [], key=lambda row: row["name"].casefold())

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from members.periods import Period
from members.querysets import OrganisationQuerySet


class Organisation(models.Model):
    class Kind(models.TextChoices):
        PROVINCE = "province", _("Province")
        MUNICIPALITY = "municipality", _("Municipality")
        CONSORTIUM = "consortium", _("IT consortium")
        NATIONAL_OFFICE = "national_office", _("National office in the North")
        WATER_AUTHORITY = "water_authority", _("Water authority")
        SAFETY_REGION = "safety_region", _("Safety region")
        CARE = "care", _("Care")
        EDUCATION = "education", _("Education")
        COMPANY = "company", _("Company")
        PARTNER = "partner", _("Partner")

    class Stage(models.TextChoices):
        """How far a prospective member is; the last leads to a membership."""

        KNOWN = "known", _("Known")
        TALKED = "talked", _("Talked to")
        GUEST = "guest", _("Guest at a meeting")
        DECIDED = "decided", _("Decided to join")

    name = models.CharField(_("name"), max_length=160, unique=True)
    short_name = models.CharField(_("short name"), max_length=40, blank=True)
    slug = models.SlugField(_("address on the site"), max_length=80, unique=True)
    kind = models.CharField(_("kind of organisation"), max_length=20, choices=Kind)
    cbs_code = models.CharField(_("CBS code"), max_length=6, blank=True)
    provinces = models.ManyToManyField(
        "self",
        verbose_name=_("provinces"),
        symmetrical=False,
        blank=True,
        related_name="organisations_within",
        limit_choices_to={"kind": Kind.PROVINCE},
    )
    participants = models.ManyToManyField(
        "self",
        verbose_name=_("participants"),
        symmetrical=False,
        blank=True,
        related_name="consortia",
        help_text=_("The municipalities that work together in a consortium."),
    )
    website = models.URLField(_("website"), blank=True, max_length=200)
    population = models.PositiveIntegerField(_("number of inhabitants"), null=True, blank=True)
    population_year = models.PositiveSmallIntegerField(_("year of that number"), null=True, blank=True)
    tile_column = models.PositiveSmallIntegerField(_("column on the map"), null=True, blank=True)
    tile_row = models.PositiveSmallIntegerField(_("row on the map"), null=True, blank=True)
    tile_label = models.CharField(_("short label on the map"), max_length=4, blank=True)
    search_alias = models.CharField(_("also known as"), max_length=160, blank=True)
    prospect_since = models.DateField(_("prospective member since"), null=True, blank=True)
    prospect_stage = models.CharField(
        _("stage"),
        max_length=8,
        choices=Stage,
        blank=True,
        default="",
        db_default="",
        help_text=_("Of a prospective member: how far the talks are."),
    )
    expected_on = models.DateField(
        _("membership expected on"),
        null=True,
        blank=True,
        help_text=_("Of a prospective member: counts in the forecast of that year."),
    )
    note = models.CharField(_("note"), max_length=200, blank=True, help_text=_("Shown with the organisation."))

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["name"]
        permissions = [
            ("import_organisation", "Can import organisations"),
            ("export_organisation", "Can export organisations"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["cbs_code"],
                condition=~Q(cbs_code=""),
                name="members_organisation_cbs_code_once",
                violation_error_message=_("Another organisation has this CBS code already."),
            ),
            models.UniqueConstraint(
                fields=["tile_column", "tile_row"],
                name="members_organisation_own_tile",
                violation_error_message=_("Another organisation has this place on the map already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Begin a prospective member at the first stage; who is none has no stage.

        The database does not know that rule: the version before this one ends a prospect without knowing of stages.
        """
        if self.prospect_stage and not self.prospect_since:
            message = _("Fill in since when this is a prospective member, or leave out the stage.")
            raise ValidationError(message)
        if self.prospect_since and not self.prospect_stage:
            self.prospect_stage = self.Stage.KNOWN

    def get_absolute_url(self) -> str:
        return f"{reverse('members:list')}#{self.slug}"


class EmailDomain(models.Model):
    """The part after the @ of an organisation's addresses; it tells whose colleague somebody is who signs up."""

    organisation = models.ForeignKey(
        Organisation, models.CASCADE, verbose_name=_("organisation"), related_name="email_domains"
    )
    name = models.CharField(_("e-mail domain"), max_length=120, unique=True, help_text=_("Such as westerkwartier.nl"))

    class Meta:
        verbose_name = _("e-mail domain")
        verbose_name_plural = _("e-mail domains")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(name=Lower("name")),
                name="members_emaildomain_is_lower",
                violation_error_message=_("Write the domain in small letters."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Membership(Period):
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, verbose_name=_("organisation"), related_name="memberships"
    )

    class Meta(Period.Meta):
        # Two memberships of one organisation never overlap: an exclusion constraint on PostgreSQL (migration
        # 0002) and start_membership() on every database.
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["-start"]

    def __str__(self) -> str:
        return f"{self.organisation} ({self.start:%Y})"

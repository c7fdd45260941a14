from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from members.periods import Period
from members.querysets import OrganisationQuerySet, PersonQuerySet, PositionQuerySet


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
    note = models.CharField(_("note"), max_length=200, blank=True, help_text=_("Shown with the organisation."))

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["name"]
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


class PersonManager(BaseUserManager.from_queryset(PersonQuerySet)):
    def create_user(self, email: str | None = None, password: str | None = None, **fields):
        """Create a person; without an e-mail address it is somebody we know who has no account."""
        person = self.model(email=Person.normalise_email(email), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, email: str, password: str | None = None, **fields):
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str):
        return self.get(email=Person.normalise_email(username))


class Person(AbstractBaseUser, PermissionsMixin):
    """Somebody of the network. With an e-mail address the person can log in; without one we just know the name."""

    email = models.EmailField(_("e-mail address"), null=True, blank=True, unique=True)
    name = models.CharField(_("name"), max_length=120)
    phone = models.CharField(_("phone number"), max_length=30, blank=True)
    contact_is_public = models.BooleanField(
        _("show e-mail address and phone number to everyone"),
        default=False,
        help_text=_("Without this, only people who are logged in see them."),
    )
    is_active = models.BooleanField(_("can log in"), default=True)
    is_staff = models.BooleanField(_("may use the administration"), default=False)
    date_joined = models.DateTimeField(_("known since"), default=timezone.now)

    objects = PersonManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="members_person_email_once",
                violation_error_message=_("Somebody else uses this e-mail address already."),
            ),
            models.CheckConstraint(
                condition=~Q(email=""),
                name="members_person_email_is_not_blank",
                violation_error_message=_("Leave out the e-mail address or fill one in."),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email or ""

    @staticmethod
    def normalise_email(email: str | None) -> str | None:
        """Return the address in small letters, or None: one address is one person whatever the case."""
        return (email or "").strip().lower() or None

    def clean(self) -> None:
        self.email = self.normalise_email(self.email)

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    @cached_property
    def organisation(self) -> Organisation | None:
        """The organisation of the current position; the main contact's first when there are several."""
        position = (
            self.positions.active_on().select_related("organisation").order_by("-is_main_contact", "-start").first()
        )
        return position.organisation if position else None


class Position(Period):
    person = models.ForeignKey(Person, models.CASCADE, verbose_name=_("person"), related_name="positions")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, verbose_name=_("organisation"), related_name="positions"
    )
    title = models.CharField(_("job title"), max_length=120, blank=True)
    is_main_contact = models.BooleanField(_("main contact"), default=False)

    objects = PositionQuerySet.as_manager()

    class Meta(Period.Meta):
        verbose_name = _("position")
        verbose_name_plural = _("positions")
        ordering = ["-start"]

    def __str__(self) -> str:
        return f"{self.person}, {self.organisation}"


class MembershipRequest(models.Model):
    """Somebody wanted an account whose organisation is not a member (yet): a lead for the relation manager."""

    email = models.EmailField(_("e-mail address"))
    name = models.CharField(_("name"), max_length=120, blank=True)
    organisation_name = models.CharField(_("organisation"), max_length=160, blank=True)
    message = models.TextField(_("message"), max_length=2000, blank=True)
    created_at = models.DateTimeField(_("asked on"), default=timezone.now)
    handled_at = models.DateTimeField(_("handled on"), null=True, blank=True)

    class Meta:
        verbose_name = _("request for membership")
        verbose_name_plural = _("requests for membership")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"), condition=Q(handled_at__isnull=True), name="members_request_open_once"
            )
        ]

    def __str__(self) -> str:
        return self.email


class MailPreferences(models.Model):
    """Which mails somebody wants. No row means all of them; mail about one's own registration always comes."""

    person = models.OneToOneField(
        Person, models.CASCADE, primary_key=True, verbose_name=_("person"), related_name="mail_preferences"
    )
    invitations = models.BooleanField(_("invitations to meetings"), default=True)
    reminders = models.BooleanField(_("reminders and thanks"), default=True)
    news = models.BooleanField(_("news"), default=True)

    class Meta:
        verbose_name = _("mail preferences")
        verbose_name_plural = _("mail preferences")

    def __str__(self) -> str:
        return str(self.person)

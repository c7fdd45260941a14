from datetime import date, timedelta

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from members.models.organisation import Organisation
from members.periods import Period
from members.querysets import PersonQuerySet, PositionQuerySet


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
        permissions = [("import_person", "Can import people"), ("export_person", "Can export people")]
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


class Role(models.Model):
    """What somebody is for the network at an organisation, such as "CISO". Administrators keep the list."""

    name = models.CharField(_("name"), max_length=80)

    class Meta:
        verbose_name = _("role at an organisation")
        verbose_name_plural = _("roles at organisations")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="members_role_name_once",
                violation_error_message=_("There is a role with this name already."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Position(Period):
    person = models.ForeignKey(Person, models.CASCADE, verbose_name=_("person"), related_name="positions")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, verbose_name=_("organisation"), related_name="positions"
    )
    title = models.CharField(_("job title"), max_length=120, blank=True)
    role = models.ForeignKey(
        Role,
        models.PROTECT,
        verbose_name=_("role"),
        null=True,
        blank=True,
        related_name="positions",
        db_index=False,  # its own index, below, is of the few positions that have one
        help_text=_("What this person is for the network. When nobody has it any more, it is vacant."),
    )
    is_main_contact = models.BooleanField(_("main contact"), default=False)

    objects = PositionQuerySet.as_manager()

    class Meta(Period.Meta):
        verbose_name = _("position")
        verbose_name_plural = _("positions")
        ordering = ["-start"]
        indexes = [
            models.Index(
                fields=["role", "organisation"], condition=Q(role__isnull=False), name="members_position_role"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.organisation}"

    @property
    def vacant_since(self) -> date | None:
        """Of a position in vacated(): the first day on which nobody held its role."""
        return self.end + timedelta(days=1) if self.end else None


class MailPreferences(models.Model):
    """Which mails somebody wants. No row means all of them; mail about one's own registration always comes."""

    KINDS = ("invitations", "topics", "reminders", "news")

    person = models.OneToOneField(
        Person, models.CASCADE, primary_key=True, verbose_name=_("person"), related_name="mail_preferences"
    )
    invitations = models.BooleanField(_("invitations to meetings"), default=True)
    topics = models.BooleanField(_("questions for input on topics"), default=True, db_default=True)
    reminders = models.BooleanField(_("reminders and thanks"), default=True)
    news = models.BooleanField(_("news"), default=True)

    class Meta:
        verbose_name = _("mail preferences")
        verbose_name_plural = _("mail preferences")

    def __str__(self) -> str:
        return str(self.person)

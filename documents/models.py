from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from documents.querysets import DocumentQuerySet
from documents.types import TYPES
from events.models import Event, ProgrammeItem, TopicProposal
from knowledge_groups.models import KnowledgeGroup
from sectors.models import FocalPoint

Owner = Event | ProgrammeItem | TopicProposal | KnowledgeGroup | FocalPoint
OWNERS = ("event", "item", "topic", "group", "focal_point")


def _owned_by(name: str) -> Q:
    return Q(**{f"{other}__isnull": other != name for other in OWNERS})


def _one_owner() -> Q:
    one = Q()
    for name in OWNERS:
        one |= _owned_by(name)
    return one


def new_name(document: "Document", filename: str) -> str:
    """Return where the file comes: a name of our own, which nobody can guess and nothing that was sent stands in."""
    name = uuid4().hex
    return f"{name[:2]}/{name}.{TYPES[document.content_type].suffix}"


class Document(models.Model):
    """One file with its title. It belongs to one meeting, session, topic, knowledge group or focal point."""

    class Kind(models.TextChoices):
        REPORT = "report", _("Report")
        SLIDES = "slides", _("Presentation")
        DOCUMENT = "document", _("Document")

    event = models.ForeignKey(
        Event, models.CASCADE, verbose_name=_("meeting"), null=True, blank=True, related_name="documents"
    )
    item = models.ForeignKey(
        ProgrammeItem,
        models.PROTECT,  # a session is taken out of the programme with one click; its slides must not go along
        verbose_name=_("session"),
        null=True,
        blank=True,
        related_name="documents",
    )
    topic = models.ForeignKey(
        TopicProposal, models.CASCADE, verbose_name=_("topic"), null=True, blank=True, related_name="documents"
    )
    group = models.ForeignKey(
        KnowledgeGroup,
        models.CASCADE,
        verbose_name=_("knowledge group"),
        null=True,
        blank=True,
        related_name="documents",
    )
    focal_point = models.ForeignKey(
        FocalPoint, models.CASCADE, verbose_name=_("focal point"), null=True, blank=True, related_name="documents"
    )
    title = models.CharField(_("title"), max_length=160)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.DOCUMENT)
    is_public = models.BooleanField(
        _("everyone may see it"),
        default=False,
        help_text=_("Only for a document of a focal point. Otherwise only members see it."),
    )
    file = models.FileField(_("file"), upload_to=new_name, max_length=60, unique=True)
    content_type = models.CharField(
        _("kind of file"), max_length=100, choices=[(name, found.label) for name, found in TYPES.items()]
    )
    size = models.PositiveIntegerField(_("size in bytes"))
    sha256 = models.CharField(_("checksum"), max_length=64)
    original_name = models.CharField(_("name of the file"), max_length=150)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("added by"),
        null=True,
        blank=True,
        related_name="documents",
    )
    uploaded_at = models.DateTimeField(_("added on"), default=timezone.now)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["-uploaded_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=_one_owner(),
                name="documents_document_one_owner",
                violation_error_message=_(
                    "A document belongs to one meeting, session, topic, knowledge group or focal point."
                ),
            ),
            models.CheckConstraint(
                condition=Q(is_public=False) | Q(focal_point__isnull=False),
                name="documents_document_public_of_focal_point",
                violation_error_message=_("Only a document of a focal point can be made visible to everyone."),
            ),
            *(
                models.UniqueConstraint(
                    fields=[owner, "sha256"],
                    name=f"documents_document_{owner}_once",
                    violation_error_message=_("This file is here already."),
                )
                for owner in OWNERS
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("documents:document", args=[self.pk])

    @property
    def owner(self) -> Owner:
        """What it belongs to. Load it with with_owner() for a list."""
        return next(found for name in OWNERS if (found := getattr(self, name)) is not None)

"""Who changed what and when, of every model that matters. docs/decisions/0008-history.md says what is kept, and why.

django-auditlog writes the entries; this file says of which models and fields, and whose they are.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta

from auditlog.context import disable_auditlog
from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import LogEntry as AdminLogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.db.models.signals import post_delete, pre_save
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

HIDDEN = "•••"
FORGOTTEN = _("deleted person")
KEPT_DAYS = 3 * 365


@dataclass(frozen=True)
class Logged:
    """What is left out, of what only the fact of a change is kept, and which lists (many-to-many) count too."""

    without: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()


# Registrations are not here: hundreds in a minute must stay quick, and their row says who did what and when.
LOGGED = {
    "members.Organisation": Logged(lists=("provinces", "participants")),
    "members.EmailDomain": Logged(),
    "members.Membership": Logged(),
    "members.Person": Logged(
        without=("password", "last_login", "date_joined"), hidden=("phone",), lists=("groups", "user_permissions")
    ),
    "members.Role": Logged(),
    "members.Position": Logged(),
    "members.ContactMoment": Logged(hidden=("note", "next_step")),
    "members.Merge": Logged(without=("record", "kept_id", "gone_id")),
    "sectors.Sector": Logged(lists=("organisations",)),
    "sectors.SectorYear": Logged(),
    "sectors.SectorRole": Logged(),
    "sectors.FocalPoint": Logged(lists=("partner_sectors", "partner_organisations")),
    "knowledge_groups.KnowledgeGroup": Logged(lists=("partners", "focal_points")),
    "knowledge_groups.GroupMembership": Logged(),
    "knowledge_groups.GroupRequest": Logged(without=("asked_at", "decided_at"), hidden=("text", "reason")),
    "events.Event": Logged(
        without=("uid", "sequence", "changed_at", "week_reminder_at", "day_reminder_at", "thanks_at"),
        lists=("sectors", "groups", "focal_points"),
    ),
    "events.SessionBlock": Logged(),
    "events.ProgrammeItem": Logged(),
    "events.Speaker": Logged(),
    "events.TopicProposal": Logged(without=("edited_at", "decided_at", "summary_at")),
    "events.TopicStep": Logged(),
    # Never who answered and what: docs/decisions/0010.
    "consultations.Consultation": Logged(without=("made_at",)),
    "consultations.MemberQuestion": Logged(),
    "consultations.OutcomeAction": Logged(),
    "documents.Document": Logged(without=("file", "content_type", "size", "sha256", "uploaded_at")),
}

_request: ContextVar[HttpRequest | None] = ContextVar("history_request", default=None)
_actor: ContextVar[models.Model | None] = ContextVar("history_actor", default=None)
_quiet: ContextVar[bool] = ContextVar("history_quiet", default=False)


def install() -> None:
    """Start to log. Called once, when all apps are there."""
    for label, logged in LOGGED.items():
        model = apps.get_model(label)
        fields = [
            field.name
            for field in model._meta.concrete_fields
            if not field.primary_key and field.name not in logged.without
        ]
        auditlog.register(
            model,
            include_fields=fields,
            mask_fields=list(logged.hidden),
            mask_callable="noord.administration.history.hide",
            m2m_fields=set(logged.lists),
        )
    pre_save.connect(_sign, sender=LogEntry, dispatch_uid="history.sign")
    # After the auditlog's own receiver, so that its last entry is cleaned too.
    post_delete.connect(_forget, sender=apps.get_model(settings.AUTH_USER_MODEL), dispatch_uid="history.forget")


def hide(value: str) -> str:
    """Return what the log keeps of a value of which only the fact of a change counts."""
    return "" if value in ("", "None") else HIDDEN


def remember_request(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: let an entry find who asks. It looks at nobody's session itself, so public pages stay public."""

    def middleware(request: HttpRequest) -> HttpResponse:
        token = _request.set(request)
        try:
            return get_response(request)
        finally:
            _request.reset(token)

    return middleware


@contextmanager
def acting(person: models.Model | None) -> Iterator[None]:
    """Sign what is changed in the block with this person, whoever asks."""
    token = _actor.set(person)
    try:
        yield
    finally:
        _actor.reset(token)


@contextmanager
def quiet() -> Iterator[None]:
    """Log nothing in the block, and forget nobody: for a verb that writes one entry of its own instead."""
    token = _quiet.set(True)
    try:
        with disable_auditlog():
            yield
    finally:
        _quiet.reset(token)


def current_actor() -> models.Model | None:
    """Return who changes things now, when that is already known; nobody is looked up for it."""
    if person := _actor.get():
        return person
    request = _request.get()
    user = request.__dict__.get("user") if request else None
    if isinstance(user, SimpleLazyObject):
        user = getattr(request, "_cached_user", None)
    return user if user is not None and user.is_authenticated else None


def note(model: type[models.Model], action: int, *, said: str, instance: models.Model | None = None, **data) -> None:
    """Write an entry that is no change of one row: an import, an export, a merge. `said` names it for the reader."""
    LogEntry.objects.create(
        content_type=ContentType.objects.get_for_model(model),
        object_pk=str(instance.pk) if instance else "",
        object_id=instance.pk if instance else None,
        object_repr=str(instance) if instance else str(model._meta.verbose_name_plural),
        action=action,
        additional_data={"said": said} | data,
    )


def entries_of(instance: models.Model, children: list[tuple[type[models.Model], str]] = ()) -> models.QuerySet:
    """Return the entries of the object, of what was merged into it, and of its rows in other tables.

    Children are (model, name of its foreign key), such as the memberships on the page of an organisation.
    """
    pks = [instance.pk, *_merged_into(instance)]
    own = Q(content_type=ContentType.objects.get_for_model(instance), object_id__in=pks)
    for model, name in children:
        kind = ContentType.objects.get_for_model(model)
        present = models.Subquery(model._base_manager.filter(**{name: instance.pk}).values("pk"))
        texts = [str(pk) for pk in pks]
        gone = Q(action=LogEntry.Action.DELETE) & Q(**{f"changes__{name}__0__in": texts})
        own |= Q(content_type=kind) & (Q(object_id__in=present) | gone)
    return LogEntry.objects.filter(own).order_by("-timestamp", "-pk")


def model_of(label: str) -> type[models.Model]:
    return apps.get_model(label)


def is_logged(model: type[models.Model]) -> bool:
    return auditlog.contains(model)


def forget_old() -> int:
    """Delete the entries that are older than HISTORY_KEEP_DAYS; return how many."""
    oldest = timezone.now() - timedelta(days=getattr(settings, "HISTORY_KEEP_DAYS", KEPT_DAYS))
    return LogEntry.objects.filter(timestamp__lt=oldest).delete()[0]


def _merged_into(instance: models.Model) -> set[int]:
    """Return the keys of the rows that became part of this one, and still are."""
    kind = ContentType.objects.get_for_model(instance)
    said = LogEntry.objects.filter(
        content_type=kind, object_id=instance.pk, additional_data__merged__isnull=False
    ).order_by("timestamp", "pk")
    pks: set[int] = set()
    for data in said.values_list("additional_data", flat=True):
        (pks.discard if data["said"] == "undo" else pks.add)(data["merged"])
    return pks


def _sign(instance: LogEntry, **kwargs) -> None:
    """Write whose entry it is. What is written stays as it is."""
    if not instance._state.adding:
        raise TypeError("An entry of the history is never changed.")
    person = current_actor()
    if person is not None and instance.actor_id is None:
        instance.actor = person
        # No address: only that somebody did it, which is still known when the account is gone.
        instance.actor_email = f"#{person.pk}"


def _forget(sender: type[models.Model], instance: models.Model, **kwargs) -> None:
    """Take the name and the values of a deleted person out of the history; that something changed, stays."""
    if _quiet.get():
        return
    people = [instance.pk, *_merged_into(instance)]
    texts = [str(pk) for pk in people]
    _clean(LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(sender), object_id__in=people))
    AdminLogEntry.objects.filter(content_type=ContentType.objects.get_for_model(sender), object_id__in=texts).update(
        object_repr=str(FORGOTTEN)
    )
    for model in auditlog.get_models():
        for field in model._meta.concrete_fields:
            if field.is_relation and field.related_model is sender:
                kind = ContentType.objects.get_for_model(model)
                was = Q(**{f"changes__{field.name}__0__in": texts}) | Q(**{f"changes__{field.name}__1__in": texts})
                rows = LogEntry.objects.filter(was, content_type=kind).values("object_id")
                _clean(LogEntry.objects.filter(content_type=kind, object_id__in=rows), keep_values=True)


def _clean(entries: models.QuerySet, *, keep_values: bool = False) -> None:
    changed = list(entries)
    for entry in changed:
        entry.object_repr = str(FORGOTTEN)
        if not keep_values and entry.changes:
            entry.changes = {name: [HIDDEN, HIDDEN] for name in entry.changes}
        if entry.additional_data:
            entry.additional_data = {
                key: value for key, value in entry.additional_data.items() if key in ("said", "merged")
            }
    LogEntry.objects.bulk_update(changed, ["object_repr", "changes", "additional_data"], batch_size=500)

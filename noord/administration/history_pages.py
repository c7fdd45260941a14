"""The history as it is read: per object in the administration, and all of it for administrators."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from auditlog.models import LogEntry
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.core.paginator import Paginator
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils import formats, timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from noord.administration import history

PER_PAGE = 50
LONGEST = 300
EMPTY = (None, "", "None")
DONE = {
    LogEntry.Action.CREATE: gettext_lazy("added"),
    LogEntry.Action.UPDATE: gettext_lazy("changed"),
    LogEntry.Action.DELETE: gettext_lazy("deleted"),
    LogEntry.Action.ACCESS: gettext_lazy("read out"),
}
SAID = {
    "import": gettext_lazy("imported from a file"),
    "export": gettext_lazy("exported to a file"),
    "merge": gettext_lazy("merged with another"),
    "undo": gettext_lazy("merge undone"),
}


def install() -> None:
    """Start to log, and let our page stand where auditlog's own did."""
    history.install()
    admin.site.unregister(LogEntry)
    admin.site.register(LogEntry, HistoryAdmin)


@dataclass(frozen=True)
class Change:
    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Line:
    """One entry, ready to be shown."""

    when: datetime
    who: str
    what: str
    done: str
    changes: list[Change]


def who(entry: LogEntry) -> str:
    """Name who did it: a person, somebody whose account is gone, or the system itself."""
    if entry.actor_id:
        return str(entry.actor)
    return _("a deleted account") if entry.actor_email else _("the system")


def done(entry: LogEntry) -> str:
    said = (entry.additional_data or {}).get("said")
    return str(SAID.get(said) or DONE[entry.action])


def describe(entries: Iterable[LogEntry]) -> list[Line]:
    """Put entries into words; one query per model that they point to, however many there are."""
    entries = list(entries)
    names = _names(entries)
    return [
        Line(
            entry.timestamp,
            who(entry),
            f"{capfirst(_kind(entry))}: {entry.object_repr}",
            done(entry),
            _changes(entry, names),
        )
        for entry in entries
    ]


def _kind(entry: LogEntry) -> str:
    model = entry.content_type.model_class()
    return str(model._meta.verbose_name if model else entry.content_type)


def _field(entry: LogEntry, name: str) -> models.Field | None:
    model = entry.content_type.model_class()
    try:
        return model._meta.get_field(name) if model else None
    except FieldDoesNotExist:  # the field was there when the entry was written
        return None


def _names(entries: list[LogEntry]) -> dict[type[models.Model], dict[str, str]]:
    wanted: dict[type[models.Model], set[str]] = defaultdict(set)
    for entry in entries:
        for name, values in (entry.changes or {}).items():
            field = _field(entry, name)
            if field is not None and field.many_to_one and isinstance(values, list):
                wanted[field.related_model].update(str(value) for value in values if str(value).isdigit())
    return {
        model: {str(row.pk): str(row) for row in model._base_manager.filter(pk__in=pks)}
        for model, pks in wanted.items()
    }


def _changes(entry: LogEntry, names: dict) -> list[Change]:
    changes = []
    for name, values in (entry.changes or {}).items():
        field = _field(entry, name)
        label = str(capfirst(getattr(field, "verbose_name", name)))
        if isinstance(values, dict):  # of a list: what came in or went out
            objects = ", ".join(values.get("objects", []))
            added = values.get("operation") == "add"
            changes.append(Change(label, "" if added else objects, objects if added else ""))
        else:
            old, new = (_value(field, value, names) for value in values)
            if old != new or history.HIDDEN in (old, new):
                changes.append(Change(label, old, new))
    data = entry.additional_data or {}
    for key, label in (
        ("file", _("File")), ("rows", _("Rows")), ("new", _("New")), ("changed", _("Changed")),
        ("other", _("Other one")),
    ):  # fmt: skip
        if data.get(key) not in (None, ""):
            changes.append(Change(label, "", str(data[key])))
    return sorted(changes, key=lambda change: change.label)


def _value(field: models.Field | None, value: object, names: dict) -> str:
    """Say a value as the log keeps it (text) in the reader's words."""
    if value in EMPTY:
        return ""
    text = str(value)
    if text == history.HIDDEN or field is None:
        return text
    if field.many_to_one:
        return names.get(field.related_model, {}).get(text, f"#{text}")
    if isinstance(field, models.BooleanField):
        return _("Yes") if text == "True" else _("No")
    if field.choices:
        return str(dict(field.flatchoices).get(value, text))
    if isinstance(field, models.DateTimeField) and (moment := parse_datetime(text)):
        moment = moment if timezone.is_aware(moment) else moment.replace(tzinfo=timezone.get_fixed_timezone(0))
        return formats.date_format(timezone.localtime(moment), "DATETIME_FORMAT")
    if isinstance(field, models.DateField) and (day := parse_date(text[:10])):
        return formats.date_format(day, "DATE_FORMAT")
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


class HistoryPage:
    """Mixin of a ModelAdmin: its page "History" tells of the object, and of the rows that are edited on its page."""

    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict | None = None) -> HttpResponse:
        if not history.is_logged(self.model):
            return super().history_view(request, object_id, extra_context)
        instance = self.get_object(request, unquote(object_id))
        if instance is None:
            raise Http404
        if not self.has_view_permission(request, instance):
            raise PermissionDenied
        entries = history.entries_of(instance, self._logged_children(request, instance))
        page = Paginator(entries.select_related("actor", "content_type"), PER_PAGE).get_page(request.GET.get("p"))
        context = self.admin_site.each_context(request) | {
            "title": _("History of %(name)s") % {"name": instance},
            "subtitle": None,
            "opts": self.opts,
            "object": instance,
            "page": page,
            "lines": describe(page.object_list),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/history/object.html", context)

    def _logged_children(self, request: HttpRequest, instance: models.Model) -> list[tuple[type[models.Model], str]]:
        found = []
        for inline in self.get_inline_instances(request, instance):
            if not history.is_logged(inline.model):
                continue
            name = inline.fk_name or next(
                (
                    field.name
                    for field in inline.model._meta.concrete_fields
                    if field.many_to_one and issubclass(self.model, field.related_model)
                ),
                "",
            )
            if name:
                found.append((inline.model, name))
        return found


class KindFilter(admin.SimpleListFilter):
    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return sorted(
            ((label.lower(), str(capfirst(history.model_of(label)._meta.verbose_name))) for label in history.LOGGED),
            key=lambda pair: pair[1],
        )

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        known = {label.lower(): label for label in history.LOGGED}
        if self.value() not in known:
            return queryset
        model = history.model_of(known[self.value()])
        return queryset.filter(content_type=ContentType.objects.get_for_model(model))


class ActionFilter(admin.SimpleListFilter):
    title = gettext_lazy("what happened")
    parameter_name = "done"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(str(action), str(capfirst(label))) for action, label in DONE.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if not (self.value() or "").isdigit():
            return queryset
        return queryset.filter(action=int(self.value()))


class WhenFilter(admin.DateFieldListFilter):
    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.title = gettext_lazy("when")


class HistoryAdmin(admin.ModelAdmin):
    """All of the history, for administrators. Nobody adds, edits or deletes an entry, whatever their rights."""

    list_display = ["moment", "by", "happened", "kind", "name", "fields_changed"]
    list_display_links = ["moment"]
    list_filter = [ActionFilter, KindFilter, ("timestamp", WhenFilter)]
    list_select_related = ["actor", "content_type"]
    list_per_page = 50
    search_fields = ["object_repr", "actor__name"]
    show_full_result_count = False
    ordering = ["-timestamp", "-pk"]
    actions = None
    fields = readonly_fields = ["moment", "by", "happened", "kind", "object_link", "all_changes"]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_view_permission(self, request: HttpRequest, obj: LogEntry | None = None) -> bool:
        return request.user.is_superuser

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: LogEntry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: LogEntry | None = None) -> bool:
        return False

    @admin.display(description=gettext_lazy("when"), ordering="timestamp")
    def moment(self, entry: LogEntry) -> datetime:
        return entry.timestamp

    @admin.display(description=gettext_lazy("who"))
    def by(self, entry: LogEntry) -> str:
        return who(entry)

    @admin.display(description=gettext_lazy("what happened"))
    def happened(self, entry: LogEntry) -> str:
        return done(entry)

    @admin.display(description=gettext_lazy("kind"))
    def kind(self, entry: LogEntry) -> str:
        return capfirst(_kind(entry))

    @admin.display(description=gettext_lazy("name"))
    def name(self, entry: LogEntry) -> str:
        return entry.object_repr

    @admin.display(description=gettext_lazy("fields"))
    def fields_changed(self, entry: LogEntry) -> str:
        if entry.action != LogEntry.Action.UPDATE:
            return ""
        return ", ".join(str(getattr(_field(entry, name), "verbose_name", name)) for name in entry.changes or {})

    @admin.display(description=gettext_lazy("name"))
    def object_link(self, entry: LogEntry) -> str:
        kind = entry.content_type
        try:
            url = reverse(f"admin:{kind.app_label}_{kind.model}_history", args=[entry.object_id])
        except NoReverseMatch:
            return entry.object_repr
        return format_html('<a href="{}">{}</a>', url, entry.object_repr)

    @admin.display(description=gettext_lazy("changes"))
    def all_changes(self, entry: LogEntry) -> str:
        changes = describe([entry])[0].changes
        nothing = _("empty")
        rows = [(change.label, change.old or nothing, change.new or nothing) for change in changes]
        return format_html_join("", "<p><strong>{}</strong>: {} → {}</p>", rows) or "-"

"""The history as it is read: per object in the administration, and all of it for administrators."""

from datetime import datetime

from auditlog.models import LogEntry
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from noord.administration import history
from noord.administration.history_lines import DONE, describe, done, field_of, kind_of, who

PER_PAGE = 50


def install() -> None:
    """Start to log, and let our page stand where auditlog's own did."""
    history.install()
    admin.site.unregister(LogEntry)
    admin.site.register(LogEntry, HistoryAdmin)


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
        return capfirst(kind_of(entry))

    @admin.display(description=gettext_lazy("name"))
    def name(self, entry: LogEntry) -> str:
        return entry.object_repr

    @admin.display(description=gettext_lazy("fields"))
    def fields_changed(self, entry: LogEntry) -> str:
        if entry.action != LogEntry.Action.UPDATE:
            return ""
        return ", ".join(str(getattr(field_of(entry, name), "verbose_name", name)) for name in entry.changes or {})

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

"""Likely duplicates, comparing and merging two, and undoing it."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, CharField, OuterRef, QuerySet, Subquery, When
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from members import duplicates, merging
from members.models import Duplicate, Merge, Organisation, Person
from members.models.merging import Subject
from members.tasks import find_duplicates
from noord.administration.rights import reaches_everything
from noord.administration.scoped import ScopedAdmin
from noord.domain import DomainError


def may_merge_some(request: HttpRequest) -> bool:
    return any(request.user.has_perm(f"members.change_{subject}") for subject in Subject)


def subjects(request: HttpRequest) -> list[str]:
    """Return of which kinds the person may merge two."""
    return [subject for subject in Subject if request.user.has_perm(f"members.change_{subject}")]


def compare_url(subject: str, one: int, other: int) -> str:
    return reverse("admin:members_merge_compare", args=[subject, one, other])


class MergeTwo:
    """Mixin of the admin of people and of organisations: tick two and compare them."""

    def get_actions(self, request: HttpRequest) -> dict:
        actions = super().get_actions(request)
        if self.has_change_permission(request):
            action = (MergeTwo.compare_two, "compare_two", gettext_lazy("Compare two and merge them"))
            actions = actions | {"compare_two": action}
        return actions

    def compare_two(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        pks = list(queryset.order_by("pk").values_list("pk", flat=True)[:3])
        if len(pks) != 2:
            self.message_user(request, _("Tick two to compare them."), messages.WARNING)
            return None
        return HttpResponseRedirect(compare_url(self.opts.model_name, *pks))


class ReadOnly:
    """Mixin: rows that only verbs make and change; who may merge may look at them."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_merge_some(request)

    def has_view_permission(self, request: HttpRequest, obj=None) -> bool:
        return may_merge_some(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).filter(subject__in=subjects(request))


class RefusedFilter(admin.SimpleListFilter):
    title = gettext_lazy("judged")
    parameter_name = "judged"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("no", _("No duplicate"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(refused_at__isnull=self.value() != "no")


@admin.register(Duplicate)
class DuplicateAdmin(ReadOnly, ScopedAdmin):
    """What is proposed as the same: compare it, or say that it is not."""

    list_display = ["compare", "one_about", "other_about", "subject", "shared"]
    list_display_links = None
    list_filter = ["subject", RefusedFilter]
    search_fields = ["shared"]
    actions = ["refuse"]
    list_per_page = 50
    ordering = ["subject", "-found_at", "pk"]
    change_list_template = "admin/members/duplicate/change_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Add the names as they are today; who is not there any more is left out."""
        names = {}
        for side in ("one", "other"):
            people = Person.objects.filter(pk=OuterRef(f"{side}_id")).order_by()
            organisations = Organisation.objects.filter(pk=OuterRef(f"{side}_id")).order_by()
            for name, person, organisation in (
                (f"{side}_name", "name", "name"),
                (f"{side}_extra", "email", "website"),
            ):
                names[name] = Case(
                    When(subject=Subject.PERSON, then=Subquery(people.values(person)[:1])),
                    default=Subquery(organisations.values(organisation)[:1]),
                    output_field=CharField(),
                )
        queryset = super().get_queryset(request).annotate(**names)
        return queryset.filter(one_name__isnull=False, other_name__isnull=False)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.search_again)
        return [path("zoeken/", view, name="members_duplicate_find"), *super().get_urls()]

    def search_again(self, request: HttpRequest) -> HttpResponse:
        """Look through everybody, now instead of tonight."""
        if request.method != "POST":
            raise Http404
        if not self.has_view_permission(request):
            raise PermissionDenied
        find_duplicates.delay()
        self.message_user(request, _("We look through everybody. It takes a minute; then open this page once more."))
        return HttpResponseRedirect(reverse("admin:members_duplicate_changelist"))

    @admin.display(description=gettext_lazy("compare"))
    def compare(self, duplicate: Duplicate) -> str:
        url = compare_url(duplicate.subject, duplicate.one_id, duplicate.other_id)
        label = _("Compare %(one)s and %(other)s") % {"one": duplicate.one_name, "other": duplicate.other_name}
        return format_html('<a href="{}" aria-label="{}">{}</a>', url, label, _("Compare"))

    @admin.display(description=gettext_lazy("the one"), ordering="one_name")
    def one_about(self, duplicate: Duplicate) -> str:
        return self._about(duplicate.one_name, duplicate.one_extra)

    @admin.display(description=gettext_lazy("the other"), ordering="other_name")
    def other_about(self, duplicate: Duplicate) -> str:
        return self._about(duplicate.other_name, duplicate.other_extra)

    def _about(self, name: str, extra: str | None) -> str:
        return f"{name} ({extra})" if extra else name

    @admin.action(description=gettext_lazy("This is no duplicate"), permissions=["view"])
    def refuse(self, request: HttpRequest, queryset: QuerySet) -> None:
        chosen = list(queryset)
        for duplicate in chosen:
            duplicates.refuse(duplicate=duplicate)
        said = ngettext("%(count)s is no duplicate.", "%(count)s are no duplicates.", len(chosen))
        self.message_user(request, said % {"count": len(chosen)})


@admin.register(Merge)
class MergeAdmin(ReadOnly, ScopedAdmin):
    """What was merged, to look back at and to undo."""

    list_display = ["merged_at", "gone_name", "kept_name", "subject", "by", "undone_at"]
    list_filter = ["subject", ("undone_at", admin.EmptyFieldListFilter)]
    list_select_related = ["by"]
    search_fields = ["gone_name", "kept_name"]
    fields = ["subject", "gone_name", "kept_name", "by", "merged_at", "undone_at", "undo_before"]
    readonly_fields = ["undo_before"]
    change_form_template = "admin/members/merge/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("vergelijken/<str:subject>/<int:one>/<int:other>/", wrap(self.compare), name="members_merge_compare"),
            path("<int:pk>/ongedaan/", wrap(self.undo), name="members_merge_undo"),
            *super().get_urls(),
        ]

    @admin.display(description=gettext_lazy("can be undone until"))
    def undo_before(self, merge: Merge):
        return merge.undo_until if merge.can_be_undone else _("cannot be undone")

    def render_change_form(self, request: HttpRequest, context: dict, *args, **kwargs) -> HttpResponse:
        merge = kwargs.get("obj")
        return super().render_change_form(
            request, context | {"can_be_undone": bool(merge and merge.can_be_undone)}, *args, **kwargs
        )

    def compare(self, request: HttpRequest, subject: str, one: int, other: int) -> HttpResponse:
        """Show the two side by side; a post merges them as was chosen."""
        model = merging.MODELS.get(subject)
        if model is None or one == other:
            raise Http404
        model_admin = self.admin_site._registry[model]
        pair = [model_admin.get_object(request, str(pk)) for pk in (one, other)]
        if None in pair:
            raise Http404
        if not all(model_admin.has_change_permission(request, each) for each in pair):
            raise PermissionDenied
        if request.method == "POST":
            return self._merge(request, pair)
        return self._compare_page(request, pair, {})

    def _compare_page(self, request: HttpRequest, pair: list, chosen: dict[str, str]) -> HttpResponse:
        """Show the two; `chosen` is what was ticked before, "keep" and "field_…" with the key of one of them."""
        model = type(pair[0])
        context = self.admin_site.each_context(request) | {
            "title": _("Compare and merge"),
            "opts": self.opts,
            "model_opts": model._meta,
            "pair": pair,
            "kept": 1 if chosen.get("keep") == str(pair[1].pk) else 0,
            "fields": _side_by_side(pair, chosen),
            "numbers": _rows_of(pair, request.user),
        }
        return TemplateResponse(request, "admin/members/merge/compare.html", context)

    def _merge(self, request: HttpRequest, pair: list) -> HttpResponse:
        chosen = {str(one.pk): one for one in pair}
        keep = chosen.pop(request.POST.get("keep", ""), None)
        if keep is None:
            raise Http404
        gone = chosen.popitem()[1]
        take = {name for name in merging.FIELDS[type(keep)] if request.POST.get(f"field_{name}") == str(gone.pk)}
        try:
            merge = merging.merge(keep=keep, gone=gone, by=request.user, take=take)
        except DomainError as error:
            self.message_user(request, str(error), messages.ERROR)
            if type(keep).objects.filter(pk__in=[keep.pk, gone.pk]).count() < 2:
                return HttpResponseRedirect(reverse("admin:members_duplicate_changelist"))
            return self._compare_page(request, pair, request.POST)
        said = format_html(
            '{} <a href="{}">{}</a>',
            _("%(gone)s is now part of %(kept)s.") % {"gone": merge.gone_name, "kept": merge.kept_name},
            reverse("admin:members_merge_change", args=[merge.pk]),
            _("Look back, or undo it within 30 days"),
        )
        self.message_user(request, said, messages.SUCCESS)
        opts = keep._meta
        return HttpResponseRedirect(reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[keep.pk]))

    def undo(self, request: HttpRequest, pk: int) -> HttpResponse:
        merge = self.get_object(request, str(pk))
        if merge is None or request.method != "POST":
            raise Http404
        if not self.has_view_permission(request):
            raise PermissionDenied
        back = reverse("admin:members_merge_change", args=[pk])
        try:
            gone = merging.undo(merge=merge, by=request.user)
        except DomainError as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(back)
        self.message_user(request, _("%(name)s is back.") % {"name": gone}, messages.SUCCESS)
        return HttpResponseRedirect(back)


def _side_by_side(pair: list, chosen: dict[str, str]) -> list[tuple]:
    """Return each choice in which one of the two has a value: name, label, both in words, whose is ticked, alike."""
    rows, keys = [], [str(one.pk) for one in pair]
    for names in merging.choices(type(pair[0])):
        fields = [pair[0]._meta.get_field(name) for name in names]
        shown = [", ".join(filter(None, (_shown(one, field) for field in fields))) for one in pair]
        if any(shown):
            label = capfirst(", ".join(str(field.verbose_name) for field in fields))
            first = keys.index(before) if (before := chosen.get(f"field_{names[0]}")) in keys else int(not shown[0])
            rows.append((names[0], label, *shown, first, shown[0] == shown[1]))
    return rows


def _shown(one, field) -> str:
    value = getattr(one, field.name)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if value in (None, ""):
        return ""
    return str(getattr(one, f"get_{field.name}_display")() if field.choices else value)


def _rows_of(pair: list, by: Person) -> list[tuple[str, int, int]]:
    """Count what each of the two has: positions, registrations, and so on; of meetings only for who sees them all."""
    counted = []
    for model, field in merging.references(type(pair[0])):
        name = model._meta.verbose_name_plural
        if model._meta.app_label in ("admin", "auditlog", "account", "mfa") or model._meta.auto_created:
            continue
        if field.remote_field.related_name == "+" or model._meta.label in ("events.CalendarFeed",):
            continue
        if model._meta.app_label == "events" and not reaches_everything(by, f"events.view_{model._meta.model_name}"):
            continue
        both = [model._base_manager.filter(**{field.name: one}).count() for one in pair]
        if any(both):
            label = f"{capfirst(name)} ({field.verbose_name})"
            counted.append((label, *both))
    return counted

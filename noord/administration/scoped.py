"""What every page of the administration starts from: the objects that are this person's to see."""

from collections.abc import Sequence

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AdminSplitDateTime
from django.db.models import Field, Model, Q, QuerySet
from django.forms import Widget
from django.forms.models import _get_foreign_key
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from noord.administration.deleting import ToldInWords
from noord.administration.history_pages import HistoryPage
from noord.administration.rights import reaches_everything


class ScopedChoices:
    """Mixin for an admin or an inline: a form offers, and takes, only what its reader may see, and what is there.

    It narrows every field that points at a model whose ScopedAdmin keeps people to their own. Autocompletion starts
    from that admin already; this is for what is posted without it.
    """

    # Fields that may point at anything: whom one works with is no secret and gives no right.
    open_choices: Sequence[str] = ()

    def formfield_for_foreignkey(self, db_field: Field, request: HttpRequest, **kwargs):
        return super().formfield_for_foreignkey(db_field, request, **self._narrowed(db_field, request, kwargs))

    def formfield_for_manytomany(self, db_field: Field, request: HttpRequest, **kwargs):
        return super().formfield_for_manytomany(db_field, request, **self._narrowed(db_field, request, kwargs))

    def _narrowed(self, db_field: Field, request: HttpRequest, kwargs: dict) -> dict:
        target = self.admin_site._registry.get(db_field.remote_field.model)
        if "queryset" in kwargs or db_field.name in self.open_choices or not isinstance(target, ScopedAdmin):
            return kwargs
        if type(target).within is ScopedAdmin.within or target.reaches_everything(request.user):
            return kwargs
        return kwargs | {"queryset": self.mine_or_there(db_field, request, target.get_queryset(request))}

    def mine_or_there(self, db_field: Field, request: HttpRequest, mine: QuerySet) -> QuerySet:
        """Return `mine` with what the object of this page points at already, which must not vanish by saving it."""
        related = db_field.remote_field.model._default_manager.complex_filter(db_field.get_limit_choices_to())
        chosen = Q(pk__in=mine.order_by().values("pk"))
        if object_id := request.resolver_match.kwargs.get("object_id"):
            rows = {self._own_key(): unquote(object_id)}
            chosen |= Q(pk__in=db_field.model._base_manager.filter(**rows).values(db_field.name))
        return related.filter(chosen)

    def _own_key(self) -> str:
        """Return the field by which the rows of this form are found from the object of the page."""
        if isinstance(self, admin.options.InlineModelAdmin):
            return _get_foreign_key(self.parent_model, self.model, self.fk_name).name
        return "pk"


def name_parts(widget: Widget, label: str) -> None:
    """Give a widget without a label of its own, and each half of a date with a time, a name that is read out."""
    widget = getattr(widget, "widget", widget)  # what stands between the buttons to add and change
    if isinstance(widget, AdminSplitDateTime):
        for part, word in zip(widget.widgets, (_("date"), _("time")), strict=True):
            part.attrs.setdefault("aria-label", f"{label}, {word}")
    else:
        widget.attrs.setdefault("aria-label", label)


class ScopedAdmin(HistoryPage, ToldInWords, ScopedChoices, admin.ModelAdmin):
    """A ModelAdmin whose lists, pages, autocompletion, actions and exports all start from within().

    Somebody else's object is a 404, as if it did not exist.
    """

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        queryset = super().get_queryset(request)
        return queryset if self.reaches_everything(request.user) else self.within(queryset, request.user)

    def reaches_everything(self, person) -> bool:
        """Tell whether the person sees every row, so that within() is not asked."""
        return reaches_everything(person, f"{self.opts.app_label}.view_{self.opts.model_name}")

    def within(self, queryset: QuerySet, person) -> QuerySet:
        """Keep what is this person's, whose right follows from a role; all of it for what belongs to everyone."""
        return queryset

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest, **kwargs):
        """Name the two halves of a moment: Django's label is of neither."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, AdminSplitDateTime):
            name_parts(field.widget, str(capfirst(db_field.verbose_name)))
        return field

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """Call a list by what is in it; Django says what one may do there."""
        return super().changelist_view(
            request, {"title": capfirst(self.opts.verbose_name_plural)} | (extra_context or {})
        )

    def get_inline_formsets(self, request: HttpRequest, formsets: list, inline_instances: list, obj=None) -> list:
        """Name every field of a table: there it has no label, only the head of its column."""
        for formset in formsets:
            for name, field in formset.form.base_fields.items():
                name_parts(field.widget, str(capfirst(field.label or name)))
            for number, form in enumerate(formset.forms, 1):
                for name, field in form.fields.items():
                    label = capfirst(field.label or name)
                    name_parts(field.widget, _("%(label)s, row %(number)s") % {"label": label, "number": number})
        return super().get_inline_formsets(request, formsets, inline_instances, obj)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model:
        """Raise Http404 before anything else is looked at, such as a right that would answer 403."""
        found = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404
        return found

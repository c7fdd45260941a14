"""Forms of rows that are loaded with what they point at: a select then needs no question of its own."""

from collections.abc import Iterable

from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.db.models import Field, Model
from django.forms import BaseForm, Form
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest


class _Loaded:
    """Mixin of a select with autocompletion that knows the objects that are chosen; Django's looks them up again."""

    loaded: Iterable[Model] = ()

    def optgroups(self, name: str, value: list[str], attr: dict | None = None) -> list:
        known = {str(one.pk): one for one in self.loaded}
        chosen = [str(one) for one in value if one]
        if not chosen or not known.keys() >= set(chosen):
            return super().optgroups(name, value, attr)
        options = (
            [] if self.is_required or self.allow_multiple_selected else [self.create_option(name, "", "", False, 0)]
        )
        for pk in chosen:
            label = self.choices.field.label_from_instance(known[pk])
            options.append(self.create_option(name, known[pk].pk, label, True, 0))
        return [(None, options, 0)]


class LoadedSelect(_Loaded, AutocompleteSelect):
    pass


class LoadedSelectMultiple(_Loaded, AutocompleteSelectMultiple):
    pass


def show_loaded(form: BaseForm) -> None:
    """Hand each select of the form what its row was loaded with."""
    for name, field in form.fields.items():
        widget = getattr(field.widget, "widget", field.widget)  # what stands between the buttons to add and change
        if isinstance(widget, LoadedSelect) and form.instance._meta.get_field(name).is_cached(form.instance):
            found = getattr(form.instance, name)
            widget.loaded = [found] if found else []


class LoadedFormSet(BaseInlineFormSet):
    def add_fields(self, form: Form, index: int | None) -> None:
        super().add_fields(form, index)
        show_loaded(form)


class LoadedChoices:
    """Mixin for an admin whose get_queryset() loads the objects of its autocomplete_fields (select_related)."""

    def formfield_for_foreignkey(self, db_field: Field, request: HttpRequest, **kwargs):
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", LoadedSelect(db_field, self.admin_site, using=kwargs.get("using")))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class LoadedLines(LoadedChoices):
    """The same for an inline."""

    formset = LoadedFormSet

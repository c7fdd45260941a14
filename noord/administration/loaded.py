"""Tables in a form whose rows are loaded with what they point at: a select then needs no question of its own."""

from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import Field, Model
from django.forms import Form
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest


class LoadedSelect(AutocompleteSelect):
    """Autocompletion that knows the object that is chosen; Django's looks it up again for every select."""

    loaded: Model | None = None

    def optgroups(self, name: str, value: list[str], attr: dict | None = None) -> list:
        if self.loaded is None or [str(one) for one in value] != [str(self.loaded.pk)]:
            return super().optgroups(name, value, attr)
        label = self.choices.field.label_from_instance(self.loaded)
        options = [] if self.is_required else [self.create_option(name, "", "", False, 0)]
        return [(None, [*options, self.create_option(name, self.loaded.pk, label, True, 0)], 0)]


class LoadedFormSet(BaseInlineFormSet):
    def add_fields(self, form: Form, index: int | None) -> None:
        super().add_fields(form, index)
        for name, field in form.fields.items():
            widget = getattr(field.widget, "widget", field.widget)  # what stands between the buttons to add and change
            if isinstance(widget, LoadedSelect) and self.model._meta.get_field(name).is_cached(form.instance):
                widget.loaded = getattr(form.instance, name)


class LoadedChoices:
    """Mixin for an inline whose get_queryset() loads the objects of its autocomplete_fields (select_related)."""

    formset = LoadedFormSet

    def formfield_for_foreignkey(self, db_field: Field, request: HttpRequest, **kwargs):
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", LoadedSelect(db_field, self.admin_site, using=kwargs.get("using")))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

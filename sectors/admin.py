from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import Count, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from members.models import Person
from noord.administration.loaded import LoadedLines
from noord.administration.scoped import ScopedAdmin, ScopedChoices
from sectors.models import FocalPoint, Sector, SectorRole, SectorYear
from sectors.rights import managed_sectors


def _count(through: type[Model]) -> Coalesce:
    """Count the rows of one list per sector; two lists joined at once would be multiplied first."""
    rows = through.objects.filter(sector=OuterRef("pk")).order_by().values("sector").annotate(n=Count("pk"))
    return Coalesce(Subquery(rows.values("n")), 0)


class RoleInline(LoadedLines, ScopedChoices, admin.TabularInline):
    model = SectorRole
    extra = 0
    autocomplete_fields = ["person"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("person", "sector")


class YearInline(ScopedChoices, admin.TabularInline):
    model = SectorYear
    extra = 0


class SectorForm(forms.ModelForm):
    """A list may hold thousands of people, so the form adds or removes one instead of showing them all."""

    add_person = forms.ModelChoiceField(Person.objects.all(), label=_("put on the list"), required=False)
    remove_person = forms.ModelChoiceField(Person.objects.all(), label=_("take off the list"), required=False)

    class Meta:
        model = Sector
        exclude = ["people"]  # noqa: DJ006 - the two fields above take its place

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for name in ("add_person", "remove_person"):
            person = SectorRole._meta.get_field("person")
            self.fields[name].widget = AutocompleteSelect(person, admin.site)
            self.fields[name].widget.choices = self.fields[name].choices


@admin.register(Sector)
class SectorAdmin(ScopedAdmin):
    form = SectorForm
    list_display = ["name", "organisation_count", "person_count"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}
    autocomplete_fields = ["organisations"]
    readonly_fields = ["person_count"]
    inlines = [RoleInline, YearInline]

    def within(self, queryset: QuerySet, person) -> QuerySet:
        return queryset.filter(pk__in=managed_sectors(person))

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return (
            super()
            .get_queryset(request)
            .annotate(
                organisation_total=_count(Sector.organisations.through),
                person_total=_count(Sector.people.through),
            )
        )

    @admin.display(description=_("participating organisations"), ordering="organisation_total")
    def organisation_count(self, sector: Sector) -> int:
        return sector.organisation_total

    @admin.display(description=_("people on the list"), ordering="person_total")
    def person_count(self, sector: Sector) -> int:
        return getattr(sector, "person_total", 0)

    def save_related(self, request: HttpRequest, form: SectorForm, formsets: list, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if person := form.cleaned_data["add_person"]:
            form.instance.people.add(person)
        if person := form.cleaned_data["remove_person"]:
            form.instance.people.remove(person)


@admin.register(FocalPoint)
class FocalPointAdmin(ScopedAdmin):
    list_display = ["title", "sector", "year", "state"]
    list_filter = ["sector", "year", "state"]
    list_select_related = ["sector"]
    search_fields = ["title", "text"]
    autocomplete_fields = ["sector", "partner_organisations"]
    open_choices = ["partner_sectors"]

    def within(self, queryset: QuerySet, person) -> QuerySet:
        return queryset.filter(sector__in=managed_sectors(person))

    def formfield_for_manytomany(self, db_field, request: HttpRequest, **kwargs):
        if db_field.name == "partner_sectors":  # a handful, and autocompletion would offer only one's own
            kwargs["widget"] = forms.CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)

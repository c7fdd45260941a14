from datetime import date, timedelta
from itertools import combinations

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models
from django.db.models import Exists, OuterRef, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from members import operations, rules
from members.admin.importing import OrganisationImport
from members.admin.prospects import ProspectPages
from members.admin.relations import RelationPages
from members.admin.shared import MemberFilter
from members.models import ContactMoment, EmailDomain, Membership, MembershipRequest, Organisation
from noord.administration.scoped import ScopedAdmin

SILENCE = timedelta(days=182)


class MembershipFormSet(BaseInlineFormSet):
    def clean(self) -> None:
        """Refuse periods that share a day: all of the organisation's memberships are in this formset."""
        super().clean()
        periods = [
            (form.cleaned_data["start"], form.cleaned_data.get("end"))
            for form in self.forms
            if form.is_valid() and form.cleaned_data.get("start") and not self._should_delete_form(form)
        ]
        if any(rules.overlap(*one, *other) for one, other in combinations(periods, 2)):
            raise ValidationError(_("Two memberships of this organisation share a day. Change one of the dates."))


class MembershipInline(admin.StackedInline):
    model = Membership
    formset = MembershipFormSet
    extra = 0


class EmailDomainInline(admin.StackedInline):
    model = EmailDomain
    extra = 0


class StageFilter(admin.SimpleListFilter):
    title = _("prospective member")
    parameter_name = "fase"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("alle", _("All stages")), *Organisation.Stage.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "alle":
            return queryset.prospects()
        return queryset.prospects().filter(prospect_stage=self.value()) if self.value() else queryset


class ContactFilter(admin.SimpleListFilter):
    title = _("contact")
    parameter_name = "contact"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("stil", _("Member without contact for half a year")), ("stap", _("Next step due"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        today = timezone.localdate()
        if self.value() == "stil":
            return queryset.without_contact_since(today - SILENCE)
        if self.value() == "stap":
            due = ContactMoment.objects.next_steps_due(today).order_by()
            return queryset.filter(pk__in=due.values("organisation"))
        return queryset


class VacancyFilter(admin.SimpleListFilter):
    title = _("positions")
    parameter_name = "functie"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("vacant", _("Member with a vacant role"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.with_vacancy() if self.value() == "vacant" else queryset


@admin.register(Organisation)
class OrganisationAdmin(OrganisationImport, RelationPages, ProspectPages, ScopedAdmin):
    list_display = ["relation", "kind", "is_member", "prospect_stage", "last_contact", "edit"]
    list_display_links = None
    list_filter = [
        MemberFilter,
        StageFilter,
        ContactFilter,
        VacancyFilter,
        "kind",
        ("provinces", admin.RelatedOnlyFieldListFilter),
    ]
    search_fields = ["name", "short_name", "search_alias", "cbs_code"]
    prepopulated_fields = {"slug": ["name"]}
    autocomplete_fields = ["provinces", "participants"]
    inlines = [MembershipInline, EmailDomainInline]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    fieldsets = [
        (None, {"fields": ["name", "short_name", "slug", "kind", "website", "note"]}),
        (_("Prospective member"), {"fields": ["prospect_since", "prospect_stage", "expected_on"]}),
        (
            _("Region and map"),
            {
                "classes": ["collapse"],
                "fields": [
                    "cbs_code", "provinces", "participants", "population", "population_year", "tile_column",
                    "tile_row", "tile_label", "search_alias",
                ],
            },
        ),
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        memberships = Membership.objects.active_on().filter(organisation=OuterRef("pk"))
        queryset = super().get_queryset(request).with_last_contact()
        return queryset.annotate(is_member_today=Exists(memberships))

    @admin.display(description=_("name"), ordering="name")
    def relation(self, organisation: Organisation) -> str:
        url = reverse("admin:members_organisation_relation", args=[organisation.pk])
        return format_html('<a href="{}">{}</a>', url, organisation)

    @admin.display(description=_("member"), boolean=True, ordering="is_member_today")
    def is_member(self, organisation: Organisation) -> bool:
        return organisation.is_member_today

    @admin.display(description=_("last contact"))
    def last_contact(self, organisation: Organisation) -> date | None:
        return organisation.last_contact_on

    @admin.display(description=_("data"))
    def edit(self, organisation: Organisation) -> str:
        url = reverse("admin:members_organisation_change", args=[organisation.pk])
        name = _("Data of %(name)s") % {"name": organisation}
        return format_html('<a href="{}" aria-label="{}">{}</a>', url, name, _("Data"))

    def save_formset(self, request: HttpRequest, form, formset, change: bool) -> None:
        """Who becomes a member here is no longer a prospective one, as with start_membership()."""
        super().save_formset(request, form, formset, change)
        if formset.model is Membership:
            for membership in formset.new_objects:
                operations.end_prospect_by(membership=membership)

    def changeform_view(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        """Say it when the database refuses what two people changed at the same time (migration 0002)."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except IntegrityError:
            message = _("Nothing is saved: somebody else changed this organisation at the same time. Do it once more.")
            self.message_user(request, message, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())


@admin.register(MembershipRequest)
class MembershipRequestAdmin(ScopedAdmin):
    list_display = ["email", "name", "organisation_name", "created_at", "handled_at"]
    list_filter = [("handled_at", admin.EmptyFieldListFilter)]
    search_fields = ["email", "name", "organisation_name"]
    readonly_fields = ["created_at", "handled_at"]
    actions = ["mark_as_handled"]

    @admin.action(description=_("Mark as handled"), permissions=["change"])
    def mark_as_handled(self, request: HttpRequest, queryset: QuerySet) -> None:
        requests = list(queryset)
        for membership_request in requests:
            operations.handle_request(request=membership_request)
        done = ngettext("%(count)s request is handled.", "%(count)s requests are handled.", len(requests))
        self.message_user(request, done % {"count": len(requests)})

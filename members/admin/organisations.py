from itertools import combinations

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models
from django.db.models import Exists, OuterRef, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from members import operations, rules
from members.admin.shared import MemberFilter, PositionInline
from members.models import EmailDomain, Membership, MembershipRequest, Organisation
from noord.administration.scoped import ScopedAdmin


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


class MembershipInline(admin.TabularInline):
    model = Membership
    formset = MembershipFormSet
    extra = 0


class EmailDomainInline(admin.TabularInline):
    model = EmailDomain
    extra = 0


@admin.register(Organisation)
class OrganisationAdmin(ScopedAdmin):
    list_display = ["name", "kind", "is_member", "prospect_since"]
    list_filter = [MemberFilter, "kind", ("provinces", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["name", "short_name", "search_alias", "cbs_code"]
    prepopulated_fields = {"slug": ["name"]}
    autocomplete_fields = ["provinces", "participants"]
    inlines = [MembershipInline, EmailDomainInline, PositionInline]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        memberships = Membership.objects.active_on().filter(organisation=OuterRef("pk"))
        return super().get_queryset(request).annotate(is_member_today=Exists(memberships))

    @admin.display(description=_("member"), boolean=True, ordering="is_member_today")
    def is_member(self, organisation: Organisation) -> bool:
        return organisation.is_member_today

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

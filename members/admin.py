from itertools import combinations

from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models
from django.db.models import Exists, OuterRef, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from members import operations, rules
from members.models import EmailDomain, Membership, MembershipRequest, Organisation, Person, Position

# Login addresses follow the person's own; changing them apart would let an old mailbox in.
admin.site.unregister(EmailAddress)


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


class PositionInline(admin.TabularInline):
    model = Position
    extra = 0
    autocomplete_fields = ["person", "organisation"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("person", "organisation")


class MemberFilter(admin.SimpleListFilter):
    title = _("member today")
    parameter_name = "member"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        members = queryset.model.objects.members_on().values("pk")
        if self.value() == "yes":
            return queryset.filter(pk__in=members)
        if self.value() == "no":
            return queryset.exclude(pk__in=members)
        return queryset


@admin.register(Organisation)
class OrganisationAdmin(admin.ModelAdmin):
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


class NormalisedEmail:
    """Mixin: an empty address is none (NULL), and capitals make no difference."""

    def clean_email(self) -> str | None:
        return Person.normalise_email(self.cleaned_data.get("email"))


class PersonCreationForm(NormalisedEmail, AdminUserCreationForm):
    class Meta:
        model = Person
        fields = ["name", "email"]

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        # Without a password somebody logs in with a code by mail, so that is where we start.
        self.fields["usable_password"].initial = "false"


class PersonChangeForm(NormalisedEmail, UserChangeForm):
    class Meta:
        model = Person
        fields = "__all__"
        field_classes = {"email": forms.EmailField}


@admin.register(Person)
class PersonAdmin(UserAdmin):
    form = PersonChangeForm
    add_form = PersonCreationForm
    list_display = ["name", "email", "phone", "is_active", "is_staff"]
    list_filter = [MemberFilter, "is_active", "is_staff", "groups"]
    search_fields = ["name", "email", "positions__organisation__name"]
    ordering = ["name"]
    readonly_fields = ["last_login", "date_joined"]
    inlines = [PositionInline]
    fieldsets = [
        (None, {"fields": ["name", "email", "phone", "contact_is_public", "password"]}),
        (_("Rights"), {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]}),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["name", "email", "usable_password", "password1", "password2"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Person | None = None) -> list[str]:
        """Nobody gives rights that he lacks: only a superuser gives any."""
        rights = [] if request.user.is_superuser else ["is_staff", "is_superuser", "groups", "user_permissions"]
        return [*self.readonly_fields, *rights]

    def has_change_permission(self, request: HttpRequest, obj: Person | None = None) -> bool:
        """Whoever could change a colleague's address or password could log in with that one's rights."""
        is_out_of_reach = obj and (obj.is_staff or obj.is_superuser) and not request.user.is_superuser
        return not is_out_of_reach and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Person | None = None) -> bool:
        return self.has_change_permission(request, obj) and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Person, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        operations.keep_one_address(person=obj)


@admin.register(Position)
class PositionAdmin(admin.ModelAdmin):
    list_display = ["person", "organisation", "title", "start", "end", "is_main_contact"]
    list_filter = ["is_main_contact", "organisation__kind"]
    list_select_related = ["person", "organisation"]
    search_fields = ["person__name", "person__email", "organisation__name", "title"]
    autocomplete_fields = ["person", "organisation"]
    date_hierarchy = "start"


@admin.register(MembershipRequest)
class MembershipRequestAdmin(admin.ModelAdmin):
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

from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm, UserChangeForm
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from members import operations
from members.admin.importing import PersonImport
from members.admin.shared import MemberFilter, PositionInline
from members.models import Person, Position, Role
from noord.administration.permissions import GivesPermissions
from noord.administration.rights import is_out_of_reach
from noord.administration.scoped import ScopedAdmin

# Login addresses follow the person's own; changing them apart would let an old mailbox in.
admin.site.unregister(EmailAddress)


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


class PersonWithoutPasswordForm(NormalisedEmail, forms.ModelForm):
    """For who may not set a password: the new person logs in with a code by mail."""

    class Meta:
        model = Person
        fields = ["name", "email"]

    def save(self, commit: bool = True) -> Person:
        self.instance.set_unusable_password()
        return super().save(commit)


class PersonChangeForm(NormalisedEmail, UserChangeForm):
    class Meta:
        model = Person
        fields = "__all__"
        field_classes = {"email": forms.EmailField}


class PasswordForm(AdminPasswordChangeForm):
    # Django's own sentence is English, whatever the language.
    usable_password_help_text = _(
        "Without a password this person logs in with a code by mail. The password that is there now is gone then."
    )


@admin.register(Person)
class PersonAdmin(PersonImport, GivesPermissions, ScopedAdmin, UserAdmin):
    form = PersonChangeForm
    add_form = PersonCreationForm
    change_password_form = PasswordForm
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
        """Nobody gives rights that he lacks: only a superuser gives any, or opens and closes an account."""
        rights = ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]
        return [*self.readonly_fields, *([] if request.user.is_superuser else rights)]

    def get_form(self, request: HttpRequest, obj: Person | None = None, **kwargs) -> type[forms.ModelForm]:
        """Whoever chose the password of somebody new could log in as that one, also when a role follows later."""
        if obj is None and not request.user.is_superuser:
            kwargs["form"] = PersonWithoutPasswordForm
        return super().get_form(request, obj, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Person | None = None) -> list:
        if obj is None and not request.user.is_superuser:
            return [(None, {"fields": PersonWithoutPasswordForm.Meta.fields})]
        return super().get_fieldsets(request, obj)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        if not request.user.is_superuser:
            raise Http404
        return super().user_change_password(request, id, form_url)

    def has_change_permission(self, request: HttpRequest, obj: Person | None = None) -> bool:
        """Whoever could change a colleague's address or password could log in with that one's rights."""
        if not super().has_change_permission(request, obj):
            return False
        return obj is None or request.user.is_superuser or not self._is_out_of_reach(request, obj)

    def _is_out_of_reach(self, request: HttpRequest, person: Person) -> bool:
        """Ask it once per request: a page asks for its rights a dozen times."""
        known = request.__dict__.setdefault("_people_out_of_reach", {})
        if person.pk not in known:
            known[person.pk] = is_out_of_reach(person)
        return known[person.pk]

    def has_delete_permission(self, request: HttpRequest, obj: Person | None = None) -> bool:
        return self.has_change_permission(request, obj) and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Person, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        operations.keep_one_address(person=obj)


@admin.register(Position)
class PositionAdmin(ScopedAdmin):
    list_display = ["person", "organisation", "title", "role", "start", "end", "is_main_contact"]
    list_filter = ["is_main_contact", "role", "organisation__kind"]
    list_select_related = ["person", "organisation", "role"]
    search_fields = ["person__name", "person__email", "organisation__name", "title"]
    autocomplete_fields = ["person", "organisation", "role"]
    date_hierarchy = "start"


@admin.register(Role)
class RoleAdmin(ScopedAdmin):
    list_display = ["name"]
    search_fields = ["name"]

"""The forms of accounts and of one's own details.

allauth's forms check and act; here they get our words, visible labels instead of placeholders, and
upper limits, so that a text of a megabyte is refused before anything is done with it.
"""

from collections.abc import Mapping

from allauth.account import forms as allauth_forms
from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from members import operations
from members.models import MembershipRequest, Organisation, Person

LABELS = {
    "login": _("E-mail address"),
    "email": _("E-mail address"),
    "password": _("Password"),
    "remember": _("Remember me on this computer"),
    "code": _("Code"),
    "oldpassword": _("Current password"),
    "password1": _("New password"),
    "password2": _("New password once more"),
}
HINTS = {
    "login": _("Use the address of your work."),
    "password": "",
    "oldpassword": "",
    "code": _("8 digits. They are in the mail that we sent you."),
    "password1": _("At least 10 characters. A few words in a row are easy to remember and hard to guess."),
}
MISSING = {
    "login": _("Fill in your e-mail address."),
    "email": _("Fill in your e-mail address."),
    "password": _("Fill in your password."),
    "code": _("Fill in the code from the mail."),
    "oldpassword": _("Fill in your current password."),
    "password1": _("Fill in a new password."),
    "password2": _("Fill in the new password once more."),
}
MALFORMED_EMAIL = _("Fill in a whole e-mail address, such as name@organisation.nl.")
LONGEST = {"code": 20, "password": 256, "oldpassword": 256, "password1": 256, "password2": 256}


class OurWords:
    """Mixin for a form of allauth: the words above, and no placeholders."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = LABELS.get(name, field.label)
            field.help_text = HINTS.get(name, field.help_text)
            if name in MISSING:
                field.error_messages["required"] = MISSING[name]
            if isinstance(field, forms.EmailField):
                field.error_messages["invalid"] = MALFORMED_EMAIL
            if name in LONGEST:
                field.validators.append(MaxLengthValidator(LONGEST[name]))
        if "code" in self.fields:
            self.fields["code"].widget.attrs |= {"inputmode": "numeric", "maxlength": LONGEST["code"]}


class LoginForm(OurWords, allauth_forms.LoginForm):
    def _setup_password_field(self) -> None:
        """Keep the password, which allauth takes away when signing up does not ask for one."""


class RequestLoginCodeForm(OurWords, allauth_forms.RequestLoginCodeForm):
    def clean_email(self) -> str:
        email = super().clean_email()
        if self._user:
            operations.know_address(person=self._user)
        return email


class SignUpForm(RequestLoginCodeForm):
    """Signing up is asking for a code with one's name along."""

    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        error_messages={"required": _("Fill in your name.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    field_order = ["email", "name"]

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].help_text = HINTS["login"]


class ConfirmLoginCodeForm(OurWords, allauth_forms.ConfirmLoginCodeForm):
    pass


class ResetPasswordForm(OurWords, allauth_forms.ResetPasswordForm):
    def clean_email(self) -> str:
        email = super().clean_email()
        for person in self.users:
            operations.know_address(person=person)
        return email


class ConfirmPasswordResetCodeForm(OurWords, allauth_forms.ConfirmPasswordResetCodeForm):
    pass


class SamePasswords:
    """Mixin: our sentence for two passwords that differ, beside the second."""

    def clean(self) -> dict:
        cleaned = self.cleaned_data
        first, second = cleaned.get("password1"), cleaned.get("password2")
        if first and second and first != second:
            self.add_error("password2", _("The two new passwords are not the same. Type them once more."))
        return cleaned


class ResetPasswordKeyForm(SamePasswords, OurWords, allauth_forms.ResetPasswordKeyForm):
    pass


class ReauthenticateForm(OurWords, allauth_forms.ReauthenticateForm):
    pass


class ChangeAddressForm(OurWords, allauth_forms.AddEmailForm):
    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("New e-mail address")
        self.fields["email"].error_messages["required"] = _("Fill in the new e-mail address.")


class ConfirmEmailVerificationCodeForm(OurWords, allauth_forms.ConfirmEmailVerificationCodeForm):
    pass


class ChangePasswordForm(SamePasswords, OurWords, allauth_forms.ChangePasswordForm):
    pass


class SetPasswordForm(SamePasswords, OurWords, allauth_forms.SetPasswordForm):
    pass


class ProfileForm(forms.ModelForm):
    class Meta:
        model = Person
        fields = ["name", "phone", "contact_is_public"]
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "phone": forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
        }
        error_messages = {"name": {"required": _("Fill in your name.")}}


class MailPreferencesForm(forms.Form):
    """Which mails somebody wants; the fields are those of MailPreferences."""

    invitations = forms.BooleanField(
        label=_("Invitations"),
        help_text=_("A sector or a knowledge group asks whether you come to a meeting."),
        required=False,
    )
    topics = forms.BooleanField(
        label=_("Questions for input"),
        help_text=_("A topic for a meeting of your sector or knowledge group is chosen, and you can give your input."),
        required=False,
    )
    reminders = forms.BooleanField(
        label=_("Reminders"),
        help_text=_("A week and a day before a meeting, and when the report is ready."),
        required=False,
    )
    news = forms.BooleanField(
        label=_("News"),
        help_text=_("What happens in the network, now and then."),
        required=False,
    )


class MembershipRequestForm(forms.ModelForm):
    class Meta:
        model = MembershipRequest
        fields = ["organisation_name", "message"]
        labels = {"organisation_name": _("Your organisation"), "message": _("Your message or question")}
        help_texts = {"message": _("You may leave this empty.")}
        widgets = {
            "organisation_name": forms.TextInput(attrs={"autocomplete": "organization"}),
            "message": forms.Textarea(attrs={"rows": 4}),
        }

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation_name"].required = True
        self.fields["organisation_name"].error_messages["required"] = _("Fill in the name of your organisation.")


class OrganisationFilterForm(forms.Form):
    """The choice on /leden/. What makes no sense counts as not chosen, so that the form is always valid."""

    q = forms.CharField(label=_("Name"), required=False, widget=forms.TextInput(attrs={"type": "search"}))
    soort = forms.ChoiceField(label=_("Kind of organisation"), required=False)
    provincie = forms.ChoiceField(label=_("Province"), required=False)

    LONGEST_QUERY = 100

    def __init__(self, data: Mapping[str, str], provinces: list[tuple[str, str]]) -> None:
        """Take the query string and the provinces as (slug, name)."""
        choices = {"soort": Organisation.Kind.choices, "provincie": provinces}
        chosen = {name: data.get(name, "") for name in choices}
        chosen = {name: value if value in dict(choices[name]) else "" for name, value in chosen.items()}
        query = data.get("q", "").replace("\0", "").strip()[: self.LONGEST_QUERY]
        super().__init__(chosen | {"q": query})
        self.fields["q"].widget.attrs["maxlength"] = self.LONGEST_QUERY
        self.fields["soort"].choices = [("", _("All kinds")), *choices["soort"]]
        self.fields["provincie"].choices = [("", _("All provinces")), *choices["provincie"]]

"""How allauth's second factor does things here: its words, a code that counts once, and proof from the first code.

Settings point here: MFA_ADAPTER and MFA_FORMS.
"""

from allauth.account.internal.flows.login import record_authentication
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.base import forms as base_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.totp.internal import auth
from allauth.mfa.utils import decrypt
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from members.forms import OurWords


class SecondFactorAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "cannot_generate_recovery_codes": _("Set up the app on your phone first."),
        "incorrect_code": _("This code is not right. Wait for the next code in your app and type that one."),
        "unverified_email": _("Confirm your e-mail address first."),
    }


@transaction.atomic
def use_up(authenticator: Authenticator, code: str) -> bool:
    """Let each code of an app count once (RFC 6238 5.2), whichever process it is shown to; False when it did before.

    allauth remembers used codes in the cache, which a process may have to itself.
    """
    known = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
    secret = decrypt(known.data["secret"])
    steps = [
        step
        for step in auth.yield_hotp_counters_from_time()
        if compare_user_code(actual=code, expected=auth.format_hotp_value(auth.hotp_value(secret, step)))
    ]
    if not steps or max(steps) <= known.data.get("last_step", 0):
        return False
    known.data["last_step"] = max(steps)
    known.save(update_fields=["data"])
    return True


@receiver(authenticator_added, dispatch_uid="members.prove_by_activation")
def prove_by_activation(request: HttpRequest, authenticator: Authenticator, **kwargs) -> None:
    """Count the code that was typed to set up the app as shown in this session, and as used."""
    if authenticator.type == Authenticator.Type.TOTP and use_up(authenticator, request.POST.get("code", "")):
        record_authentication(
            request, request.user, "mfa", id=authenticator.pk, type=authenticator.type, reauthenticated=True
        )


class CodeOfApp(OurWords):
    """Mixin: the words for a code of the app instead of one from a mail."""

    hint = _("6 digits from the app on your phone.")

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code from your app")
        self.fields["code"].help_text = self.hint
        self.fields["code"].error_messages["required"] = _("Fill in the code from your app.")


class CodeCountsOnce(CodeOfApp):
    hint = _("6 digits from the app on your phone, or one of your recovery codes.")

    def clean_code(self) -> str:
        code = super().clean_code()
        if self.authenticator.type == Authenticator.Type.TOTP and not use_up(self.authenticator, code):
            raise get_adapter().validation_error("incorrect_code")
        return code


class AuthenticateForm(CodeCountsOnce, base_forms.AuthenticateForm):
    pass


class ReauthenticateForm(CodeCountsOnce, base_forms.ReauthenticateForm):
    pass


class ActivateForm(CodeOfApp, totp_forms.ActivateTOTPForm):
    @property
    def secret_in_groups(self) -> str:
        """The secret to type over, four characters at a time."""
        return " ".join(self.secret[place : place + 4] for place in range(0, len(self.secret), 4))

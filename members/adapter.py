"""How django-allauth does things here: its words, its mail, and what follows on a confirmed address."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from members import mail, operations
from members.models import Person

# Who signed up in this browser and has not logged in since: the person's key, in the session.
SIGN_UP_SESSION_KEY = "signed_up"


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": _("This account is closed. Contact us when you think that is wrong."),
        "duplicate_email": _("This is your e-mail address already. Fill in another one."),
        "email_password_mismatch": _(
            "The e-mail address or the password is not right. Try again, or let us mail you a code."
        ),
        "email_taken": _("This e-mail address cannot be used. Fill in another one."),
        "enter_current_password": _("This is not your current password. Try again."),
        "incorrect_code": _("This code is not right. Look in the last mail that we sent you."),
        "incorrect_password": _("This password is not right. Try again."),
        "invalid_login": _("The e-mail address or the password is not right. Try again."),
        "rate_limited": _("That goes too fast. Wait a minute and try again."),
        "same_as_current": _("This is your e-mail address already. Fill in another one."),
        "too_many_login_attempts": _("That did not work too many times. Wait a few minutes and try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Keep allauth's own sign-up closed: members.views.SignUpView stands at its address."""
        return False

    def get_login_stages(self) -> list[str]:
        """Leave out the check of the address at login.

        Whoever logs in has typed a code from the mailbox, or has a password, which can only be set by
        somebody who did and by the administration.
        """
        left_out = "allauth.account.stages.EmailVerificationStage"
        return [stage for stage in super().get_login_stages() if stage != left_out]

    def get_reauthentication_methods(self, user: Person) -> list[dict]:
        """Ask a second factor of whoever has one: a password alone must not take it away."""
        methods = super().get_reauthentication_methods(user)
        return [method for method in methods if method["id"] == "mfa_reauthenticate"] or methods

    def post_login(self, request: HttpRequest, user: Person, **kwargs: Any) -> HttpResponse:
        """Open the account of who signed up and typed the code, also when the address was confirmed before.

        Perhaps the organisation was not a member then. A login without signing up, or by password, brings no
        position back that ended.
        """
        signed_up = request.session.pop(SIGN_UP_SESSION_KEY, None)
        methods = get_authentication_records(request, user)
        if signed_up == user.pk and methods and methods[-1]["method"] == "code":
            operations.open_account(person=user)
        return super().post_login(request, user, **kwargs)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Hand the mail to the outbox instead of to the mail server."""
        mail.send_account_message(template_prefix, email, context)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("members:profile")

    def get_email_verification_redirect_url(self, email_address: EmailAddress) -> str:
        return reverse("members:profile")


@receiver(email_confirmed, dispatch_uid="members.open_account")
def open_account_at_confirmation(request: HttpRequest, email_address: EmailAddress, **kwargs: Any) -> None:
    """Give the account that a confirmed address gives right to.

    allauth has no method to override that every way of confirming passes (a code typed to log in, to
    change the address, to choose a password); this signal does. When the address changed, the row of
    the one before is still there.
    """
    before = EmailAddress.objects.filter(user=email_address.user).exclude(pk=email_address.pk).first()
    operations.open_account(person=email_address.user, old_email=before.email if before else "")

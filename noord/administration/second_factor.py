"""The page on which a superuser sees who has a second factor, and takes it away from who lost the phone."""

from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

# Where somebody was going when the administration asked for a second factor: an address of ours, in the session.
WANTED_SESSION_KEY = "second_factor_wanted"


def people(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """List who has a second factor, by name."""
    if not request.user.is_superuser:
        raise Http404
    apps = Authenticator.objects.filter(type=Authenticator.Type.TOTP).select_related("user").order_by("user__name")
    context = site.each_context(request) | {"title": _("Who logs in in two steps"), "second_factors": apps}
    return TemplateResponse(request, "admin/second_factor/people.html", context)


def remove(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, and then take it away: the person's next visit here sets up a new one. A mail tells the person."""
    if not request.user.is_superuser:
        raise Http404
    person = get_object_or_404(get_user_model(), pk=pk, authenticator__type=Authenticator.Type.TOTP)
    if request.method == "POST":
        take_away(person=person, by=request.user)
        get_adapter(request).send_notification_mail("mfa/email/totp_deactivated", person)
        messages.success(request, _("%(name)s no longer has a second step.") % {"name": person})
        return redirect("admin:second_factors")
    context = site.each_context(request) | {"title": _("Take the second step away"), "person": person}
    return TemplateResponse(request, "admin/second_factor/remove.html", context)


@transaction.atomic
def take_away(*, person, by) -> None:
    """Delete the person's app and recovery codes; the log keeps who asked for it."""
    Authenticator.objects.filter(user=person).delete()
    LogEntry.objects.log_actions(by.pk, [person], CHANGE, "second factor: removed", single_object=True)

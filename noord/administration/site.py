from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from noord.administration.rights import is_proven, may_enter


class PortalAdminSite(AdminSite):
    """The administration: one way in, with a second factor for everybody who works here."""

    site_title = site_header = gettext_lazy("Administration of Samenwerking Noord")
    index_title = gettext_lazy("What needs doing")
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        return may_enter(request.user) and is_proven(request)

    def login(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """Send to the portal's own login, to the second factor, or say that there is nothing here for this person."""
        wanted = request.GET.get("next", "")
        if not url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
            wanted = reverse("admin:index")
        if not request.user.is_authenticated:
            return redirect(f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': wanted})}")
        if not may_enter(request.user):
            raise Http404
        if is_proven(request):
            return redirect(wanted)
        messages.info(
            request, _("The administration asks for a second factor: an app on your phone that gives codes.")
        )
        return redirect(f"{reverse('mfa_index')}?{urlencode({'next': wanted})}")

    def each_context(self, request: HttpRequest) -> dict:
        return super().each_context(request) | {"second_factor_is_off": not settings.STAFF_MFA_REQUIRED}

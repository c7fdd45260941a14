from collections.abc import Callable
from functools import update_wrapper

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.contrib.contenttypes.models import ContentType
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from noord.administration import second_factor
from noord.administration.borrowed import ScriptWords
from noord.administration.rights import is_proven, may_enter, second_factor_since


class PortalAdminSite(AdminSite):
    """The administration: one way in, with a second factor for everybody who works here."""

    site_title = site_header = gettext_lazy("Administration of Samenwerking Noord")
    index_title = gettext_lazy("What needs doing")
    enable_nav_sidebar = False

    def get_urls(self) -> list[URLPattern]:
        ours = [
            path("r/<int:content_type_id>/<path:object_id>/", self.admin_view(self.view_on_site), name="view_on_site"),
            path("tweede-stap/", self.admin_view(self.second_factors), name="second_factors"),
            path("tweede-stap/<int:pk>/", self.admin_view(self.remove_second_factor), name="remove_second_factor"),
        ]
        theirs = [url for url in super().get_urls() if getattr(url, "name", None) != "view_on_site"]
        return [*ours, *theirs]

    def has_permission(self, request: HttpRequest) -> bool:
        return may_enter(request.user) and is_proven(request)

    def admin_view(self, view: Callable, cacheable: bool = False) -> Callable:
        """Let the administration not exist for who has nothing to do here; it asks the others to prove themselves."""
        inner = super().admin_view(view, cacheable)

        def known(request: HttpRequest, *args, **kwargs) -> HttpResponse:
            if request.user.is_authenticated and not may_enter(request.user):
                raise Http404
            return inner(request, *args, **kwargs)

        return update_wrapper(known, inner)

    @method_decorator(never_cache)
    @login_not_required
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
        if second_factor_since(request.user):  # this session is older than the app, or began without it
            return redirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': wanted})}")
        request.session[second_factor.WANTED_SESSION_KEY] = wanted
        messages.info(
            request, _("The administration asks for a second factor: an app on your phone that gives codes.")
        )
        return redirect("mfa_index")

    def logout(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        return LogoutView.as_view(next_page="home")(request)

    def password_change(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """Send to the portal's own page, which asks who it is and tells it by mail."""
        return redirect("account_change_password")

    password_change_done = password_change

    def view_on_site(self, request: HttpRequest, content_type_id: int, object_id: str) -> HttpResponse:
        """Lead to an object's page on the site; what is not this person's here has no address either."""
        content_type = ContentType.objects.filter(pk=content_type_id).first()
        model = content_type and content_type.model_class()
        model_admin = self._registry.get(model)
        if model_admin is None or not hasattr(model, "get_absolute_url"):
            raise Http404
        found = model_admin.get_object(request, object_id)
        if found is None or not model_admin.has_view_permission(request, found):
            raise Http404
        return redirect(found.get_absolute_url())

    def second_factors(self, request: HttpRequest) -> HttpResponse:
        return second_factor.people(self, request)

    def remove_second_factor(self, request: HttpRequest, pk: int) -> HttpResponse:
        return second_factor.remove(self, request, pk)

    def i18n_javascript(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        return ScriptWords.as_view()(request)

    def each_context(self, request: HttpRequest) -> dict:
        return super().each_context(request) | {"second_factor_is_off": not settings.STAFF_MFA_REQUIRED}

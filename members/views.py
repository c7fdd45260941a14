from http import HTTPStatus

from allauth.account.views import RequestLoginCodeView
from allauth.decorators import rate_limit
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from members import operations, rules
from members.adapter import SIGN_UP_SESSION_KEY
from members.forms import (
    MailPreferencesForm,
    MembershipRequestForm,
    OrganisationFilterForm,
    ProfileForm,
    SignUpForm,
)
from members.models import MailPreferences, Organisation
from members.unsubscribe import read_token

# Whose request for membership this browser may fill in further: the address, in the session.
REQUEST_SESSION_KEY = "membership_request_email"


@login_not_required
@require_safe
def organisation_list(request: HttpRequest) -> HttpResponse:
    """The organisations that are a member today, with the municipalities among them on the map."""
    provinces = list(Organisation.objects.filter(kind=Organisation.Kind.PROVINCE).values_list("slug", "name"))
    filters = OrganisationFilterForm(request.GET, provinces)
    filters.full_clean()
    chosen = filters.cleaned_data
    organisations = Organisation.objects.members_on().with_member_since().order_by(Lower("name"))
    if chosen["q"]:
        organisations = organisations.matching(chosen["q"])
    if chosen["soort"]:
        organisations = organisations.filter(kind=chosen["soort"])
    if chosen["provincie"]:
        organisations = organisations.in_province(chosen["provincie"])
    context = {
        "organisations": list(organisations.prefetch_related("provinces")),
        "filters": filters,
        "is_filtered": any(chosen.values()),
        "tiles": list(Organisation.objects.tiles()),
    }
    return render(request, "members/organisation_list.html", context)


class SignUpView(RequestLoginCodeView):
    """Asking for a code with one's name along; it makes an account for who works at a member.

    Somebody known and somebody new get the same page and the same kind of code, so that the answer tells
    neither which it was, and nobody can leave a password behind on another one's address.
    """

    template_name = "account/signup.html"

    @method_decorator(rate_limit(action="signup"))
    @method_decorator(login_not_required)
    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        return super().dispatch(request, *args, **kwargs)

    def get_form_class(self) -> type[SignUpForm]:
        return SignUpForm

    def _redirect_to_pending_stage(self, request: HttpRequest, stage) -> None:
        """Show the form also while a code is on its way: the address may have been a typing error."""

    def form_valid(self, form: SignUpForm) -> HttpResponse:
        email, name = form.cleaned_data["email"], form.cleaned_data["name"]
        if rules.member_organisation_of(email) is None:
            operations.request_membership(email=email, name=name)
            self.request.session[REQUEST_SESSION_KEY] = email
            return render(
                self.request, "members/membership_request.html", {"form": MembershipRequestForm(), "email": email}
            )
        person = operations.sign_up(email=email, name=name)
        self.request.session[SIGN_UP_SESSION_KEY] = person.pk
        # Somebody whose account is closed gets the page, and a mail without a code.
        form._user = person if person.is_active else None
        return super().form_valid(form)


sign_up = SignUpView.as_view()


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def membership_request(request: HttpRequest) -> HttpResponse:
    """Fill in further the request that signing up with an address of no member left."""
    email = request.session.get(REQUEST_SESSION_KEY)
    if not email:
        return redirect("account_signup")
    form = MembershipRequestForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        operations.request_membership(email=email, **form.cleaned_data)
        del request.session[REQUEST_SESSION_KEY]
        messages.success(request, _("Thank you. The relation manager will contact you."))
        return redirect("home")
    return render(request, "members/membership_request.html", {"form": form, "email": email})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """One's own details. The e-mail address and the password have pages of their own, with a check."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your details are saved."))
        return redirect("members:profile")
    positions = request.user.positions.select_related("organisation")
    return render(request, "members/profile.html", {"form": form, "positions": positions})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def mail_preferences(request: HttpRequest) -> HttpResponse:
    """Which mails one wants. Mail about one's own registration is no choice."""
    chosen = MailPreferences.objects.filter(person=request.user).first() or MailPreferences()
    initial = {name: getattr(chosen, name) for name in MailPreferencesForm.base_fields}
    # Nothing ticked is a choice too, so an empty post counts.
    form = MailPreferencesForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        operations.choose_mail(person=request.user, **form.cleaned_data)
        messages.success(request, _("Your choice is saved."))
        return redirect("members:mail_preferences")
    return render(request, "members/mail_preferences.html", {"form": form})


@login_not_required
@never_cache
@csrf_exempt  # RFC 8058 3.2: a mail programme posts here without cookies; the token is what allows it
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Stop one kind of mail for one person. GET only asks: programmes that scan mail follow every link."""
    found = read_token(token)
    if found is None:
        raise Http404
    person, kind = found
    if request.method == "POST":
        operations.stop_mail(person=person, kind=kind)
    return render(request, "members/unsubscribe.html", {"kind": kind, "is_stopped": request.method == "POST"})


@login_not_required
def too_many_requests(request: HttpRequest) -> HttpResponse:
    """What a visitor gets who went over a limit; a minute later there is room again."""
    response = render(request, "429.html", status=HTTPStatus.TOO_MANY_REQUESTS)
    response["Retry-After"] = "60"
    return response

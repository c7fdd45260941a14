"""Who may become a member, in four stages, beside what each sector wants to grow."""

from dataclasses import dataclass
from datetime import date

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from members import operations, relations, rules
from members.admin.contact import back
from members.models import Organisation
from noord.domain import DomainError

NO_LONGER = "stop"
CARDS = 50  # in one column; the others are in the list of organisations


@dataclass(frozen=True, slots=True)
class Growth:
    """One line of the forecast, as it is shown."""

    key: str
    name: str
    target: int | None
    joined: int
    prospects: int
    expected: float
    is_enough: bool


@dataclass(frozen=True, slots=True)
class Column:
    stage: str
    label: str
    cards: list[tuple[Organisation, list[str]]]
    more: int


class StageForm(forms.Form):
    stage = forms.ChoiceField(choices=[*Organisation.Stage.choices, (NO_LONGER, "")])


class StartForm(forms.Form):
    start = forms.DateField()


class ProspectPages(admin.ModelAdmin):
    """Mixin for the admin of organisations."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("mogelijke-leden/", view(self.show_prospects), name="members_organisation_prospects"),
            path("<int:pk>/fase/", view(self.move_prospect), name="members_organisation_stage"),
            path("<int:pk>/lid-maken/", view(self.start_membership), name="members_organisation_join"),
            *super().get_urls(),
        ]

    def show_prospects(self, request: HttpRequest) -> HttpResponse:
        """Show the prospective members by stage, of all sectors or of one, and what may come of it this year."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        today = timezone.localdate()
        year = _year(request, today)
        prospects = list(self.get_queryset(request).prospects().order_by("name"))
        found = relations.forecasts(year)
        chosen = next((forecast for forecast in found if forecast.key == request.GET.get("sector")), None)
        shown = [one for one in prospects if chosen is None or one.pk in chosen.prospects]
        context = self.admin_site.each_context(request) | {
            "title": _("Prospective members"),
            "opts": self.opts,
            "year": year,
            "years": [today.year, today.year + 1],
            "today": today,
            "chosen": chosen,
            "columns": _columns(shown, relations.names_by_prospect(found)),
            "growth": _growth(found, [one for one in prospects if _may_join_in(one, year, today)]),
            "stages": Organisation.Stage.choices,
            "no_longer": NO_LONGER,
            "may_change": self.has_change_permission(request),
            "may_start": request.user.has_perm("members.add_membership"),
            "here": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/members/organisation/prospects.html", context)

    def move_prospect(self, request: HttpRequest, pk: int) -> HttpResponse:
        organisation = self.get_object(request, str(pk))
        if not self.has_change_permission(request, organisation):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        stage = request.POST.get("stage", "")
        name = {"name": organisation}
        try:
            if stage == NO_LONGER:
                operations.end_prospect(organisation=organisation)
                text = _("%(name)s is no longer a prospective member.") % name
            else:
                moved = operations.move_prospect(organisation=organisation, stage=stage)
                text = _("%(name)s is now at: %(stage)s.") % (name | {"stage": moved.get_prospect_stage_display()})
        except DomainError as error:
            self.message_user(request, f"{organisation}: {error}", messages.ERROR)
        else:
            self.log_change(request, organisation, text)
            self.message_user(request, text, messages.SUCCESS)
        return back(request, reverse("admin:members_organisation_prospects"))

    def start_membership(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let a prospective member that decided to join become one, from the day that was agreed."""
        organisation = self.get_object(request, str(pk))
        if not request.user.has_perm("members.add_membership"):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        form = StartForm(request.POST)
        if not form.is_valid():
            text = _("%(name)s: fill in the first day of the membership.") % {"name": organisation}
            self.message_user(request, text, messages.ERROR)
            return back(request, reverse("admin:members_organisation_prospects"))
        try:
            membership = operations.start_membership(organisation=organisation, start=form.cleaned_data["start"])
        except DomainError as error:
            self.message_user(request, f"{organisation}: {error}", messages.ERROR)
            return back(request, reverse("admin:members_organisation_prospects"))
        self.log_change(request, organisation, _("Membership begun."))
        text = _("%(name)s is a member from %(day)s.") % {"name": organisation, "day": f"{membership.start:%d-%m-%Y}"}
        self.message_user(request, text, messages.SUCCESS)
        return back(request, reverse("admin:members_organisation_relation", args=[pk]))


def _year(request: HttpRequest, today: date) -> int:
    """Return the year that is asked for: this one or the next."""
    asked = request.GET.get("jaar") or str(today.year)
    if asked not in (str(today.year), str(today.year + 1)):
        raise Http404
    return int(asked)


def _may_join_in(organisation: Organisation, year: int, today: date) -> bool:
    """Tell whether a prospective member counts for the year; without a day, or with one that is past, for this one."""
    expected = organisation.expected_on
    return (expected.year if expected and expected > today else today.year) == year


def _columns(prospects: list[Organisation], sectors: dict[int, list[str]]) -> list[Column]:
    columns = []
    for stage, label in Organisation.Stage.choices:
        cards = [(one, sectors.get(one.pk, [])) for one in prospects if (one.prospect_stage or "known") == stage]
        columns.append(Column(stage, label, cards[:CARDS], max(0, len(cards) - CARDS)))
    return columns


def _growth(found: list[relations.Forecast], prospects: list[Organisation]) -> list[Growth]:
    """Add up who joined and who may join, each as often as such a stage leads to a membership."""
    chances = {one.pk: rules.chance_of(one.prospect_stage) for one in prospects}
    rows = []
    for forecast in found:
        counted = forecast.prospects & chances.keys()
        expected = forecast.joined + sum(chances[pk] for pk in counted) / 100
        is_enough = forecast.target is not None and expected >= forecast.target
        rows.append(
            Growth(forecast.key, forecast.name, forecast.target, forecast.joined, len(counted), expected, is_enough)
        )
    return rows

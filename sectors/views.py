from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from noord.domain import DomainError
from sectors import operations, pages, rules
from sectors.models import FocalPoint, Sector, SectorRole


@login_not_required
def sector_list(request: HttpRequest) -> HttpResponse:
    return render(request, "sectors/sector_list.html", {"sectors": pages.sectors_with_chairs()})


@login_not_required
def sector(request: HttpRequest, slug: str) -> HttpResponse:
    now = timezone.now()
    year = localtime(now).year
    sector = get_object_or_404(Sector.objects.with_year(year, now).with_reader(request.user), slug=slug)
    people = pages.people(sector)
    context = {
        "sector": sector,
        "year": year,
        "progress": pages.year_progress(sector, year),
        "focal_points": pages.focal_points(sector, now),
        "programme_managers": people[SectorRole.Role.PROGRAMME_MANAGER],
        "chairs": people[SectorRole.Role.CHAIR],
        "organisations": sector.organisations.all(),
        "events": pages.next_meetings(sector, request.user, now),
        "calendar_address": pages.calendar_address("events:sector_calendar", sector.slug),
    }
    if request.user.is_authenticated:
        context["may_join"] = rules.may_join_list(request.user, works_at_member=sector.works_at_member)
    return render(request, "sectors/sector_detail.html", context)


@login_not_required
@require_safe
def focal_point(request: HttpRequest, pk: int) -> HttpResponse:
    """What is public of a focal point, and of its meetings and topics what this reader may see."""
    point = get_object_or_404(FocalPoint.objects.with_partners(), pk=pk)
    context = {"point": point, "work": pages.work_on(point, request.user)}
    return render(request, "sectors/focal_point_detail.html", context)


@login_not_required
@require_safe
def results(request: HttpRequest) -> HttpResponse:
    until = request.GET.get("tot", "")
    if until and not (until.isascii() and until.isdecimal() and len(until) == 4):
        raise Http404
    years, older = pages.results(int(until) if until else None)
    return render(request, "sectors/results.html", {"years": years, "older": older, "until": until})


def join(request: HttpRequest, slug: str) -> HttpResponse:
    sector = get_object_or_404(Sector, slug=slug)
    # Who had to log in first comes back with a GET, which changes nothing.
    if request.method == "POST":
        try:
            operations.join_list(sector=sector, person=request.user)
        except DomainError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("You now follow the sector %(sector)s.") % {"sector": sector})
    return redirect(sector)


def leave(request: HttpRequest, slug: str) -> HttpResponse:
    sector = get_object_or_404(Sector, slug=slug)
    if request.method == "POST":
        operations.leave_list(sector=sector, person=request.user)
        messages.success(request, _("You no longer follow the sector %(sector)s.") % {"sector": sector})
    return redirect(sector)

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from noord.domain import DomainError
from sectors import operations, pages, rules
from sectors.models import Sector, SectorRole


@login_not_required
def sector_list(request: HttpRequest) -> HttpResponse:
    return render(request, "sectors/sector_list.html", {"sectors": pages.sectors_with_chairs()})


@login_not_required
def sector(request: HttpRequest, slug: str) -> HttpResponse:
    sector = get_object_or_404(Sector, slug=slug)
    now = timezone.now()
    people = pages.people(sector)
    context = {
        "sector": sector,
        "progress": pages.year_progress(sector, now),
        "focal_points": pages.focal_points(sector, now),
        "programme_managers": people[SectorRole.Role.PROGRAMME_MANAGER],
        "chairs": people[SectorRole.Role.CHAIR],
        "organisations": sector.organisations.all(),
        "events": pages.next_meetings(sector, request.user, now),
        "calendar_address": pages.calendar_address(sector),
    }
    if request.user.is_authenticated:
        context["on_list"] = sector.people.filter(pk=request.user.pk).exists()
        context["may_join"] = context["on_list"] or rules.may_join_list(request.user)
    return render(request, "sectors/sector_detail.html", context)


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

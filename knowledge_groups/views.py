from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from knowledge_groups import operations, pages, rules
from knowledge_groups.models import KnowledgeGroup
from noord.domain import DomainError
from sectors.pages import calendar_address, next_meetings


@login_not_required
def group_list(request: HttpRequest) -> HttpResponse:
    groups = list(KnowledgeGroup.objects.with_participation(request.user))
    context = {
        "groups": [group for group in groups if group.state != KnowledgeGroup.State.ENDED],
        "ended_groups": [group for group in groups if group.state == KnowledgeGroup.State.ENDED],
    }
    return render(request, "knowledge_groups/group_list.html", context)


@login_not_required
def group(request: HttpRequest, slug: str) -> HttpResponse:
    now = timezone.now()
    year = localtime(now).year
    group = get_object_or_404(KnowledgeGroup.objects.with_year(year, now).for_page(request.user), slug=slug)
    people = pages.people(group, request.user)
    context = {
        "group": group,
        "year": year,
        "leads": people.leads,
        "focal_points": pages.focal_points(group, now),
        "events": next_meetings(group, request.user, now),
        "calendar_address": calendar_address("events:group_calendar", group.slug),
        "membership": people.own,
    }
    if request.user.is_authenticated:
        context["decision"] = (
            rules.may_leave(people.own)
            if people.own
            else rules.may_join(group, request.user, works_at_member=group.works_at_member)
        )
    return render(request, "knowledge_groups/group_detail.html", context)


def join(request: HttpRequest, slug: str) -> HttpResponse:
    group = get_object_or_404(KnowledgeGroup, slug=slug)
    # Who had to log in first comes back with a GET, which changes nothing.
    if request.method == "POST":
        try:
            operations.join(group=group, person=request.user)
        except DomainError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("You take part in %(group)s.") % {"group": group})
    return redirect(group)


def leave(request: HttpRequest, slug: str) -> HttpResponse:
    group = get_object_or_404(KnowledgeGroup, slug=slug)
    if request.method == "POST":
        try:
            operations.leave(group=group, person=request.user)
        except DomainError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("You no longer take part in %(group)s.") % {"group": group})
    return redirect(group)

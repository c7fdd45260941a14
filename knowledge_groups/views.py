from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from knowledge_groups import operations, rules
from knowledge_groups.models import GroupMembership, KnowledgeGroup
from noord.domain import DomainError
from sectors.models import FocalPoint

NEXT_MEETINGS = 5


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
    group = get_object_or_404(KnowledgeGroup, slug=slug)
    memberships = group.memberships.active_on()
    events = group.events.visible_to(request.user).upcoming(timezone.now()).with_seats().with_hosts()
    host = settings.SITE_URL.partition("://")[2]
    context = {
        "group": group,
        "leads": memberships.exclude(role=GroupMembership.Role.PARTICIPANT).with_people(),
        "participant_count": memberships.count(),
        "partners": group.partners.all(),
        "focal_points": latest_focal_points(group),
        "events": events.with_registration_of(request.user).first_to_begin(NEXT_MEETINGS),
        "calendar_address": f"webcal://{host}{reverse('events:group_calendar', args=[group.slug])}",
    }
    if request.user.is_authenticated:
        context["membership"] = membership = memberships.filter(person=request.user).first()
        context["decision"] = rules.may_leave(membership) if membership else rules.may_join(group, request.user)
    return render(request, "knowledge_groups/group_detail.html", context)


def latest_focal_points(group: KnowledgeGroup) -> QuerySet[FocalPoint]:
    """Return what the group helps with this year, or in the last year before it in which it helped (1 query)."""
    known = group.focal_points.filter(year__lte=timezone.localdate().year)
    return known.filter(year=known.order_by("-year").values("year")[:1]).select_related("sector")


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

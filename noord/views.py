"""The pages of the portal as a whole: home, the two statements, and what a visitor sees when something fails."""

import logging
from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.shortcuts import render
from django.template import loader
from django.utils import timezone
from django.views.decorators.http import require_safe

from events.models import Event
from events.status import tag_for
from knowledge_groups.models import KnowledgeGroup
from members.models import Organisation
from sectors.models import Sector

SOON = 4
# How many meetings are looked at for the first one with registration open.
LOOK_AHEAD = 12

logger = logging.getLogger(__name__)


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    events = Event.objects.visible_to(request.user).upcoming(now).with_seats().with_hosts()
    events = events.with_registration_of(request.user).defer("text", "report").first_to_begin(LOOK_AHEAD)
    context = {
        "events": events[:SOON],
        "open_event": next((event for event in events if can_register(event, now)), None),
        "sectors": Sector.objects.all(),
        "groups": KnowledgeGroup.objects.exclude(state=KnowledgeGroup.State.ENDED),
        "tiles": list(Organisation.objects.tiles()),
        "contact_address": settings.ORGANISER_EMAIL,
    }
    return render(request, "noord/home.html", context)


def can_register(event: Event, now: datetime) -> bool:
    """Tell whether the meeting of the list asks this reader to register; needs with_seats()."""
    mine = getattr(event, "my_registrations", None)
    return tag_for(event, mine[0] if mine else None, now).css == "is-open"


@login_not_required
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "noord/accessibility.html", {"contact_address": settings.ORGANISER_EMAIL})


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    context = {
        "contact_address": settings.ORGANISER_EMAIL,
        "mail_days": settings.OUTBOX_KEEP_DAYS,
        "history_days": settings.HISTORY_KEEP_DAYS,
    }
    return render(request, "noord/privacy.html", context)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "403.html", status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Say sorry without the database, the session or the static manifest: any of them may be what failed."""
    reference = uuid4().hex[:8]
    logger.error("A visitor got the page for errors with reference %s", reference)
    context = {"reference": reference, "contact_address": settings.ORGANISER_EMAIL}
    return HttpResponseServerError(loader.get_template("500.html").render(context))

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from events import rules
from events.models import CalendarFeed, Event, Registration
from events.operations.feeds import renew_feed, token_of
from events.status import Tag, tag_for
from knowledge_groups.models import KnowledgeGroup

EARLIER = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Row:
    event: Event
    registration: Registration
    tag: Tag
    session: str
    may_change: bool
    may_cancel: bool


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """My registrations, sectors, groups and calendar link."""
    now = timezone.now()
    registrations = (
        Registration.objects.current()
        .filter(person=request.user, event__end__gt=now - EARLIER)
        .exclude(event__status=Event.Status.DRAFT)
        .with_place()
        .prefetch_related("choices__seat", Prefetch("event", queryset=Event.objects.with_seats().with_hosts()))
        .order_by("event__start", "event")
    )
    rows = [_row(registration, now) for registration in registrations]
    upcoming = [row for row in rows if not row.event.is_past(now)]
    feed = CalendarFeed.objects.filter(person=request.user).first()
    token = token_of(feed) if feed else ""
    url = settings.SITE_URL + reverse("events:personal_calendar", args=[token]) if token else ""
    context = {
        "lead": _lead(upcoming),
        "upcoming": upcoming,
        "earlier": [row for row in reversed(rows) if row.event.is_past(now)],
        "sectors": request.user.sectors.all(),
        "groups": KnowledgeGroup.objects.with_participation(request.user).filter(is_participant=True),
        "feed": feed,
        "feed_url": url,
        "webcal_url": url.replace("https://", "webcal://").replace("http://", "webcal://"),
    }
    return render(request, "events/registration_list.html", context)


def _row(registration: Registration, now: datetime) -> Row:
    event = registration.event
    return Row(
        event=event,
        registration=registration,
        tag=tag_for(event, registration, now),
        session=", ".join(choice.seat.title for choice in registration.choices.all() if choice.seat),
        may_change=registration.is_confirmed and bool(rules.may_change(registration, now=now)),
        may_cancel=bool(rules.may_cancel(registration, now=now)),
    )


def _lead(upcoming: list[Row]) -> str:
    """Return "Je hebt 2 aanmeldingen en staat op 1 wachtlijst." without the part that is nothing."""
    coming = sum(row.registration.is_confirmed and not row.event.is_cancelled for row in upcoming)
    waiting = sum(row.registration.is_waiting and not row.event.is_cancelled for row in upcoming)
    sentences = []
    if coming or not waiting:
        sentences.append(
            ngettext("You have %(n)s registration.", "You have %(n)s registrations.", coming) % {"n": coming}
        )
    if waiting:
        text = ngettext("You are on %(n)s waiting list.", "You are on %(n)s waiting lists.", waiting)
        sentences.append(text % {"n": waiting})
    return " ".join(sentences)


@require_POST
def renew(request: HttpRequest) -> HttpResponse:
    """Make my calendar link, or a new one: the old one stops at once."""
    renew_feed(person=request.user)
    messages.success(request, _("Your calendar link is ready. An older link no longer works."))
    return redirect(reverse("events:mine") + "#agenda")

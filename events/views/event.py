from datetime import datetime
from urllib.parse import quote, urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from events import rules
from events.hosts import load_hosts
from events.models import ChangeNotice, Event, Invitation, Registration
from events.programme import chosen_line, load_programme
from events.programme_html import programme_html
from events.querysets import EventQuerySet
from events.stand import stand_of
from events.status import status_box
from events.words import sentence
from members.models import Person
from noord.prepared import Prepared


def _event(person: Person | AnonymousUser, slug: str) -> EventQuerySet:
    events = Event.objects.visible_to(person).with_seats().with_management(person).with_part_of(person)
    if person.is_authenticated:
        events = events.with_topics()
    return events.select_related("host", "follow_up_of").filter(slug=slug)[:1]


EVENT = Prepared(_event)
MINE = Prepared(
    lambda person, event: Registration.objects.current().filter(event=event, person=person).with_place()[:1]
)
OPEN_NOTICE = Prepared(lambda event: ChangeNotice.objects.filter(event=event, closed_at=None)[:1])


def visible_event(request: HttpRequest, slug: str) -> Event:
    """Return the meeting with its seats when this person may see it; else it does not exist (1 query)."""
    event = EVENT.first(person=request.user, slug=slug)
    if event is None:
        raise Http404
    return event


def own_registration(request: HttpRequest, event: Event) -> Registration | None:
    """Return the current registration of who is logged in, with the place in line."""
    if not request.user.is_authenticated:
        return None
    registration = MINE.first(person=request.user, event=event.pk)
    if registration:
        registration.event, registration.person = event, request.user
    return registration


def open_notice(event: Event) -> ChangeNotice | None:
    """Return what people do not know yet about the meeting, for who manages it (1 query)."""
    return OPEN_NOTICE.first(event=event.pk) if event.can_manage else None


@login_not_required
@require_safe
def event(request: HttpRequest, slug: str) -> HttpResponse:
    """The page of a meeting: 4 queries for a visitor, 8 for who is logged in, and a few for who manages it."""
    now = timezone.now()
    event = visible_event(request, slug)
    registration = own_registration(request, event)
    rows = load_programme(event, request.user, now=now)
    context = {
        "event": event,
        "registration": registration,
        "notice": open_notice(event),
        "earlier": event.follow_up_of if event.follow_up_of and event.follow_up_of.is_public else None,
        "hosts": sentence([host.name for host in load_hosts(event)]),
        "programme": programme_html(rows),
        "box": status_box(event, registration, now, session=chosen_line(rows)),
        "links": _links(request, event, now),
        "online_url": event.online_url if (registration and registration.is_confirmed) or event.can_manage else "",
    }
    context["box_url"] = _box_url(request, event, context["box"].action)
    return render(request, "events/event_detail.html", context)


def _box_url(request: HttpRequest, event: Event, action: str) -> str:
    """Return where the button of the status box leads."""
    match action:
        case "register" if not request.user.is_authenticated:
            return f"{reverse('account_login')}?{urlencode({'next': event.get_absolute_url()})}"
        case "register" | "registration" | "cancel":
            return reverse(f"events:{action}", args=[event.slug])
        case "agenda":
            return reverse("events:agenda")
        case "calendar":
            return reverse("events:event_calendar", args=[event.slug])
        case "report":
            return "#verslag"
        case "ask":
            return _ask_url(event)
    return ""


def _ask_url(event: Event) -> str:
    return f"mailto:{settings.ORGANISER_EMAIL}?{urlencode({'subject': event.title}, quote_via=quote)}"


def _links(request: HttpRequest, event: Event, now: datetime) -> list[dict]:
    """Return what else one can do here, each with its icon."""
    links = []
    if not event.is_cancelled:
        url = reverse("events:event_calendar", args=[event.slug])
        links.append({"icon": "calendar", "url": url, "label": _("Put it in my calendar")})
    if request.user.is_authenticated and rules.may_register(event, now=now):
        url = reverse("events:colleague", args=[event.slug])
        links.append({"icon": "open", "url": url, "label": _("Register a colleague")})
    if topics := _topics_link(event, now):
        links.append(topics)
    if event.can_manage:
        url = reverse("events:participants", args=[event.slug])
        links.append({"icon": "in", "url": url, "label": _("Participants and waiting list")})
    if event.can_invite:
        url = reverse("events:invitations", args=[event.slug])
        links.append({"icon": "mail", "url": url, "label": _invitations_label(event)})
    links.append({"icon": "mail", "url": _ask_url(event), "label": _("Ask a question")})
    return links


def _topics_link(event: Event, now: datetime) -> dict | None:
    """Return the way to the topics, with where they stand, for the people of the hosts."""
    if not event.has_part or not event.has_topics:
        return None
    stand = stand_of(event, now)
    url = reverse("events:topics", args=[event.slug])
    return {"icon": "open", "url": url, "label": _("Topics and input"), "note": stand.sentence if stand else ""}


def _invitations_label(event: Event) -> str:
    """Return "Uitnodigingen: 12 ja, 3 misschien, 4 nee, 28 zonder antwoord"; without any, the word alone."""
    asked = Invitation.objects.filter(event=event).with_answer().order_by().values("answer").annotate(n=Count("pk"))
    counts = {row["answer"]: row["n"] for row in asked}
    if not counts:
        return _("Invitations")
    numbers = {answer: counts.get(answer, 0) for answer in Invitation.Answer}
    return _("Invitations: %(yes)s yes, %(maybe)s maybe, %(no)s no, %(none)s without answer") % numbers

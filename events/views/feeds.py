"""The calendars to download and to subscribe to. No session, no cookies: a calendar programme has neither."""

from datetime import timedelta
from hashlib import sha256

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.db.models import Prefetch, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from events import calendar
from events.calendar import Entry
from events.mail.registrations import session_line
from events.models import Event, Registration, SessionChoice
from events.operations.feeds import find_feed
from knowledge_groups.models import KnowledgeGroup
from noord.prepared import Prepared
from sectors.models import Sector

# How long a meeting stays in a feed after its end: calendars keep what they have seen, so a feed need not go further.
KEEP = timedelta(days=180)
VISITOR = AnonymousUser()
EVENT = Prepared(lambda person, slug: Event.objects.visible_to(person).filter(slug=slug))
CHOICES = SessionChoice.objects.select_related("first", "seat", "block").order_by("block__start")


def _answer(request: HttpRequest, body: bytes, *, filename: str, changed=None, personal: bool = False) -> HttpResponse:
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    stamp = int(changed.timestamp()) if changed else None
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="{filename}.ics"'
    response["ETag"] = etag
    if stamp:
        response["Last-Modified"] = http_date(stamp)
    # A personal feed is nobody else's; a public one may be an hour old.
    response["Cache-Control"] = "private, no-cache" if personal else "public, max-age=300"
    if personal:
        response["X-Robots-Tag"] = "noindex"
        response["Referrer-Policy"] = "no-referrer"
    return get_conditional_response(request, etag=etag, last_modified=stamp, response=response)


def _feed(request: HttpRequest, events, *, name: str, filename: str) -> HttpResponse:
    events = list(events.filter(end__gt=timezone.now() - KEEP).order_by("start", "pk"))
    source = settings.SITE_URL + request.path
    body = calendar.publish([Entry(event) for event in events], name=name, source=source)
    return _answer(request, body, filename=filename, changed=max((event.changed_at for event in events), default=None))


@login_not_required
@require_safe
def everything(request: HttpRequest) -> HttpResponse:
    """All public meetings of the network."""
    return _feed(request, Event.objects.visible_to(VISITOR), name="Samenwerking Noord", filename="samenwerking-noord")


@login_not_required
@require_safe
def sector(request: HttpRequest, slug: str) -> HttpResponse:
    sector = get_object_or_404(Sector, slug=slug)
    events = sector.events.visible_to(VISITOR)
    return _feed(request, events, name=_("Sector %(name)s") % {"name": sector.name}, filename=sector.slug)


@login_not_required
@require_safe
def group(request: HttpRequest, slug: str) -> HttpResponse:
    group = get_object_or_404(KnowledgeGroup, slug=slug)
    return _feed(request, group.events.visible_to(VISITOR), name=group.name, filename=group.slug)


@login_not_required
@require_safe
def event(request: HttpRequest, slug: str) -> HttpResponse:
    """One meeting to download, for whoever may see it: without anything that is only for participants."""
    event = EVENT.first(person=request.user, slug=slug)
    if event is None:
        raise Http404
    is_public = event.audience == Event.Audience.PUBLIC and event.status in Event.VISIBLE_STATUSES
    body = calendar.publish([Entry(event)])
    return _answer(request, body, filename=event.slug, changed=event.changed_at, personal=not is_public)


@login_not_required
@require_safe
def personal(request: HttpRequest, token: str) -> HttpResponse:
    """The meetings that the owner of the secret is registered or waiting for; cancelled ones stay as cancelled.

    Whoever cancelled and may not see the meeting any more learns nothing new of it: it is left out.
    """
    feed = find_feed(token)
    if feed is None:
        raise Http404
    registrations = list(
        Registration.objects.filter(person=feed.person, event__end__gt=timezone.now() - KEEP)
        .exclude(event__status=Event.Status.DRAFT)
        .filter(~Q(status=Registration.Status.CANCELLED) | Q(event__in=Event.objects.visible_to(feed.person)))
        .select_related("event")
        .prefetch_related(Prefetch("choices", queryset=CHOICES))
        .order_by("event__start", "event")
    )
    for registration in registrations:
        registration.person = feed.person
    entries = [_own_entry(registration) for registration in registrations]
    name = _("My meetings of Samenwerking Noord")
    body = calendar.publish(entries, name=name)
    changed = max(
        (max(registration.changed_at, registration.event.changed_at) for registration in registrations), default=None
    )
    return _answer(request, body, filename="mijn-noord", changed=changed, personal=True)


def _own_entry(registration: Registration) -> Entry:
    """Return the meeting as it stands in this person's calendar, with the sessions; needs the choices loaded."""
    return Entry(
        registration.event, registration, tuple(session_line(choice) for choice in registration.choices.all())
    )

"""The calendars to download and to subscribe to. No session, no cookies: a calendar programme has neither."""

from datetime import datetime
from hashlib import sha256

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.db.models import Max, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from events import calendar
from events.calendar import Entry
from events.feeds import KEEP, PersonalFeed
from events.models import Event
from events.operations.feeds import find_feed
from knowledge_groups.models import KnowledgeGroup
from noord.prepared import Prepared
from sectors.models import Sector

VISITOR = AnonymousUser()
EVENT = Prepared(lambda person, slug: Event.objects.visible_to(person).filter(slug=slug))
FORMAT = 2  # raise it when a personal feed says the same data in another way


def _etag(octets: bytes) -> str:
    return f'"{sha256(octets).hexdigest()[:32]}"'


def _stamp(changed: datetime | None) -> int | None:
    return int(changed.timestamp()) if changed else None


def _answer(
    request: HttpRequest,
    body: bytes,
    *,
    filename: str,
    changed: datetime | None = None,
    personal: bool = False,
    etag: str = "",
) -> HttpResponse:
    etag, stamp = etag or _etag(body), _stamp(changed)
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
    now = timezone.now()
    events = list(events.filter(end__gt=now - KEEP).order_by("start", "pk"))
    source = settings.SITE_URL + request.path
    body = calendar.publish([Entry(event) for event in events], name=name, source=source)
    return _answer(request, body, filename=filename, changed=_last_change(now))


def _last_change(now: datetime) -> datetime | None:
    """Return when any public feed last changed at the latest (1 query), None when there has been no meeting.

    Over all meetings, also those that are not in the feed: a meeting that leaves it, because its audience or its host
    changed or because it is long over, is a change that the meetings that stay know nothing of.
    """
    seen = Event.objects.aggregate(edited=Max("changed_at"), over=Max("end", filter=Q(end__lte=now - KEEP)))
    return max((moment for moment in (seen["edited"], seen["over"] and seen["over"] + KEEP) if moment), default=None)


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
    """The meetings that the owner of the secret is registered or waiting for."""
    feed = find_feed(token)
    if feed is None:
        raise Http404
    mine = PersonalFeed.find(feed.person, timezone.now())
    etag = _etag(repr((FORMAT, settings.SITE_URL, settings.ORGANISER_EMAIL, list(map(tuple, mine.shown)))).encode())
    about = {"etag": etag, "changed": mine.changed, "filename": "mijn-noord", "personal": True}
    unchanged = get_conditional_response(request, etag=etag, last_modified=_stamp(mine.changed))
    if unchanged is not None:
        return unchanged
    body = calendar.publish(mine.entries(), name=_("My meetings of Samenwerking Noord"))
    return _answer(request, body, **about)

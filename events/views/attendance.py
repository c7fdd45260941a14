import re
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from events import door, participants, rules, seats
from events.models import Event
from events.operations import attendance as operations
from events.views.event import visible_event
from noord.administration import rights as administration
from noord.domain import DomainError

ROW_ID = re.compile(r"[0-9]{1,18}")  # fits the database's bigint


def ask_for_proof(request: HttpRequest, event: Event) -> HttpResponse | None:
    """Return the way to the second factor; after a button back to the participants."""
    return administration.ask_for_proof(request, back=reverse("events:participants", args=[event.slug]))


def for_managers(view: Callable[[HttpRequest, Event], HttpResponse]) -> Callable[..., HttpResponse]:
    """Hand the view the meeting when this person manages it; for everybody else the page does not exist."""

    @wraps(view)
    def known(request: HttpRequest, slug: str) -> HttpResponse:
        event = visible_event(request, slug)
        if not event.can_manage:
            raise Http404
        return ask_for_proof(request, event) or view(request, event)

    return known


def _people(event: Event) -> list:
    """Return who has a seat, by name, each with `organisation_name` and `session_titles` (3 queries)."""
    people = list(
        participants.with_sessions(participants.with_people(event.registrations.current())).order_by(
            "person__name", "pk"
        )
    )
    for registration in people:
        registration.organisation_name = participants.organisation_of(registration)
        registration.session_titles = participants.seats_in(registration)
    return people


@require_http_methods(["GET", "HEAD", "POST"])
@for_managers
def attendance(request: HttpRequest, event: Event) -> HttpResponse:
    """Note on a phone who is there. Each line posts by itself; attendance.js keeps what a bad connection lost."""
    if request.method == "POST":
        return _note(request, event)
    people = _people(event)
    seated = [registration for registration in people if registration.is_confirmed]
    wanted = request.GET.get("q", "").strip()[:80]
    shown = [row for row in people if wanted.casefold() in f"{row.person.name} {row.organisation_name}".casefold()]
    context = {
        "event": event,
        "heading": _("Who is there?"),
        "seated": [row for row in shown if row.is_confirmed],
        "waiting": [row for row in shown if row.is_waiting],
        "there": sum(row.attended_at is not None for row in seated),
        "all": len(seated),
        "q": wanted,
        "decision": rules.may_note_attendance(event, now=timezone.now()),
        "may_promote": request.user.has_perm("events.change_registration"),
    }
    return render(request, "events/attendance.html", context)


def _note(request: HttpRequest, event: Event) -> HttpResponse:
    """Note one person; attendance.js gets JSON, a form the page again at the same line."""
    number = request.POST.get("registration", "")
    if not ROW_ID.fullmatch(number):
        raise Http404
    registration = get_object_or_404(event.registrations.select_related("person"), pk=number)
    registration.event = event
    verb = operations.mark_attended if request.POST.get("attended") == "1" else operations.unmark
    refusal = ""
    try:
        verb(registration=registration, by=request.user)
    except DomainError as error:
        refusal = str(error)
    if request.accepts("text/html"):
        if refusal:
            messages.error(request, refusal)
        query = urlencode({"q": request.POST["q"]}) if request.POST.get("q") else ""
        path = reverse("events:attendance", args=[event.slug])
        return redirect(f"{path}{'?' if query else ''}{query}#aanmelding-{registration.pk}")
    seated = event.registrations.confirmed()
    there = seated.filter(attended_at__isnull=False)
    answer = {"reason": refusal} if refusal else {"there": there.count(), "all": seated.count()}
    return JsonResponse(answer, status=409 if refusal else 200)


@require_safe
@for_managers
def code(request: HttpRequest, event: Event) -> HttpResponse:
    """The code for at the door, large enough to scan from a screen or from paper."""
    now = timezone.now()
    token = door.door_token(event, door.day_of_code(event, now))
    size, path = door.draw_code(settings.SITE_URL + reverse("events:check_in", args=[event.slug, token]))
    context = {
        "event": event,
        "heading": _("Code at the door"),
        "size": size,
        "path": path,
        "decision": rules.may_check_in(event, now=now),
    }
    return render(request, "events/attendance_code.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def check_in(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """Say that I am here, with one button; opening the page changes nothing."""
    known = door.read_door_token(token)
    if known is None:
        raise Http404
    number, day = known
    now = timezone.now()
    event = Event.objects.visible_to(request.user).filter(pk=number, slug=slug).first()
    if event is None:
        # Whoever stands at the door of a meeting that is not for them hears where to go, and nothing of the meeting.
        reason = _("You are not registered for this meeting. Go to the desk: there they can help you.")
        return _check_in_page(request, reason=reason)
    if not door.is_of_today(day, now):
        return _check_in_page(request, event, reason=_("This code is of another day. Scan the code at the door."))
    if request.method == "POST":
        try:
            operations.check_in(event=event, person=request.user)
        except DomainError as error:
            return _check_in_page(request, event, reason=str(error))
        return redirect("events:check_in", slug=slug, token=token)
    return _ready(request, event, now)


def _ready(request: HttpRequest, event: Event, now: datetime) -> HttpResponse:
    registration = event.registrations.current().select_related("person").filter(person=request.user).first()
    free = None if registration else seats.free_seats(event)
    decision = rules.may_check_in_as(event, registration, free=free, now=now)
    there = registration if registration and registration.attended_at else None
    return _check_in_page(request, event, reason="" if there else decision.reason, there=there)


def _check_in_page(request: HttpRequest, event: Event | None = None, *, reason: str, there=None) -> HttpResponse:
    context = {"event": event, "heading": _("I am here"), "reason": reason, "there": there}
    return render(request, "events/attendance_check_in.html", context)


@require_safe
@for_managers
def badges(request: HttpRequest, event: Event) -> HttpResponse:
    """A badge for everybody with a seat, to print."""
    people = [registration for registration in _people(event) if registration.is_confirmed]
    return render(request, "events/badges.html", {"event": event, "heading": _("Badges"), "people": people})


@require_safe
@for_managers
def paper(request: HttpRequest, event: Event) -> HttpResponse:
    """The attendance list on paper, for where no phone works."""
    people = [registration for registration in _people(event) if registration.is_confirmed]
    context = {"event": event, "heading": _("Attendance list"), "people": people}
    return render(request, "events/attendance_paper.html", context)

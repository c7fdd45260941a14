from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from events import exports, rules
from events.forms import ParticipantForm
from events.models import Event
from events.operations import registrations as operations
from events.participants import managers_list, with_people
from events.views.attendance import ask_for_proof, for_managers
from events.views.event import own_registration, visible_event
from noord.domain import DomainError


@require_http_methods(["GET", "HEAD", "POST"])
def participants(request: HttpRequest, slug: str) -> HttpResponse:
    """Who comes. Managers see everyone and add people; participants see the names of who agreed to that."""
    event = visible_event(request, slug)
    mine = own_registration(request, event)
    if not event.can_manage and not (mine and mine.is_confirmed):
        raise Http404
    if event.can_manage and (proof := ask_for_proof(request, event)):
        return proof
    form = ParticipantForm(request.POST or None) if event.can_manage else None
    if request.method == "POST":
        if form is None:
            raise Http404
        if form.is_valid():
            try:
                registration = operations.register(event=event, person=form.person, by=request.user)
            except DomainError as error:
                form.add_error(None, str(error))
            else:
                name = {"name": registration.person.name}
                if registration.is_confirmed:
                    messages.success(request, _("%(name)s is registered and hears of it by mail.") % name)
                else:
                    messages.success(request, _("%(name)s is on the waiting list and hears of it by mail.") % name)
                return redirect("events:participants", slug=slug)
    now = timezone.now()
    if event.can_manage:
        registrations = managers_list(event)
    else:
        visible = event.registrations.confirmed().filter(name_visible=True)
        registrations = with_people(visible).order_by("person__name")
    context = {
        "event": event,
        "heading": _("Participants and waiting list") if event.can_manage else _("Who is coming?"),
        "registrations": registrations,
        "form": form,
        "decision": rules.may_register(event, now=now, as_manager=True),
        "why_nobody": why_nobody(event, now=now),
    }
    return render(request, "events/participant_list.html", context)


def why_nobody(event: Event, *, now: datetime) -> str:
    """Return why nobody is promoted, for a list on which somebody waits; needs with_seats()."""
    if not event.waiting_count:
        return ""
    return rules.why_nobody_is_promoted(event, taken=event.seats_taken, waiting=event.waiting_count, now=now)


@require_POST
@for_managers
def export(request: HttpRequest, event: Event) -> HttpResponse:
    """Hand over the managers' list as a file; it is written down who took it."""
    kind = request.POST.get("kind", "")
    if kind not in exports.TYPES:
        raise Http404
    exports.note_export(events=[event], by=request.user, kind=kind)
    return exports.as_file(kind, managers_list(event), name=event.slug)

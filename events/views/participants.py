from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from events import rules
from events.forms import ParticipantForm
from events.operations import registrations as operations
from events.views.event import own_registration, visible_event
from members.models import Position
from noord.domain import DomainError


@require_http_methods(["GET", "HEAD", "POST"])
def participants(request: HttpRequest, slug: str) -> HttpResponse:
    """Who comes. Managers see everyone and add people; participants see the names of who agreed to that."""
    event = visible_event(request, slug)
    mine = own_registration(request, event)
    if not event.can_manage and not (mine and mine.is_confirmed):
        raise Http404
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
    positions = Position.objects.active_on().select_related("organisation").order_by("-is_main_contact", "-start")
    registrations = (
        event.registrations.current()
        .with_place()
        .select_related("person")
        .prefetch_related(Prefetch("person__positions", queryset=positions, to_attr="current_positions"))
    )
    if event.can_manage:
        registrations = registrations.order_by("status", "queued_at", "pk").prefetch_related(
            "choices__first", "choices__seat"
        )
    else:
        registrations = registrations.confirmed().filter(name_visible=True).order_by("person__name")
    context = {
        "event": event,
        "heading": _("Participants and waiting list") if event.can_manage else _("Who is coming?"),
        "registrations": registrations,
        "form": form,
        "decision": rules.may_register(event, now=timezone.now(), as_manager=True),
    }
    return render(request, "events/participant_list.html", context)

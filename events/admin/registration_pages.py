"""What is done by hand with one registration: a page each, whose form hands over to a verb."""

from collections.abc import Callable

from django.contrib import messages
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from events import rules
from events.admin.registration_filters import MEETING, chosen_event, scoped_events
from events.admin.registration_forms import AddForm, MoveForm, ReasonForm
from events.models import Event, ProgrammeItem, Registration, RegistrationReason
from events.operations import by_hand
from events.participants import with_people, with_sessions
from noord.domain import DomainError


def loaded(queryset: QuerySet[Registration]) -> QuerySet[Registration]:
    """Load what the page of one registration shows, its reasons too."""
    return (
        with_sessions(with_people(queryset))
        .select_related("event", "registered_by", "cancelled_by", "replaced_by")
        .prefetch_related(Prefetch("reasons", queryset=RegistrationReason.objects.select_related("by")))
    )


class RegistrationPages:
    """Mixed into RegistrationAdmin, whose scope and rights it asks."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/plek/", view(self.promote_view), name="events_registration_promote"),
            path("<int:pk>/sessie/", view(self.move_view), name="events_registration_move"),
            *super().get_urls(),
        ]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context=None) -> HttpResponse:
        """Add somebody by hand, also after closing, and with a reason also when the meeting is full."""
        self._require(self.has_add_permission(request))
        events = scoped_events(request, self)
        chosen = chosen_event(request, self)
        by_name = request.user.has_perm("members.view_person")
        form = AddForm(request.POST or None, events=events, chosen=chosen, by_name=by_name)

        def add() -> str:
            registration = by_hand.add_person(
                event=form.cleaned_data["event"],
                person=form.cleaned_data["person"],
                by=request.user,
                above_capacity_reason=form.cleaned_data["reason"],
            )
            self.log_addition(request, registration, _("Added by hand."))
            name = {"name": registration.person}
            if registration.is_confirmed:
                return _("%(name)s is registered and hears of it by mail.") % name
            return _("%(name)s is on the waiting list and hears of it by mail.") % name

        return self._ask(request, form, add, title=_("Add somebody"), button=_("Add this person"))

    def promote_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give somebody of the waiting list a seat out of turn, with a reason."""
        registration = self._workable(request, pk)
        form = ReasonForm(request.POST or None)
        ahead = max(registration.place - 1, 0)
        decision = rules.may_get_seat(registration, now=timezone.now())
        facts = [] if decision else [decision.reason]
        if registration.is_confirmed:
            facts = [_("%(name)s has a seat already.") % {"name": registration.person}]
        elif decision:
            facts = [self._why_nobody(registration.event), _("Ahead in line: %(n)s.") % {"n": ahead}]

        def promote() -> str:
            by_hand.promote(registration=registration, by=request.user, reason=form.cleaned_data["reason"])
            self.log_change(request, registration, _("Got a seat out of turn."))
            return _("%(name)s has a seat and hears of it by mail.") % {"name": registration.person}

        title = _("Give %(name)s a seat out of turn") % {"name": registration.person}
        return self._ask(request, form, promote, title=title, button=_("Give a seat"), of=registration, facts=facts)

    def move_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put somebody in other sessions."""
        registration = self._workable(request, pk)
        sessions = list(
            ProgrammeItem.objects.sessions()
            .filter(event=registration.event_id)
            .with_seats_taken()
            .select_related("block")
            .order_by("block__start", "position", "pk")
        )
        form = MoveForm(request.POST or None, registration=registration, sessions=sessions)

        def move() -> str:
            before = registration.version
            moved = by_hand.move(
                registration=registration,
                sessions=form.sessions,
                by=request.user,
                full_session_reason=form.cleaned_data["reason"],
            )
            if moved.version == before:
                return _("Nothing changed.")
            self.log_change(request, registration, _("Moved to another session."))
            return _("%(name)s has another session and hears of it by mail.") % {"name": registration.person}

        facts = [] if sessions else [_("This meeting has no sessions to choose from.")]
        title = _("Put %(name)s in another session") % {"name": registration.person}
        return self._ask(request, form, move, title=title, button=_("Move"), of=registration, facts=facts)

    def _why_nobody(self, event: Event) -> str:
        counted = Event.objects.with_seats().get(pk=event.pk)
        return rules.why_nobody_is_promoted(
            counted, taken=counted.seats_taken, waiting=counted.waiting_count, now=timezone.now()
        )

    def _require(self, allowed: bool) -> None:
        if not allowed:
            raise Http404

    def _workable(self, request: HttpRequest, pk: int) -> Registration:
        """Return a registration of this person's scope; without the right to change, the page does not exist."""
        self._require(self.has_work_permission(request))
        registration = loaded(self.get_queryset(request)).filter(pk=pk).first()
        self._require(registration is not None)
        return registration

    def _ask(
        self, request: HttpRequest, form, verb: Callable[[], str], *, title: str, button: str, of=None, facts=()
    ) -> HttpResponse:
        """Show the form, or do it and go back with the sentence of the verb."""
        back = reverse("admin:events_registration_change", args=[of.pk]) if of else self._list_of(form)
        if request.method == "POST" and form.is_valid():
            try:
                said = verb()
            except DomainError as error:
                form.add_error(None, str(error))
            else:
                self.message_user(request, said, messages.SUCCESS)
                return redirect(back if of else self._list_of(form))
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "form": form,
            "button": button,
            "facts": [fact for fact in facts if fact],
            "back": back,
            "registration": of,
        }
        return render(request, "admin/events/registration/ask.html", context)

    def _list_of(self, form) -> str:
        event = getattr(form, "cleaned_data", {}).get("event") or form.fields["event"].initial
        url = reverse("admin:events_registration_changelist")
        return f"{url}?{MEETING}={event.pk}" if event else url

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from events import rules
from events.forms import ColleagueForm, QuickForm, RegistrationForm
from events.models import Event, Registration
from events.operations import registrations as operations
from events.programme import load_programme
from events.status import seats_left
from events.views.event import own_registration, visible_event
from members.operations import add_colleague
from noord.domain import DomainError

ONE_CLICK = "one_click"  # the button on the page of the meeting: the seat first, the questions after


def _say(request: HttpRequest, registration: Registration) -> None:
    if registration.is_confirmed:
        messages.success(request, _("You are registered. You get a mail with everything in it."))
    else:
        messages.success(request, _("You are on the waiting list. You get a mail when there is a seat."))


def _page(request: HttpRequest, event: Event, template: str, **context) -> HttpResponse:
    return render(request, template, {"event": event, "seats_left": seats_left(event), **context})


@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a seat. One click stores it and then asks the questions; this page asks them first.

    Hundreds of people may press the button in the same minute, so the page is only made when it is asked for or
    when something is to be said on it.
    """
    now = timezone.now()
    refusal = ""
    quick = QuickForm(request.POST or None)
    if request.method == "POST" and quick.is_valid():
        try:
            registration = operations.register_at(
                slug,
                person=request.user,
                choices=quick.choices,
                dietary_wish=quick.cleaned_data["dietary_wish"],
                name_visible=quick.cleaned_data["name_visible"],
            )
        except Event.DoesNotExist as error:
            raise Http404 from error
        except DomainError as error:
            refusal = str(error)
        else:
            if registration.changed_at < now:
                return _already(request, slug)
            _say(request, registration)
            return redirect("events:registration" if ONE_CLICK in request.POST else "events:event", slug=slug)
    event = visible_event(request, slug)
    if own_registration(request, event):
        return _already(request, slug)
    decision = rules.may_register(event, now=now)
    if not decision:
        messages.warning(request, decision.reason)
        return redirect(event)
    form = RegistrationForm(request.POST or None, event=event, rows=load_programme(event, request.user, now=now))
    if refusal and form.is_valid():
        form.add_error(None, refusal)
    return _page(request, event, "events/registration_form.html", heading=_("Register"), form=form, is_new=True)


def _already(request: HttpRequest, slug: str) -> HttpResponse:
    messages.info(request, _("You are registered already. Here you can change it."))
    return redirect("events:registration", slug=slug)


@require_http_methods(["GET", "HEAD", "POST"])
def registration(request: HttpRequest, slug: str) -> HttpResponse:
    """Change my sessions and answers."""
    event = visible_event(request, slug)
    registration = own_registration(request, event)
    if registration is None:
        messages.info(request, _("You are not registered for this meeting. Register first."))
        return redirect(event)
    now = timezone.now()
    decision = rules.may_change(registration, now=now)
    rows = load_programme(event, request.user, now=now)
    form = RegistrationForm(request.POST or None, event=event, rows=rows, registration=registration)
    if request.method == "POST" and form.is_valid():
        try:
            operations.change(
                registration=registration,
                choices=form.choices,
                dietary_wish=form.cleaned_data["dietary_wish"],
                name_visible=form.cleaned_data["name_visible"],
            )
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("We saved your choice."))
            return redirect(event)
    context = {
        "heading": _("Your registration"),
        "form": form,
        "registration": registration,
        "change": decision,
        "may_cancel": rules.may_cancel(registration, now=now),
    }
    return _page(request, event, "events/registration_form.html", **context)


@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask once, then give the seat back."""
    event = visible_event(request, slug)
    registration = own_registration(request, event)
    if registration is None:
        messages.info(request, _("You are not registered for this meeting."))
        return redirect(event)
    if request.method == "POST":
        try:
            operations.cancel(registration=registration, by=request.user)
        except DomainError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("You cancelled. Your seat is free for somebody else."))
        return redirect(_back_after_cancel(request, event))
    heading = _("Take me off the waiting list") if registration.is_waiting else _("Cancel my registration")
    return _page(
        request, event, "events/registration_cancel.html", heading=heading, cancelled=registration, is_mine=True
    )


def _back_after_cancel(request: HttpRequest, event: Event) -> str:
    """Return where to go: a meeting that was visible only through the registration has no page any more."""
    visible = Event.objects.visible_to(request.user).filter(pk=event.pk).exists()
    return event.get_absolute_url() if visible else reverse("events:mine")


@require_http_methods(["GET", "HEAD", "POST"])
def cancel_for(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Cancel the registration of a colleague whom I registered, or of anyone at a meeting that I manage."""
    event = visible_event(request, slug)
    theirs = event.registrations.current().with_place().select_related("person")
    if not event.can_manage:
        theirs = theirs.filter(registered_by=request.user)
    registration = get_object_or_404(theirs, pk=pk)
    back = "events:participants" if event.can_manage else "events:colleague"
    if request.method == "POST":
        try:
            operations.cancel(registration=registration, by=request.user)
        except DomainError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("%(name)s no longer takes part.") % {"name": registration.person.name})
        return redirect(back, slug=slug)
    heading = _("Cancel the registration of %(name)s") % {"name": registration.person.name}
    return _page(request, event, "events/registration_cancel.html", heading=heading, cancelled=registration)


@require_http_methods(["GET", "HEAD", "POST"])
def colleague(request: HttpRequest, slug: str) -> HttpResponse:
    """Register a colleague of my own organisation, and see whom I registered."""
    event = visible_event(request, slug)
    organisation = request.user.organisation
    if organisation is None:
        raise Http404
    decision = rules.may_register(event, now=timezone.now())
    form = ColleagueForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            person = add_colleague(**form.cleaned_data, organisation=organisation, by=request.user)
            registration = operations.register(event=event, person=person, by=request.user)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            name = {"name": person.name}
            if registration.registered_by_id != request.user.pk:
                messages.info(request, _("%(name)s takes part already.") % name)
            elif registration.is_confirmed:
                messages.success(request, _("%(name)s is registered and hears of it by mail.") % name)
            else:
                messages.success(request, _("%(name)s is on the waiting list and hears of it by mail.") % name)
            return redirect("events:colleague", slug=slug)
    mine = event.registrations.current().filter(registered_by=request.user).with_place().select_related("person")
    context = {
        "heading": _("Register a colleague"),
        "form": form,
        "organisation": organisation,
        "registrations": mine,
        "decision": decision,
    }
    return _page(request, event, "events/colleague_form.html", **context)


@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: HttpRequest, slug: str) -> HttpResponse:
    """Let a colleague come in my place."""
    event = visible_event(request, slug)
    registration = own_registration(request, event)
    organisation = request.user.organisation
    if registration is None or not registration.is_confirmed or organisation is None:
        raise Http404
    form = ColleagueForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            person = add_colleague(**form.cleaned_data, organisation=organisation, by=request.user)
            operations.hand_over(registration=registration, to=person, by=request.user)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request, _("%(name)s comes in your place and hears of it by mail.") % {"name": person.name}
            )
            return redirect(_back_after_cancel(request, event))
    context = {"heading": _("Send a colleague"), "form": form, "organisation": organisation, "is_hand_over": True}
    return _page(request, event, "events/colleague_form.html", **context)

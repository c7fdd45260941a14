"""What a chair or manager does with questions that are open or closed: each step is confirmed on a page first."""

from collections.abc import Callable
from dataclasses import dataclass

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consultations import audience, rules
from consultations.forms import ActionFormSet, OutcomeForm, actions_initial, emptied_actions, planned_actions
from consultations.models import Consultation, OutcomeAction
from consultations.operations import planning, running
from consultations.participants import told
from consultations.views.access import for_managers
from events.door import draw_code
from members.models import Person
from noord.domain import YES, Decision, DomainError, no


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A step that asks "are you sure": what it says, on the button too, and what it does."""

    heading: str
    sentences: list[str]
    button: str
    decision: Decision
    work: Callable[[], str]  # returns what happened, as a sentence


@require_http_methods(["GET", "HEAD", "POST"])
@for_managers
def step(request: HttpRequest, consultation: Consultation, name: str) -> HttpResponse:
    """Ask whether the step is meant, with how many people hear of it, and take it."""
    make = {"openen": _opening, "sluiten": _closing, "herinneren": _reminding, "weggooien": _discarding}.get(name)
    if make is None:
        raise Http404
    asked = make(consultation, request.user)
    if request.method == "POST":
        try:
            messages.success(request, asked.work())
        except DomainError as error:
            messages.error(request, str(error))
        there = Consultation.objects.filter(pk=consultation.pk).exists()
        return redirect("consultations:manage", pk=consultation.pk) if there else redirect("consultations:mine")
    return render(request, "consultations/step_form.html", {"consultation": consultation, "asked": asked})


def _mails(count: int) -> str:
    return ngettext("%(count)s person gets a mail.", "%(count)s people get a mail.", count) % {"count": count}


def _opening(consultation: Consultation, by: Person) -> Confirmation:
    def work() -> str:
        mails = _mails(planning.open_to_members(consultation=consultation, by=by))
        return _("The questions are open.") + f" {mails}"

    stays = _("After that nobody can change the questions any more.")
    return Confirmation(
        _("Open the questions"),
        [_mails(audience.asked(consultation).count()), stays],
        _("Open the questions"),
        rules.may_open(consultation, now=timezone.now()),
        work,
    )


def _closing(consultation: Consultation, by: Person) -> Confirmation:
    def work() -> str:
        running.close(consultation=consultation, by=by)
        return _("The questions are closed.")

    is_open = consultation.is_open(timezone.now())
    return Confirmation(
        _("Close the questions"),
        [_("From then on nobody can answer. Closed questions are never opened again.")],
        _("Close the questions now"),
        YES if is_open else no(_("These questions are not open, so nobody has to answer.")),
        work,
    )


def _reminding(consultation: Consultation, by: Person) -> Confirmation:
    def work() -> str:
        return _mails(running.remind(consultation=consultation, by=by))

    return Confirmation(
        _("Remind who has not answered"),
        [_mails(audience.silent(consultation).count()), _("Only who has not answered gets it. You can do this once.")],
        _("Send the reminder"),
        rules.may_remind(consultation, now=timezone.now()),
        work,
    )


def _discarding(consultation: Consultation, by: Person) -> Confirmation:
    def work() -> str:
        planning.discard(consultation=consultation, by=by)
        return _("The draft is deleted.")

    return Confirmation(
        _("Delete the draft"),
        [_("The questions go along with it. You cannot undo this.")],
        _("Delete the draft"),
        rules.may_write(consultation),
        work,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_managers
def outcome(request: HttpRequest, consultation: Consultation) -> HttpResponse:
    """Write the outcome, and what will be done with it."""
    decision = rules.may_tell_outcome(consultation, now=timezone.now())
    if not decision and request.method != "POST":
        messages.error(request, str(decision.reason))
        return redirect("consultations:manage", pk=consultation.pk)
    present = list(consultation.actions.all())
    form, actions, theirs = _outcome_form(request, consultation, present), _action_forms(request, present), {}
    if not decision:
        form.add_error(None, str(decision.reason))
    elif request.method == "POST" and form.is_valid() and actions.is_valid():
        try:
            running.publish_outcome(
                consultation=consultation,
                by=request.user,
                text=form.cleaned_data["text"],
                actions=planned_actions(actions),
                emptied=emptied_actions(actions),
                read=form.cleaned_data["read"],
            )
        except running.OutcomeChanged as error:
            kept = _("What you typed is not saved, and still stands below.")
            form.add_error(None, f"{error} {kept}")
            # The next press knows of what the other wrote: then it is meant to take its place.
            consultation.refresh_from_db(fields=["outcome", "outcome_at"])
            present = list(consultation.actions.all())
            form.data = form.data | {"read": running.mark_of(consultation, present)}
            theirs = {"text": consultation.outcome, "actions": present}
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The outcome is on the page."))
            return redirect(consultation)
    context = {
        "consultation": consultation,
        "form": form,
        "actions": actions,
        "theirs": theirs,
        "mails": "" if consultation.outcome_at else _mails(told(consultation).count()),
    }
    return render(request, "consultations/outcome_form.html", context)


def _outcome_form(request: HttpRequest, consultation: Consultation, present: list[OutcomeAction]) -> OutcomeForm:
    if request.method == "POST":
        return OutcomeForm(request.POST.dict())
    return OutcomeForm(initial={"text": consultation.outcome, "read": running.mark_of(consultation, present)})


def _action_forms(request: HttpRequest, present: list[OutcomeAction]) -> forms.BaseFormSet:
    if request.method == "POST":
        # What stands there by now is not what this form began with.
        return ActionFormSet(request.POST, prefix="acties")
    return ActionFormSet(initial=actions_initial(present), prefix="acties")


@require_POST
@for_managers
def action(request: HttpRequest, consultation: Consultation, action: int) -> HttpResponse:
    row = OutcomeAction(pk=action, consultation=consultation)
    try:
        running.finish_action(action=row, done=request.POST.get("klaar") == "1", by=request.user)
    except DomainError as error:
        messages.error(request, str(error))
    return redirect(consultation.get_absolute_url() + "#acties")


@require_safe
@for_managers
def code(request: HttpRequest, consultation: Consultation) -> HttpResponse:
    """The code for in the room: it leads to the questions, after logging in."""
    address = settings.SITE_URL + consultation.get_absolute_url()
    size, path = draw_code(address)
    context = {
        "consultation": consultation,
        "size": size,
        "path": path,
        "address": address,
        "is_open": consultation.is_open(timezone.now()),
        "back": reverse("consultations:manage", args=[consultation.pk]),
    }
    return render(request, "consultations/consultation_code.html", context)

"""Changing and taking back what one said about a topic."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from events import topic_rules as rules
from events.models import TopicInput
from events.operations import topics as operations
from events.topic_forms import InputForm
from events.topic_rights import standing_of_reader
from events.views.topics.access import own_input
from events.views.topics.proposal import address_of
from noord.domain import DomainError


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one's words, of which the page of the topic tells; on a closed topic only the consent to show one's name.

    Words that were typed before it closed stay in the form.
    """
    given = own_input(request, pk)
    decision = rules.may_change_input(standing_of_reader(request.user), given, now=timezone.now())
    initial = {"text": given.text, "shows_name": given.shows_name}
    form = InputForm(request.POST or None, initial=initial, is_edit=True)
    if not decision and "text" not in request.POST:
        del form.fields["text"]
    if request.method == "POST" and form.is_valid():
        try:
            operations.edit_input(given=given, by=request.user, **{"text": given.text} | _words(form))
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Your input is changed."))
            return HttpResponseRedirect(_way_back(given))
    context = _context(given) | {
        "form": form,
        "heading": _("Change your input"),
        "lines": [_("The page of the topic says that you changed it.")],
        "button": _("Save"),
    }
    if not decision:
        # Who has left is told no more about the topic than that.
        why = [decision.reason] if given.sees_topic else []
        context["lines"] = [*why, _("You can still hide your name, or withdraw your input.")]
        context["quote"] = given.text
    return render(request, "events/topic_decide.html", context)


def _words(form: InputForm) -> dict:
    return {name: form.cleaned_data[name] for name in ("text", "shows_name") if name in form.fields}


def _context(given: TopicInput) -> dict:
    return {"proposal": given.proposal if given.sees_topic else None, "back": _way_back(given)}


def _way_back(given: TopicInput) -> str:
    return address_of(given) if given.sees_topic else reverse("events:my_topics")


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one's words back: their place stays, they themselves go."""
    given = own_input(request, pk)
    if request.method == "POST":
        try:
            operations.withdraw_input(given=given, by=request.user)
        except DomainError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Your input is withdrawn."))
        return HttpResponseRedirect(_way_back(given))
    context = _context(given) | {
        "quote": given.text,
        "heading": _("Withdraw your input"),
        "lines": [_("Your text goes. The page of the topic says that something was withdrawn here.")],
        "button": _("Withdraw my input"),
    }
    return render(request, "events/topic_decide.html", context)

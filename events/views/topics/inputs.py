"""Changing and taking back what one said about a topic."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from events.operations import topics as operations
from events.topic_forms import InputForm
from events.views.topics.access import own_input
from events.views.topics.proposal import address_of
from noord.domain import DomainError


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one's words; the page of the topic says that they were changed."""
    given = own_input(request, pk)
    initial = {"text": given.text, "shows_name": given.shows_name}
    form = InputForm(request.POST or None, initial=initial, is_edit=True)
    if request.method == "POST" and form.is_valid():
        try:
            operations.edit_input(given=given, by=request.user, **_words(form))
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Your input is changed."))
            return HttpResponseRedirect(address_of(given))
    context = {
        "proposal": given.proposal,
        "form": form,
        "heading": _("Change your input"),
        "lines": [_("The page of the topic says that you changed it.")],
        "button": _("Save"),
        "back": address_of(given),
    }
    return render(request, "events/topic_decide.html", context)


def _words(form: InputForm) -> dict:
    return {name: form.cleaned_data[name] for name in ("text", "shows_name")}


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
        return HttpResponseRedirect(address_of(given))
    context = {
        "proposal": given.proposal,
        "quote": given.text,
        "heading": _("Withdraw your input"),
        "lines": [_("Your text goes. The page of the topic says that something was withdrawn here.")],
        "button": _("Withdraw my input"),
        "back": address_of(given),
    }
    return render(request, "events/topic_decide.html", context)

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from events.changes import differences
from events.models import Event
from events.operations import notices as operations
from events.views.attendance import for_managers
from events.views.event import open_notice
from noord.dates import time_of_day
from noord.domain import DomainError


@require_http_methods(["GET", "HEAD", "POST"])
@for_managers
def change_notice(request: HttpRequest, event: Event) -> HttpResponse:
    """Ask whether people hear of what changed: now, later or not."""
    if request.method == "POST":
        try:
            _answer(request, event)
        except DomainError as error:
            messages.info(request, str(error))
        return redirect(event)
    notice = open_notice(event)
    changes = differences(notice.before, event) if notice else []
    if not changes:
        messages.info(request, _("There is nothing to announce any more."))
        return redirect(event)
    context = {
        "event": event,
        "notice": notice,
        "changes": changes,
        "people": len(operations.who_hears(event)),
        "time": time_of_day(notice.announce_at) if notice.announce_at else "",
    }
    return render(request, "events/change_notice.html", context)


def _answer(request: HttpRequest, event: Event) -> None:
    """Do what the button says. Raises DomainError when there is nothing to announce any more."""
    match request.POST.get("answer"):
        case "now":
            time = time_of_day(operations.announce(event=event).announce_at)
            messages.success(request, _("The change is announced at %(time)s.") % {"time": time})
        case "later":
            operations.announce_later(event=event)
            messages.success(request, _("Nobody gets a mail yet. The page of the meeting reminds you."))
        case "not":
            operations.keep_silent(event=event)
            messages.success(request, _("Nobody gets a mail about this change."))

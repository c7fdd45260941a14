from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from events.agenda import GROUP, PAGE_SIZE, SECTOR, Question, load_days, load_events, load_hosts, rows_by_month
from events.models import Event
from events.month import month_panel


@login_not_required
@require_safe
def agenda(request: HttpRequest) -> HttpResponse:
    """The list and the month: 4 queries for a visitor, whatever there is to see."""
    now = timezone.now()
    hosts = load_hosts()
    try:
        question = Question.parse(request.GET, hosts)
    except ValueError as error:
        raise Http404 from error
    skip = (question.page - 1) * PAGE_SIZE
    events = load_events(question, request.user, now)
    if question.page > 1 and not events:
        raise Http404
    has_more = len(events) > PAGE_SIZE
    events = events[:PAGE_SIZE]
    # Cut in the order in which they end, shown in the order in which they begin.
    events.sort(key=lambda event: (event.start, event.pk), reverse=question.past)
    first = question.month or timezone.localdate(now).replace(day=1)
    if question.month and not has_more and not skip:
        days = [(event.start, event.slug, event.title) for event in events]
    else:
        days = load_days(question, request.user, first)
    context = {
        "question": question,
        "months": rows_by_month(events, hosts, now),
        "count": len(events),
        "from_number": skip + 1,
        "to_number": skip + len(events),
        "is_whole": not has_more and not skip,
        "previous_page": question.address(pagina=question.page - 1) if skip else "",
        "next_page": question.address(pagina=question.page + 1) if has_more else "",
        "other_way": question.address(maand="", voorbij="" if question.past or question.month else "1"),
        "panel": month_panel(first, days, question),
        "sectors": [host for host in hosts if host.kind == SECTOR],
        "groups": [host for host in hosts if host.kind == GROUP],
        "kinds": Event.Kind.choices,
        "calendar_address": f"webcal://{settings.SITE_URL.partition('://')[2]}{reverse('events:calendar')}",
    }
    return render(request, "events/event_list.html", context)

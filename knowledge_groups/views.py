from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from knowledge_groups import operations, pages, rules
from knowledge_groups.forms import AskForm, DeclineForm
from knowledge_groups.models import GroupRequest, KnowledgeGroup
from members.models import Person
from noord.domain import Decision, DomainError
from sectors.pages import calendar_address, next_meetings

MOST_REQUESTS = 50  # on the page; when some are answered, the next ones come


@login_not_required
def group_list(request: HttpRequest) -> HttpResponse:
    groups = list(KnowledgeGroup.objects.with_participation(request.user))
    context = {
        "groups": [group for group in groups if group.state != KnowledgeGroup.State.ENDED],
        "ended_groups": [group for group in groups if group.state == KnowledgeGroup.State.ENDED],
    }
    return render(request, "knowledge_groups/group_list.html", context)


@login_not_required
def group(request: HttpRequest, slug: str) -> HttpResponse:
    now = timezone.now()
    year = localtime(now).year
    group = get_object_or_404(KnowledgeGroup.objects.with_year(year, now).for_page(request.user), slug=slug)
    people = pages.people(group, request.user)
    context = {
        "group": group,
        "year": year,
        "leads": people.leads,
        "focal_points": pages.focal_points(group, now),
        "events": next_meetings(group, request.user, now),
        "calendar_address": calendar_address("events:group_calendar", group.slug),
        "membership": people.own,
        "decision": _decision(group, people, request.user),
    }
    if people.reader_leads or rules.answers_everywhere(request.user):
        context["requests"] = group.requests.open().with_people()[:MOST_REQUESTS]
    return render(request, "knowledge_groups/group_detail.html", context)


def _decision(group: KnowledgeGroup, people: pages.People, person: Person) -> Decision | None:
    """Return whether the reader may do what the box of the page is about; None for a visitor."""
    if not person.is_authenticated:
        return None
    if own := people.own:
        own.group = group
        return rules.may_leave(own, others_lead=any(lead.person_id != own.person_id for lead in people.leads))
    may = rules.may_join if group.is_open else rules.may_ask
    return may(group, person, works_at_member=group.works_at_member)


def join(request: HttpRequest, slug: str) -> HttpResponse:
    group = get_object_or_404(KnowledgeGroup, slug=slug)
    # Who had to log in first comes back with a GET, which changes nothing.
    if request.method == "POST":
        try:
            operations.join(group=group, person=request.user)
        except DomainError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("You take part in %(group)s.") % {"group": group})
    return redirect(group)


def leave(request: HttpRequest, slug: str) -> HttpResponse:
    group = get_object_or_404(KnowledgeGroup, slug=slug)
    if request.method == "POST":
        try:
            operations.leave(group=group, person=request.user)
        except DomainError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("You no longer take part in %(group)s.") % {"group": group})
    return redirect(group)


def ask(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask to join a closed group, with a sentence or without."""
    group = get_object_or_404(KnowledgeGroup, slug=slug)
    form = AskForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            asked = operations.ask_to_join(group=group, person=request.user, **form.cleaned_data)
        except DomainError as error:
            messages.error(request, str(error))
        else:
            done = _("Your question is on its way. You get a mail with the answer.")
            messages.success(request, done if asked else _("You take part in %(group)s.") % {"group": group})
        return redirect(group)
    if not form.is_bound and not rules.may_ask(group, request.user):
        return redirect(group)
    context = {"group": group, "form": form, "title": _("Ask whether you may join")}
    return render(request, "knowledge_groups/request_form.html", context)


def withdraw(request: HttpRequest, slug: str) -> HttpResponse:
    group = get_object_or_404(KnowledgeGroup, slug=slug)
    if request.method == "POST":
        operations.withdraw_request(group=group, person=request.user)
        messages.success(request, _("You have withdrawn your question."))
    return redirect(group)


def _request_to_answer(request: HttpRequest, slug: str, pk: int) -> GroupRequest:
    """Return the request for who may answer it; for everybody else it does not exist."""
    found = get_object_or_404(GroupRequest.objects.select_related("group", "person"), pk=pk, group__slug=slug)
    if not rules.may_answer(found.group, request.user):
        raise Http404
    return found


@require_POST
def accept(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    asked = _request_to_answer(request, slug, pk)
    try:
        operations.accept_request(request=asked, by=request.user)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%(name)s takes part and gets a mail.") % {"name": asked.person})
    return redirect(asked.group)


def decline(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    asked = _request_to_answer(request, slug, pk)
    form = DeclineForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            operations.decline_request(request=asked, by=request.user, **form.cleaned_data)
        except DomainError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("%(name)s gets a mail with your answer.") % {"name": asked.person})
        return redirect(asked.group)
    title = _("Say no to %(name)s") % {"name": asked.person}
    context = {"group": asked.group, "form": form, "title": title, "asked": asked}
    return render(request, "knowledge_groups/request_form.html", context)

"""One proposal, one page, in order of time; and the support for it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from events import topic_rules as rules
from events.models import TopicInput, TopicProposal
from events.operations import topics as operations
from events.paging import page_of
from events.presenting import presenting_in
from events.topic_cards import presenters_line
from events.topic_forms import QUESTIONS, InputForm
from events.topic_rights import Part, Standing
from events.topic_words import author_of, tag_of
from events.views.topics.access import visible_topic, way_back
from events.views.topics.meeting import topics_of
from noord.dates import day_long
from noord.domain import DomainError

PAGE_SIZE = 50


@require_http_methods(["GET", "HEAD", "POST"])
def topic(request: HttpRequest, pk: int) -> HttpResponse:
    """Read what is proposed and said, and say something oneself (at most 11 queries)."""
    now = timezone.now()
    proposal, standing = visible_topic(request, pk)
    may_give = rules.may_give_input(standing, proposal, now=now)
    questions = _questions(proposal) if may_give else []
    asked = request.GET.get("antwoord", "")
    is_asked = any(str(question.pk) == asked for question in questions)
    initial = {"kind": TopicInput.Kind.ANSWER, "answers": asked} if is_asked else None
    form = InputForm(request.POST or None, questions=questions, initial=initial)
    if request.method == "POST" and not may_give:
        form.add_error(None, may_give.reason)
    elif request.method == "POST" and form.is_valid():
        try:
            given = operations.give_input(
                proposal=proposal,
                by=request.user,
                kind=form.cleaned_data["kind"],
                text=form.cleaned_data["text"],
                answers=form.question,
                shows_name=form.cleaned_data["shows_name"],
            )
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Thank you. Your input stands below."))
            return HttpResponseRedirect(address_of(given))
    page = page_of(proposal.inputs.with_author().select_related("by", "answers").in_order(), request, size=PAGE_SIZE)
    context = {
        "proposal": proposal,
        "tag": tag_of(proposal),
        "author": author_of(proposal),
        "presenters": presenters_line(proposal),
        "fairness": _fairness(proposal, now),
        "home_topics": topics_of(proposal.home) if standing.in_home(proposal.home) else "",
        "programme_event": proposal.event if proposal.sees_event else None,
        "page": page,
        "inputs": [_shown(given, request, standing, now) for given in _with(proposal, page.rows)],
        "form": form,
        "may_give": may_give,
        # One filled button: support first, then input.
        "asks_input": proposal.is_supported or proposal.is_planned,
        "may_edit": rules.may_edit(standing, proposal),
        "standing": standing,
        "decide": _decisions(standing, proposal),
    }
    return render(request, "events/topic_detail.html", context)


def _with(proposal: TopicProposal, inputs: list[TopicInput]) -> list[TopicInput]:
    for given in inputs:
        given.proposal = proposal
    return inputs


def _questions(proposal: TopicProposal) -> list[TopicInput]:
    asked = proposal.inputs.filter(kind=TopicInput.Kind.QUESTION, withdrawn_at=None)
    return list(asked.order_by("-created_at", "-pk")[:QUESTIONS])


def _shown(given: TopicInput, request: HttpRequest, standing: Standing, now) -> dict:
    return {
        "given": given,
        "author": author_of(given),
        "is_mine": given.by_id == request.user.pk,
        "may_take_back": bool(rules.may_take_back_input(request.user, given)),
        "may_change": bool(rules.may_change_input(standing, given, now=now)),
        "is_question": given.kind == TopicInput.Kind.QUESTION and given.withdrawn_at is None,
    }


def _fairness(proposal: TopicProposal, now) -> list[str]:
    """Return for each organisation that wants to present when it did so last (2 queries, none without one)."""
    names = [presenter.organisation.name for presenter in proposal.presenters.all()]
    if not names:
        return []
    presenting = presenting_in(proposal.home, now)
    lines = []
    for name in dict.fromkeys(names):
        if turn := presenting.turn_of(name):
            text = _("%(organisation)s presented last on %(day)s: %(topic)s")
            lines.append(text % {"organisation": name, "day": day_long(turn.day), "topic": turn.topic})
        else:
            lines.append(_("%(organisation)s has not presented here in the last three years") % {"organisation": name})
    return lines


def _decisions(standing: Standing, proposal: TopicProposal) -> dict | None:
    """Return what the person may decide; None for who decides nothing here."""
    if standing.in_proposal(proposal) < Part.CHAIR or not rules.may_decide(standing, proposal):
        return None
    is_free = proposal.status != TopicProposal.Status.DISCUSSED or proposal.event_id
    return {"plan": proposal.is_open, "wish": is_free, "decline": proposal.is_open}


def address_of(given: TopicInput) -> str:
    """Return the address of the input on the page where it stands."""
    before = given.proposal.inputs.filter(created_at__lt=given.created_at).count()
    page = before // PAGE_SIZE + 1
    return f"{given.proposal.get_absolute_url()}{f'?pagina={page}' if page > 1 else ''}#input-{given.pk}"


@require_POST
def support(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that one wants to talk about it, or take that back."""
    proposal, _standing = visible_topic(request, pk)
    try:
        operations.support(proposal=proposal, person=request.user, wants=request.POST.get("wants") == "1")
    except DomainError as error:
        messages.error(request, str(error))
    return redirect(way_back(request, proposal))

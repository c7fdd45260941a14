"""What a chair or programme manager decides about a topic."""

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.db.models import Exists, OuterRef, Q
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from events import topic_rules as rules
from events.cycle import Step
from events.hosts import load_hosts_of
from events.models import Event, TopicProposal, TopicStep
from events.operations import topics as operations
from events.operations.topic_offers import offers_of, plan_with
from events.operations.topic_steps import who_hears
from events.topic_cards import presenters_line
from events.topic_decision_forms import PlanForm, ReasonForm, SummaryForm
from events.topic_rights import Part, Standing
from events.views.topics.access import visible_topic
from noord.domain import DomainError
from sectors.models import Sector

MOST_MEETINGS = 20  # to choose from


def _decidable(request: HttpRequest, pk: int) -> tuple[TopicProposal, Standing]:
    """Return the proposal for who decides about it; for all others the page does not exist."""
    proposal, standing = visible_topic(request, pk)
    if standing.in_proposal(proposal) < Part.CHAIR:
        raise Http404
    return proposal, standing


def _page(request: HttpRequest, proposal: TopicProposal, **context) -> HttpResponse:
    context |= {"proposal": proposal, "back": proposal.get_absolute_url()}
    return render(request, "events/topic_decide.html", context)


def _is_done(request: HttpRequest, proposal: TopicProposal, form: Form, verb: Callable, said: str) -> bool:
    """Call the verb with what was typed and say what it did; a refusal comes on the form, which keeps the text."""
    try:
        verb(proposal=proposal, by=request.user, **form.cleaned_data)
    except DomainError as error:
        form.add_error(None, str(error))
        return False
    messages.success(request, said)
    return True


@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose the topic: for which meeting, and where in its programme."""
    now = timezone.now()
    proposal, standing = _decidable(request, pk)
    events = _meetings_for(request, proposal, standing, now)
    own = _own_of(proposal, events)
    form = PlanForm(
        request.POST or None,
        events=events,
        minutes=proposal.minutes,
        offers=offers_of(proposal),
        initial={"place": str(own.pk) if own else "", "text": proposal.reason},
    )
    if request.method == "POST" and form.is_valid():
        try:
            offers = form.cleaned_data.get("offers", [])
            plan_with(proposal=proposal, event=form.event, place=form.chosen, offers=offers, by=request.user)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            text = _("This topic stands in the programme of %(meeting)s.") % {"meeting": form.event.title}
            messages.success(request, text)
            return redirect("events:topics", slug=form.event.slug)
    context = {"form": form, "heading": _("Choose this topic"), "button": _("Choose this topic")}
    if not events:
        why = _why_none(proposal, standing, now)
        return _page(request, proposal, heading=context["heading"], lines=[why])
    return _page(
        request, proposal, **context, lines=_effects(proposal, standing, events, now), back=proposal.get_absolute_url()
    )


def _meetings_for(request: HttpRequest, proposal: TopicProposal, standing: Standing, now: datetime) -> list[Event]:
    """Return the coming meetings into which the person may plan it now, its own one first (3 queries)."""
    home = {"sectors" if isinstance(proposal.home, Sector) else "groups": proposal.home}
    own = Event.objects.filter(**home).values("pk")
    coming = Event.objects.visible_to(request.user).filter(Q(pk__in=own) | Q(pk=proposal.event_id)).upcoming(now)
    asked = TopicStep.objects.filter(event=OuterRef("pk"), kind=Step.INPUT)
    events = coming.filter(kind__in=Event.TOPIC_KINDS).annotate(was_asked=Exists(asked))
    events = list(events.prefetch_related("blocks")[:MOST_MEETINGS])
    load_hosts_of(events)
    allowed = [event for event in events if rules.may_plan(standing, proposal, event, now=now)]
    return sorted(allowed, key=lambda event: (event.pk != proposal.event_id, event.start, event.pk))


def _why_none(proposal: TopicProposal, standing: Standing, now: datetime) -> str:
    if proposal.event:
        return str(rules.may_plan(standing, proposal, proposal.event, now=now).reason)
    if not proposal.is_open:
        return _("This topic is not going ahead, so it cannot be planned.")
    return _("There is no coming meeting for which you can choose a topic now.")


def _own_of(proposal: TopicProposal, events: list[Event]) -> Event | None:
    """Return the meeting for which it was proposed, when it may be planned there now."""
    return next((event for event in events if event.pk == proposal.event_id), None)


def _effects(proposal: TopicProposal, standing: Standing, events: list[Event], now: datetime) -> list[str]:
    """Return what choosing does: where the topic comes, and how many people hear of it (1 query at most)."""
    what = _("The topic comes in the programme of the meeting. %(presenters)s")
    lines = [what % {"presenters": presenters_line(proposal)}]
    own = _own_of(proposal, events)
    if own is None:
        mail = _("About ten minutes later the members get a mail: give your input.")
        why = [str(rules.may_plan(standing, proposal, proposal.event, now=now).reason)] if proposal.event else []
        return [*(f"{proposal.event}: {reason}" for reason in why), *lines, mail]
    if own.status != Event.Status.PUBLISHED:
        return [*lines, _("The meeting is not published yet, so nobody gets a mail about it.")]
    if own.was_asked:
        return [*lines, _("The members have been asked for input already. They get no second mail.")]
    n = who_hears(event=own, step=Step.INPUT).count()
    text = ngettext(
        "About ten minutes later %(n)s person gets a mail: give your input.",
        "About ten minutes later %(n)s people get a mail: give your input.",
        n,
    )
    return [*lines, text % {"n": n}]


@require_http_methods(["GET", "HEAD", "POST"])
def wish(request: HttpRequest, pk: int) -> HttpResponse:
    """Leave the topic on the wish list; what was planned leaves the programme."""
    proposal, _standing = _decidable(request, pk)
    lines = [_("It stays for another meeting, with its support and its input.")]
    if proposal.is_planned:
        lines.append(_("It leaves the programme of %(meeting)s.") % {"meeting": proposal.event})
    if request.method == "POST":
        try:
            operations.leave_on_wish_list(proposal=proposal, by=request.user)
        except DomainError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("This topic stands on the wish list."))
        return redirect(_where_now(request, proposal))
    label = _("Leave it on the wish list")
    return _page(request, proposal, heading=label, lines=lines, button=label)


def _where_now(request: HttpRequest, proposal: TopicProposal) -> TopicProposal | str:
    """Return the proposal, or for the other host's chair, who no longer sees it, the topics of its meeting."""
    if TopicProposal.objects.visible_to(request.user).filter(pk=proposal.pk).exists():
        return proposal
    return reverse("events:topics", args=[proposal.event.slug]) if proposal.event else reverse("events:my_topics")


@require_http_methods(["GET", "HEAD", "POST"])
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    """Do not choose the topic, with a reason that its proposer gets."""
    proposal, _standing = _decidable(request, pk)
    form = ReasonForm(request.POST or None)
    said = _("This topic is not chosen. Its proposer gets your reason.")
    if request.method == "POST" and form.is_valid() and _is_done(request, proposal, form, operations.decline, said):
        return redirect(proposal)
    line, label = _("Could it come another time? Then leave it on the wish list."), _("Do not choose this topic")
    return _page(request, proposal, form=form, heading=label, lines=[line], button=label)


@require_http_methods(["GET", "HEAD", "POST"])
def summarise(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a summary above the input."""
    proposal, _standing = _decidable(request, pk)
    form = SummaryForm(request.POST or None, proposal=proposal)
    if request.method == "POST" and form.is_valid():
        if _is_done(request, proposal, form, operations.summarise, _("Your summary is saved.")):
            return redirect(proposal)
        proposal.refresh_from_db(fields=["summary", "summary_at"])
        form.read_again(proposal)
    heading, button = _("Summarise the input"), _("Save the summary")
    if form.is_bound and proposal.summary:
        lines, quote = [_("This summary stands on the page of the topic now:")], proposal.summary
    else:
        lines, quote = [_("Say what you heard, and what you do with it.")], ""
    return _page(request, proposal, form=form, heading=heading, lines=lines, quote=quote, button=button)

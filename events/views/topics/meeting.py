"""What a meeting is going to be about: its proposals, where it stands, and the steps towards it."""

from django.contrib import messages
from django.db.models import Case, IntegerField, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from events import topic_rules as rules
from events.cycle import Step
from events.models import Event, TopicProposal
from events.operations import topic_steps as operations
from events.paging import page_of
from events.topic_cards import Card, card_of
from events.topic_forms import ShortTopicForm
from events.topic_rights import Part, Standing
from events.topic_status import load_numbers, place_in_year, topic_box, way_of
from events.topic_steps_shown import SLUGS, steps_of
from events.views.topics.access import Home, meeting_with_topics
from noord.domain import DomainError
from sectors.models import Sector

PAGE_SIZE = 10
# What is chosen stands first, what is not chosen last.
RANK = Case(
    When(status=TopicProposal.Status.PLANNED, then=Value(0)),
    When(status=TopicProposal.Status.DECLINED, then=Value(2)),
    default=Value(1),
    output_field=IntegerField(),
)


@require_safe
def topics(request: HttpRequest, slug: str) -> HttpResponse:
    """Where the meeting stands, what is chosen, and what is proposed (at most 11 queries)."""
    now = timezone.now()
    event, standing = meeting_with_topics(request, slug)
    number = load_numbers(event)
    proposals = TopicProposal.objects.visible_to(request.user).proposed().filter(event=event)
    proposals = proposals.with_home().with_numbers(request.user).with_author()
    page = page_of(proposals.order_by(RANK, "-support_count", "proposed_at", "pk"), request, size=PAGE_SIZE)
    for proposal in page.rows:
        proposal.event = event
    box = topic_box(event, standing, now)
    home = max(event.hosts, key=standing.in_home)
    part = standing.in_event(event)
    context = {
        "event": event,
        "home": home,
        "home_topics": topics_of(home),
        "place_in_year": place_in_year(event),
        "way": way_of(event, now),
        "number": number,
        "page": page,
        "cards": [_card(standing, proposal, now) for proposal in page.rows],
        "box": box,
        "box_url": _box_url(box.action, event, home, page.rows),
        "may_propose": rules.may_propose_for(standing, event, now=now),
        "is_chair": part >= Part.CHAIR,
        "is_manager": part >= Part.MANAGER,
    }
    if context["may_propose"]:
        context["short_form"] = ShortTopicForm(event=event, own=request.user.organisation)
    if context["is_chair"]:
        context["may_choose"] = rules.may_choose_for(standing, event, now=now)
        context["may_run"] = rules.may_run_steps(standing, event, now=now)
        context["steps"] = steps_of(event, now)
    return render(request, "events/topic_list.html", context)


def _card(standing: Standing, proposal: TopicProposal, now) -> Card:
    return card_of(
        proposal,
        may_support=bool(rules.may_give_input(standing, proposal, now=now)),
        may_plan=bool(rules.may_plan(standing, proposal, proposal.event, now=now)),
    )


def _box_url(action: str, event: Event, home: Home, shown: list[TopicProposal]) -> str:
    """Return where the button of the status box leads."""
    chosen = [proposal for proposal in shown if proposal.is_planned]
    match action:
        case "propose":
            return "#nieuw"
        case "input" if len(chosen) == 1:
            return f"{chosen[0].get_absolute_url()}#geef"
        case "choose" | "input":
            return "#voorstellen"
        case "wish":
            return topics_of(home)
        case "programme":
            return f"{event.get_absolute_url()}#programma"
    return event.get_absolute_url()


def topics_of(home: Home) -> str:
    """Return the address of the wish list of a sector or group."""
    kind = "sector" if isinstance(home, Sector) else "group"
    return reverse(f"events:{kind}_topics", args=[home.slug])


@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, slug: str, step: str) -> HttpResponse:
    """Send or stop one step by hand, after seeing to how many people it goes."""
    now = timezone.now()
    event, standing = meeting_with_topics(request, slug)
    kind = next((kind for kind, word in SLUGS.items() if word == step), None)
    if kind is None or standing.in_event(event) < Part.CHAIR:
        raise Http404
    back = f"{reverse('events:topics', args=[slug])}#stappen"
    if request.method == "POST":
        try:
            _send_or_stop(request, event, kind)
        except DomainError as error:
            messages.error(request, str(error))
        return redirect(back)
    load_numbers(event)
    context = {
        "event": event,
        "shown": next(shown for shown in steps_of(event, now) if shown.step == kind),
        "people": operations.who_hears(event=event, step=kind).count(),
        "decision": rules.may_run_steps(standing, event, now=now),
        "back": back,
    }
    return render(request, "events/topic_step.html", context)


def _send_or_stop(request: HttpRequest, event: Event, kind: Step) -> None:
    if "stop" in request.POST:
        operations.stop_step(event=event, step=kind, by=request.user)
        messages.success(request, _("This step is stopped: the portal does not send it by itself."))
    elif "send" in request.POST:
        n = operations.send_step(event=event, step=kind, by=request.user)
        messages.success(request, ngettext("%(n)s mail leaves.", "%(n)s mails leave.", n) % {"n": n})
    else:
        raise Http404

"""Whose topic pages are whose: what is not for somebody is a 404."""

from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.http import url_has_allowed_host_and_scheme

from events.hosts import load_hosts
from events.models import Event, TopicInput, TopicProposal
from events.topic_rights import Part, Standing, standing_of_reader
from events.views.event import visible_event
from knowledge_groups.models import KnowledgeGroup
from members.models import Person
from sectors.models import Sector

Home = Sector | KnowledgeGroup


def meeting_with_topics(request: HttpRequest, slug: str) -> tuple[Event, Standing]:
    """Return the meeting with its hosts, for the people of a host only (3 queries)."""
    event = visible_event(request, slug)
    load_hosts(event)
    standing = standing_of_reader(request.user)
    if not event.has_topics or standing.in_event(event) == Part.NONE:
        raise Http404
    return event, standing


def home_of(request: HttpRequest, model: type[Home], slug: str) -> tuple[Home, Standing]:
    """Return the sector or group, for its own people only (2 queries)."""
    home = get_object_or_404(model, slug=slug)
    standing = standing_of_reader(request.user)
    if standing.in_home(home) == Part.NONE:
        raise Http404
    return home, standing


def visible_topic(request: HttpRequest, pk: int) -> tuple[TopicProposal, Standing]:
    """Return the proposal with all that its page and rules need (4 queries, 3 without a meeting).

    `sees_event` tells whether its meeting is for this person to see: a draft is not for all who see the topic.
    """
    topics = TopicProposal.objects.visible_to(request.user).with_home().with_numbers(request.user).with_author()
    proposal = get_object_or_404(topics.annotate(sees_event=sees_event(request.user)), pk=pk)
    if proposal.event:
        load_hosts(proposal.event)
    return proposal, standing_of_reader(request.user)


def sees_event(person: Person) -> Exists:
    """Tell of a proposal whether the person may see its meeting."""
    return Exists(Event.objects.visible_to(person).filter(pk=OuterRef("event")))


def own_input(request: HttpRequest, pk: int) -> TopicInput:
    """Return what this person said and has not taken back: the writer's own, also when the topic is so no longer.

    `sees_topic` tells whether the proposal is still theirs to see.
    """
    found = TopicInput.objects.select_related("proposal__sector", "proposal__group", "proposal__event")
    topics = TopicProposal.objects.visible_to(request.user).filter(pk=OuterRef("proposal"))
    given = get_object_or_404(found.annotate(sees_topic=Exists(topics)), pk=pk, by=request.user, withdrawn_at=None)
    if given.proposal.event:
        load_hosts(given.proposal.event)
    return given


def way_back(request: HttpRequest, proposal: TopicProposal) -> str:
    """Return the page of ours from which a button was pressed, or the proposal's own page."""
    back = request.POST.get("back", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("/")
    return f"{back}#onderwerp-{proposal.pk}" if is_ours else proposal.get_absolute_url()

"""The pages of topics: propose, give input, choose."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from events.models import TopicProposal
from events.topic_rights import Part, standing_of
from events.views.event import visible_event


@require_safe
def topic(request: HttpRequest, pk: int) -> HttpResponse:
    """One proposal, one page."""
    proposal = get_object_or_404(TopicProposal.objects.visible_to(request.user).with_home(), pk=pk)
    return render(request, "events/topic_detail.html", {"proposal": proposal})


@require_safe
def topics(request: HttpRequest, slug: str) -> HttpResponse:
    """What a meeting is going to be about: where it stands, what is chosen, and what is proposed."""
    event = visible_event(request, slug)
    standing = standing_of(request.user)
    if not event.has_topics or standing.in_event(event) == Part.NONE:
        raise Http404
    proposals = TopicProposal.objects.visible_to(request.user).proposed().filter(event=event).with_home()
    return render(request, "events/topic_list.html", {"event": event, "proposals": proposals})

"""The pages of topics: propose, give input, choose."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from events.models import TopicProposal


@require_safe
def topic(request: HttpRequest, pk: int) -> HttpResponse:
    """One proposal, one page."""
    proposal = get_object_or_404(TopicProposal.objects.visible_to(request.user).with_home(), pk=pk)
    return render(request, "events/topic_detail.html", {"proposal": proposal})

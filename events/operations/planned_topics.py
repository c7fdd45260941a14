"""What becomes of the topics that are planned for a meeting when it does not take place."""

from django.db import transaction
from django.utils import timezone

from events.models import Event, TopicProposal


@transaction.atomic
def release(*, event: Event) -> None:
    """Let what was planned here be chosen again; the caller has locked the meeting.

    A topic stays of this meeting, as those do that were never chosen: so the people of every host go on seeing it, and
    wished() has it by itself. The programme stays as people know it.
    """
    planned = TopicProposal.objects.select_for_update(of=("self",)).filter(
        event=event, status=TopicProposal.Status.PLANNED
    )
    for proposal in planned.order_by("pk"):
        # Nobody decided about the topic: it follows from the meeting.
        proposal.status, proposal.item = TopicProposal.Status.DISCUSSED, None
        proposal.decided_at, proposal.decided_by = timezone.now(), None
        proposal.save(update_fields=["status", "decided_at", "decided_by", "item"])

"""The mails about topics: what was decided about one, and the steps towards a meeting."""

from django.conf import settings
from django.utils.translation import gettext as _

from events.mail.letters import Letter
from events.models import TopicProposal
from noord.dates import NBSP
from noord.outbox.message import Message
from noord.outbox.queue import enqueue, renders
from noord.outbox.writing import write

DECLINED = "events.topic_declined"


def tell_declined(proposal: TopicProposal) -> None:
    """Queue the reason for who proposed it, when that is somebody with an address; each decision is told once."""
    if proposal.by and proposal.by.email and proposal.by.is_active and proposal.by_id != proposal.decided_by_id:
        enqueue(
            kind=DECLINED,
            key=f"topic-declined:{proposal.pk}:{proposal.decided_at.timestamp()}",
            to=proposal.by.email,
            params={"proposal": proposal.pk},
            about=f"event:{proposal.event_id}" if proposal.event_id else "",
        )


@renders(DECLINED)
def render_declined(*, proposal: int) -> Message | None:
    """Return the mail; None when the topic is gone, was chosen after all, or its proposer is gone."""
    row = TopicProposal.objects.select_related("sector", "group", "by").filter(pk=proposal).first()
    if row is None or row.status != TopicProposal.Status.DECLINED or row.by is None:
        return None
    letter = Letter(
        heading=_("Your topic is not chosen: %(topic)s") % {"topic": row.title},
        name=row.by.name,
        opening=[
            _("You proposed this topic to %(home)s. The chairs did not choose it.") % {"home": row.home},
            _("Their reason: %(reason)s") % {"reason": row.decline_reason},
        ],
        closing=[_("Do you have another idea? You can always propose a new topic.")],
        button=_("View your topic"),
        link=settings.SITE_URL + row.get_absolute_url(),
        reason=_("You get this mail because you proposed a topic."),
    )
    text, html = write("events/letter", {"letter": letter})
    return Message(
        subject=f"{_('Your topic is not chosen')}: {row.title}".replace(NBSP, " "),
        text=text.replace(NBSP, " "),
        html=html,
        from_organiser=True,
    )

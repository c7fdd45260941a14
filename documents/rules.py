"""Who may add and remove documents, each answer with its reason as a sentence for the screen."""

from django.utils.translation import gettext as _

from documents.models import Owner
from events.models import Event, ProgrammeItem, TopicProposal
from events.topic_rights import Part, Standing
from noord.domain import YES, Decision, no
from sectors.models import FocalPoint


def may_manage(standing: Standing, owner: Owner) -> Decision:
    """May the person add documents to this, and remove them? Asks for the hosts of a meeting, and for the presenters.

    Of a meeting and its sessions: who manages it, and the chairs of its hosts. Of a topic also who proposed or
    presents it. Of a group: who leads it. Of a focal point: the chairs and programme managers of its sector.
    """
    if _part_in(standing, owner) >= Part.CHAIR or (isinstance(owner, TopicProposal) and _is_theirs(standing, owner)):
        return YES
    return no(_("Only who organises this adds and removes documents here. Ask the chair to do it for you."))


def _part_in(standing: Standing, owner: Owner) -> Part:
    match owner:
        case Event():
            return standing.in_event(owner)
        case ProgrammeItem():
            return standing.in_event(owner.event)
        case TopicProposal():
            return standing.in_proposal(owner)
        case FocalPoint():
            return standing.in_home(owner.sector)
    return standing.in_home(owner)


def _is_theirs(standing: Standing, topic: TopicProposal) -> bool:
    person = standing.person.pk
    return topic.by_id == person or any(presenter.person_id == person for presenter in topic.presenters.all())

"""Who may add and remove documents, each answer with its reason as a sentence for the screen."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from documents.models import Owner
from events.models import Event, ProgrammeItem, TopicProposal
from events.topic_rights import Part, Standing
from knowledge_groups.models import GroupMembership, KnowledgeGroup
from members.models import Person
from noord.domain import YES, Decision, no
from sectors.models import FocalPoint

FINISHING = timedelta(weeks=8)  # after the end of a group, for the report and the slides of its last meeting


def may_manage(standing: Standing, owner: Owner) -> Decision:
    """May the person add documents to this, and remove them? Asks for the hosts of a meeting, and for the presenters.

    Of a meeting and its sessions: who manages it, and the chairs of its hosts. Of a topic also who proposed or
    presents it. Of a group: who leads it; who did so when it ended, adds to its last meeting for some weeks. Of a
    focal point: the chairs and programme managers of its sector.
    """
    if _part_in(standing, owner) >= Part.CHAIR or (isinstance(owner, TopicProposal) and _is_theirs(standing, owner)):
        return YES
    if isinstance(owner, Event | ProgrammeItem) and finishes(standing.person, owner):
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


def finishes(person: Person, owner: Event | ProgrammeItem) -> bool:
    """Did the person lead a group when it ended, not long ago, and is this its last meeting?

    Needs the hosts loaded, and asks nothing more as long as none of them has ended.
    """
    event = owner.event if isinstance(owner, ProgrammeItem) else owner
    since = timezone.localdate() - FINISHING
    return any(
        host.ended_on and host.ended_on >= since and _led(person, host) and _last_meeting_of(host) == event
        for host in event.hosts
        if isinstance(host, KnowledgeGroup)
    )


def _led(person: Person, group: KnowledgeGroup) -> bool:
    memberships = group.memberships.reading().filter(person=person.pk)
    return memberships.exclude(role=GroupMembership.Role.PARTICIPANT).exists()


def _last_meeting_of(group: KnowledgeGroup) -> Event | None:
    held = group.events.filter(status=Event.Status.PUBLISHED, start__lte=timezone.now())
    return held.order_by("-start", "-pk").first()

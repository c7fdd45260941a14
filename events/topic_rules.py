"""Who may do what with a topic, each answer with its reason as a sentence for the screen."""

from datetime import datetime

from django.utils.translation import gettext as _

from events.models import Event, TopicInput, TopicProposal
from events.topic_rights import Part, Standing
from knowledge_groups.models import KnowledgeGroup
from members.models import Person
from noord.dates import day_long, local_day
from noord.domain import YES, Decision, no
from sectors.models import Sector

MOST_DRAFTS = 50  # of one person: more than anybody writes by hand


def may_propose(standing: Standing, home: Sector | KnowledgeGroup) -> Decision:
    """May the person propose a topic to this sector or group?"""
    part = standing.in_home(home)
    if part >= Part.CHAIR:
        return YES
    if part == Part.NONE:
        return no(_("Only people of this sector or group propose a topic. Ask the chair to do it for you."))
    if not home.members_may_propose:
        return no(_("Here the chairs propose the topics. Tell a chair what you want to talk about."))
    return YES


def may_keep_draft(drafts: int) -> Decision:
    """May somebody who has so many drafts make one more?"""
    if drafts < MOST_DRAFTS:
        return YES
    return no(_("You have %(n)s drafts. Propose one of them, or throw one away.") % {"n": drafts})


def may_propose_for(standing: Standing, event: Event, *, now: datetime) -> Decision:
    """May the person propose a topic for this meeting? Needs the hosts loaded.

    Members do so up to and including the day on which the topics must be known. Chairs go on until the agenda is
    fixed: without a topic there is nothing to choose from.
    """
    if not event.has_topics:
        return no(_("This meeting has no topics to propose."))
    if event.status == Event.Status.CANCELLED:
        return no(_("This meeting does not take place. Put the topic on the wish list."))
    if not any(may_propose(standing, host) for host in event.hosts):
        return may_propose(standing, event.hosts[0])
    today, cycle = local_day(now), event.cycle
    part = standing.in_event(event)
    if now >= event.start:
        return no(_("This meeting has begun. Put the topic on the wish list."))
    if part < Part.CHAIR and today > cycle.prepare_by:
        text = _("Proposing was possible up to and including %(day)s. Put the topic on the wish list.")
        return no(text % {"day": day_long(cycle.prepare_by)})
    if part < Part.MANAGER and today >= cycle.agenda_on:
        return no(_("The agenda of this meeting is fixed. Put the topic on the wish list."))
    return YES


def may_edit(standing: Standing, proposal: TopicProposal) -> Decision:
    """May the person change the proposal? Whoever proposed it, while it may still be chosen."""
    if proposal.by_id != standing.person.pk:
        return no(_("Only who proposed this topic can change it."))
    if not (proposal.is_draft or proposal.is_open):
        return no(_("A decision about this topic has been made. You can no longer change it."))
    return YES


def may_give_input(standing: Standing, proposal: TopicProposal, *, now: datetime) -> Decision:
    """May the person support the proposal, ask, answer or offer something? Until the meeting begins."""
    if standing.in_proposal(proposal) == Part.NONE:
        return no(_("Only people of this sector or group give input."))
    if proposal.is_draft:
        return no(_("This is a draft that only you see. Propose it first."))
    if proposal.status in (TopicProposal.Status.DECLINED, TopicProposal.Status.WITHDRAWN):
        return no(_("This topic is not going ahead, so you can no longer give input."))
    if proposal.is_planned and proposal.event and now >= proposal.event.start:
        return no(_("The meeting about this topic has begun. You can no longer give input."))
    return YES


def may_take_back_input(person: Person, given: TopicInput) -> Decision:
    """May the person withdraw this input, or the consent to show their name with it? Its writer always may."""
    if given.by_id != person.pk:
        return no(_("You can only change what you wrote yourself."))
    if given.withdrawn_at:
        return no(_("You have withdrawn this already."))
    return YES


def may_change_input(standing: Standing, given: TopicInput, *, now: datetime) -> Decision:
    """May the person say something else here?"""
    return may_take_back_input(standing.person, given) and may_give_input(standing, given.proposal, now=now)


def may_decide(standing: Standing, proposal: TopicProposal) -> Decision:
    """May the person summarise it, leave it on the wish list or decline it? Each host's chair may."""
    if standing.in_proposal(proposal) < Part.CHAIR:
        return no(_("Only a chair or the programme manager decides about a topic."))
    if proposal.is_draft or proposal.status == TopicProposal.Status.WITHDRAWN:
        return no(_("This topic has not been proposed, or it was withdrawn."))
    return YES


def may_choose_for(standing: Standing, event: Event, *, now: datetime) -> Decision:
    """May the person choose topics for this meeting now? Needs the hosts loaded.

    Chairs do so from the day on which the topics must be known until the agenda is fixed; a programme manager at any
    time before the meeting.
    """
    part = standing.in_event(event)
    if part < Part.CHAIR:
        return no(_("Only a chair or the programme manager decides about a topic."))
    if not event.has_topics:
        return no(_("This meeting has no topics to propose."))
    if event.status == Event.Status.CANCELLED:
        return no(_("This meeting does not take place. Choose another meeting."))
    if now >= event.start:
        return no(_("This meeting has begun. Choose another meeting."))
    if part >= Part.MANAGER:
        return YES
    today, cycle = local_day(now), event.cycle
    if today < cycle.prepare_by:
        text = _("You choose from %(day)s on: until then everyone can propose a topic.")
        return no(text % {"day": day_long(cycle.prepare_by)})
    if today >= cycle.agenda_on:
        return no(_("The agenda of this meeting is fixed. Ask the programme manager if it still has to change."))
    return YES


def may_plan(standing: Standing, proposal: TopicProposal, event: Event, *, now: datetime) -> Decision:
    """May the person plan this proposal into this meeting?"""
    if proposal.is_planned:
        return no(_("This topic is planned already."))
    if not proposal.is_open:
        return no(_("This topic is not going ahead, so it cannot be planned."))
    if proposal.home not in event.hosts and proposal.event_id != event.pk:
        return no(_("This topic belongs to another sector or group than the meeting."))
    return may_choose_for(standing, event, now=now)


def may_run_steps(standing: Standing, event: Event, *, now: datetime) -> Decision:
    """May the person send or stop a step of the cycle by hand? Needs the hosts loaded."""
    if standing.in_event(event) < Part.CHAIR:
        return no(_("Only a chair or the programme manager sends or stops a step."))
    if not event.has_topics:
        return no(_("This meeting has no topics to propose."))
    if event.status != Event.Status.PUBLISHED:
        return no(_("Nobody can hear of this meeting: it is not published, or it does not take place."))
    if now >= event.start:
        return no(_("This meeting has begun. Nothing is sent any more."))
    return YES

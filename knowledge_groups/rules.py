"""Who may join or leave a knowledge group, ask to join a closed one, and answer that."""

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from knowledge_groups.models import GroupMembership, GroupRequest, KnowledgeGroup
from members.models import Person
from noord.administration.rights import reaches_everything
from noord.dates import day_long
from noord.domain import YES, Decision, no


def may_join(group: KnowledgeGroup, person: Person, *, works_at_member: bool | None = None) -> Decision:
    """May the person, who does not take part yet, join with one button?

    `works_at_member` is the answer of who asked that already (KnowledgeGroupQuerySet.for_page).
    """
    if group.is_open or group.has_ended:
        return _may_take_part(group, person, works_at_member)
    return no(_("This group is closed. Ask whether you may join."))


def may_ask(group: KnowledgeGroup, person: Person, *, works_at_member: bool | None = None) -> Decision:
    """May the person, who does not take part yet, ask to join? In an open group nobody needs to."""
    if group.is_open and not group.has_ended:
        return no(_("This group is open: you can join right away."))
    return _may_take_part(group, person, works_at_member)


def _may_take_part(group: KnowledgeGroup, person: Person, works_at_member: bool | None) -> Decision:
    if group.has_ended:
        return no(_("This group has ended. Choose another group."))
    if works_at_member is None:
        works_at_member = Person.objects.members_on().filter(pk=person.pk).exists()
    if not works_at_member:
        return no(_("Only people who work at a member can join. Ask us how your organisation becomes a member."))
    return YES


def may_answer(group: KnowledgeGroup, person: Person) -> Decision:
    """May the person say who joins the closed group? Who leads it today, and who answers for every group."""
    if answers_everywhere(person) or KnowledgeGroup.objects.filter(pk=group.pk).led_by(person).exists():
        return YES
    return no(_("Only who leads this group decides who joins."))


def answers_everywhere(person: Person) -> bool:
    """Tell whether the person manages all knowledge groups: then no request waits for a lead who is not there."""
    return reaches_everything(person, "knowledge_groups.change_knowledgegroup")


def may_accept(request: GroupRequest) -> Decision:
    """May this request lead to taking part, whoever answers it?"""
    decision = _may_take_part(request.group, request.person, None)
    if decision or request.group.has_ended:
        return decision
    return no(_("%(name)s no longer works at a member, so cannot join.") % {"name": request.person})


def may_start(group: KnowledgeGroup, on: date) -> Decision:
    """May the proposed group become a knowledge group on this day, not later than today?"""
    if group.state != KnowledgeGroup.State.PROPOSED:
        return no(_("Only a proposed group can start."))
    return _may_happen_on(on, not_before=group.proposed_on)


def may_end(group: KnowledgeGroup, on: date) -> Decision:
    """May the group, active or only proposed, end on this day, not later than today?"""
    if group.has_ended:
        return no(_("This group has ended already."))
    return _may_happen_on(on, not_before=group.started_on or group.proposed_on)


def _may_happen_on(day: date, *, not_before: date | None) -> Decision:
    if day > timezone.localdate():
        return no(_("Fill in a day that has been: today at the latest."))
    if not_before and day < not_before:
        return no(_("Fill in %(day)s or a later day.") % {"day": day_long(not_before)})
    return YES


def may_leave(membership: GroupMembership, *, others_lead: bool | None = None) -> Decision:
    """May the person leave with one button? Not the last who leads: a group must not lose its lead by accident.

    `others_lead` is the answer of who asked that already: does somebody else lead the group today, who can log in?
    """
    if membership.group.has_ended:
        return no(_("This group has ended: nobody takes part any more."))
    if membership.role == GroupMembership.Role.PARTICIPANT:
        return YES
    if others_lead is None:
        leads = membership.group.memberships.leading().filter(person__is_active=True)
        others_lead = leads.exclude(person=membership.person_id).exists()
    if others_lead:
        return YES
    return no(_("You are the only one who leads this group. Ask the administrator to name somebody else first."))

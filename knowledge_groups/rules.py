"""Who may join or leave a knowledge group."""

from django.utils.translation import gettext as _

from knowledge_groups.models import GroupMembership, KnowledgeGroup
from members.models import Person
from noord.domain import YES, Decision, no


def may_join(group: KnowledgeGroup, person: Person, *, works_at_member: bool | None = None) -> Decision:
    """May the person, who does not take part yet, join with one button?

    `works_at_member` is the answer of who asked that already (KnowledgeGroupQuerySet.for_page).
    """
    if group.state == KnowledgeGroup.State.ENDED:
        return no(_("This group has ended. Choose another group."))
    if not group.is_open:
        return no(_("This group is full. New participants cannot join now."))
    if works_at_member is None:
        works_at_member = Person.objects.members_on().filter(pk=person.pk).exists()
    if not works_at_member:
        return no(_("Only people who work at a member can join. Ask us how your organisation becomes a member."))
    return YES


def may_leave(membership: GroupMembership) -> Decision:
    """May the person leave with one button? Not who leads: that would leave a group without a lead by accident."""
    if membership.role == GroupMembership.Role.PARTICIPANT:
        return YES
    return no(_("You lead this group. Ask the administrator to name somebody else first."))

"""Joining and leaving a knowledge group. Pressing the button twice is never an error."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from knowledge_groups import rules
from knowledge_groups.models import GroupMembership, KnowledgeGroup
from members.models import Person


@transaction.atomic
def join(*, group: KnowledgeGroup, person: Person) -> GroupMembership:
    """Let the person take part from today, and return the participation; one that holds already stays as it is.

    Raises DomainError with the reason when rules.may_join() refuses.
    """
    group = KnowledgeGroup.objects.select_for_update().get(pk=group.pk)
    current = group.memberships.active_on().filter(person=person).first()
    if current:
        return current
    rules.may_join(group, person).require()
    today = timezone.localdate()
    later = group.memberships.filter(person=person, start__gt=today, end__isnull=True).first()
    if later:
        later.start = today
        later.save(update_fields=["start"])
        return later
    return GroupMembership.objects.create(group=group, person=person, start=today)


@transaction.atomic
def leave(*, group: KnowledgeGroup, person: Person) -> None:
    """End the person's participation at once: yesterday was the last day; what began today never was.

    The history of earlier participation stays. Raises DomainError when rules.may_leave() refuses.
    """
    group = KnowledgeGroup.objects.select_for_update().get(pk=group.pk)
    today = timezone.localdate()
    for membership in group.memberships.active_on(today).filter(person=person):
        rules.may_leave(membership).require()
        if membership.start == today:
            membership.delete()
        else:
            membership.end = today - timedelta(days=1)
            membership.save(update_fields=["end"])

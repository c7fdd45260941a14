"""What happens to a knowledge group and to who takes part in it. Pressing a button twice is never an error.

Whatever changes who takes part locks the row of the group first, so two at once come one after the other.
"""

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from knowledge_groups import mail, rules
from knowledge_groups.models import GroupMembership, GroupRequest, KnowledgeGroup
from members.models import Person
from noord.domain import DomainError


def lock_group(group: KnowledgeGroup) -> KnowledgeGroup:
    """Return the group as it is now, and keep it so until the transaction ends."""
    return KnowledgeGroup.objects.select_for_update().get(pk=group.pk)


@transaction.atomic
def join(*, group: KnowledgeGroup, person: Person) -> GroupMembership:
    """Let the person take part from today, and return the participation; one that holds already stays as it is.

    A request of before the group was open is answered by it. Raises DomainError with the reason when rules.may_join()
    refuses.
    """
    group = lock_group(group)
    current = group.memberships.active_on().filter(person=person).first()
    if current:
        return current
    rules.may_join(group, person).require()
    for request in group.requests.open().filter(person=person):
        _close(request, GroupRequest.Status.ACCEPTED)
    return _take_part(group, person)


def _take_part(group: KnowledgeGroup, person: Person) -> GroupMembership:
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

    The history of earlier participation stays. Of those who lead the group the last one stays: they are counted while
    the group is locked, so that two who go at once do not leave it without. Raises DomainError when rules.may_leave()
    refuses.
    """
    group = lock_group(group)
    today = timezone.localdate()
    for membership in group.memberships.active_on(today).filter(person=person):
        membership.group = group
        rules.may_leave(membership).require()
        if membership.start == today:
            membership.delete()
        else:
            membership.end = today - timedelta(days=1)
            membership.save(update_fields=["end"])


# A closed group


@transaction.atomic
def ask_to_join(*, group: KnowledgeGroup, person: Person, text: str = "") -> GroupRequest | None:
    """Ask who leads the closed group whether the person may join, and return the request; they hear of it once.

    A request that is open already stays as it is. Returns None for who takes part already. Raises DomainError with
    the reason when rules.may_ask() refuses.
    """
    group = lock_group(group)
    if group.memberships.active_on().filter(person=person).exists():
        return None
    if stored := group.requests.open().filter(person=person).first():
        return stored
    rules.may_ask(group, person).require()
    request = GroupRequest.objects.create(group=group, person=person, text=text)
    mail.tell_request(request)
    return request


@transaction.atomic
def withdraw_request(*, group: KnowledgeGroup, person: Person) -> None:
    """Take back the person's request; without an open one nothing changes."""
    for request in lock_group(group).requests.open().filter(person=person):
        _close(request, GroupRequest.Status.WITHDRAWN)


@transaction.atomic
def accept_request(*, request: GroupRequest, by: Person) -> None:
    """Let who asked take part from today, and tell them.

    Raises DomainError when `by` may not answer, when the request was answered otherwise meanwhile, or when the person
    cannot take part any more.
    """
    request = _lock_request(request, by, GroupRequest.Status.ACCEPTED)
    if request.is_open:
        rules.may_accept(request).require()
        if not request.group.memberships.active_on().filter(person=request.person).exists():
            _take_part(request.group, request.person)
        _close(request, GroupRequest.Status.ACCEPTED, by=by)
        mail.tell_answer(request)


@transaction.atomic
def decline_request(*, request: GroupRequest, by: Person, reason: str) -> None:
    """Say no with the reason, and tell who asked.

    Raises DomainError when `by` may not answer, when there is no reason, or when the request was answered otherwise
    meanwhile.
    """
    request = _lock_request(request, by, GroupRequest.Status.DECLINED)
    if request.is_open:
        if not reason.strip():
            raise DomainError(_("Say why not: who asked gets to read it."))
        _close(request, GroupRequest.Status.DECLINED, by=by, reason=reason.strip())
        mail.tell_answer(request)


def _lock_request(request: GroupRequest, by: Person, wanted: GroupRequest.Status) -> GroupRequest:
    """Return the request as it is now; it is still open, or was answered so already."""
    group = lock_group(request.group)
    rules.may_answer(group, by).require()
    request = group.requests.select_related("person", "decided_by").get(pk=request.pk)
    request.group = group
    if request.status == GroupRequest.Status.WITHDRAWN:
        raise DomainError(_("%(name)s has withdrawn the request.") % {"name": request.person})
    if not request.is_open and request.status != wanted:
        names = {"name": request.decided_by or _("Somebody else"), "answer": request.get_status_display().lower()}
        raise DomainError(_("%(name)s has answered this request already: %(answer)s.") % names)
    return request


def _close(request: GroupRequest, status: GroupRequest.Status, *, by: Person | None = None, reason: str = "") -> None:
    request.status, request.decided_by, request.reason = status, by, reason
    request.decided_at = timezone.now()
    request.save(update_fields=["status", "decided_by", "reason", "decided_at"])


# The life of a group


@transaction.atomic
def start_group(*, group: KnowledgeGroup, on: date, decision: str) -> KnowledgeGroup:
    """Let the proposed group be a knowledge group since that day, by this decision.

    Raises DomainError when rules.may_start() refuses or nothing is said of the decision.
    """
    group = lock_group(group)
    rules.may_start(group, on).require()
    group.state, group.started_on, group.decision = KnowledgeGroup.State.ACTIVE, on, _said(decision)
    group.save(update_fields=["state", "started_on", "decision"])
    return group


@transaction.atomic
def end_group(*, group: KnowledgeGroup, on: date, decision: str, by: Person) -> KnowledgeGroup:
    """End the group, or a proposal that does not go ahead, on that day, by this decision.

    Whoever takes part does so until then, and who began later until the day on which that was; what had still to
    begin never was. Open requests are declined, which the askers hear. The meetings of the group stay as they are:
    those are called off one by one, by who tells the people that come. Raises DomainError when rules.may_end()
    refuses or nothing is said of the decision.
    """
    group = lock_group(group)
    rules.may_end(group, on).require()
    group.state, group.ended_on, group.end_decision = KnowledgeGroup.State.ENDED, on, _said(decision)
    group.save(update_fields=["state", "ended_on", "end_decision"])
    today = timezone.localdate()
    group.memberships.filter(start__gt=today).delete()
    for membership in group.memberships.active_on(today):
        membership.end = max(on, membership.start)
        membership.save(update_fields=["end"])
    for request in group.requests.open().select_related("person"):
        request.group = group
        _close(request, GroupRequest.Status.DECLINED, by=by, reason=_("The group has ended."))
        mail.tell_answer(request)
    return group


def _said(decision: str) -> str:
    if not decision.strip():
        raise DomainError(_("Say what was decided, and by whom."))
    return decision.strip()

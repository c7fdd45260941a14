from datetime import date, timedelta

import pytest
from django.utils import timezone

from knowledge_groups import operations
from knowledge_groups.models import GroupMembership, KnowledgeGroup
from noord.domain import DomainError
from tests.factories import make_group, make_member, make_organisation, make_participant, make_person
from tests.threads import all_at_once

pytestmark = pytest.mark.django_db


def periods(group, person) -> list[tuple]:
    return list(group.memberships.filter(person=person).order_by("start").values_list("start", "end"))


def test_join_begins_today_and_only_once():
    group, person = make_group(), make_member()
    first = operations.join(group=group, person=person)
    assert operations.join(group=group, person=person) == first
    assert periods(group, person) == [(timezone.localdate(), None)]


def test_join_again_after_leaving_keeps_the_history():
    group = make_group()
    person = make_participant(group)
    operations.leave(group=group, person=person)
    operations.join(group=group, person=person)
    today = timezone.localdate()
    assert periods(group, person) == [(date(2020, 1, 1), today - timedelta(days=1)), (today, None)]


def test_join_brings_a_later_first_day_forward():
    group, person = make_group(), make_member()
    GroupMembership.objects.create(group=group, person=person, start=timezone.localdate() + timedelta(days=9))
    operations.join(group=group, person=person)
    assert periods(group, person) == [(timezone.localdate(), None)]


@pytest.mark.parametrize("fields", [{"is_open": False}, {"state": KnowledgeGroup.State.ENDED}])
def test_join_refuses_a_group_that_is_closed_or_ended(fields):
    group, person = make_group(**fields), make_member()
    with pytest.raises(DomainError):
        operations.join(group=group, person=person)
    assert periods(group, person) == []


def test_join_of_a_closed_group_by_a_participant_is_no_error():
    group = make_group(is_open=False)
    person = make_participant(group)
    operations.join(group=group, person=person)
    assert periods(group, person) == [(date(2020, 1, 1), None)]


@pytest.mark.parametrize("is_member", [False, None])
def test_join_refuses_who_does_not_work_at_a_member(is_member):
    organisation = None if is_member is None else make_organisation(is_member=is_member)
    group, person = make_group(), make_person(organisation=organisation)
    with pytest.raises(DomainError):
        operations.join(group=group, person=person)


def test_leave_ends_the_period_at_once_and_twice_is_no_error():
    group = make_group()
    person = make_participant(group)
    operations.leave(group=group, person=person)
    operations.leave(group=group, person=person)
    assert periods(group, person) == [(date(2020, 1, 1), timezone.localdate() - timedelta(days=1))]
    assert not KnowledgeGroup.objects.with_participation(person).get().is_participant


def test_leave_on_the_first_day_leaves_no_trace():
    group, person = make_group(), make_member()
    operations.join(group=group, person=person)
    operations.leave(group=group, person=person)
    assert periods(group, person) == []


def test_leave_touches_nobody_else():
    group = make_group()
    person, other = make_participant(group), make_participant(group)
    operations.leave(group=group, person=person)
    assert periods(group, other) == [(date(2020, 1, 1), None)]


@pytest.mark.parametrize("role", [GroupMembership.Role.LEAD, GroupMembership.Role.COORDINATOR])
def test_leave_refuses_the_only_one_who_leads_the_group(role):
    group = make_group()
    person, past = make_participant(group), make_participant(group)
    make_participant(group, is_active=False)
    group.memberships.update(role=role)
    group.memberships.filter(person=past).update(end=timezone.localdate() - timedelta(days=1))
    make_participant(group)
    with pytest.raises(DomainError):
        operations.leave(group=group, person=person)
    assert periods(group, person) == [(date(2020, 1, 1), None)]


def test_leave_of_one_who_leads_while_another_stays():
    group = make_group()
    one, other = make_participant(group), make_participant(group)
    group.memberships.filter(person=one).update(role=GroupMembership.Role.COORDINATOR)
    group.memberships.filter(person=other).update(role=GroupMembership.Role.LEAD)
    operations.leave(group=group, person=one)
    with pytest.raises(DomainError, match="enige"):
        operations.leave(group=group, person=other)
    assert list(group.memberships.active_on().values_list("person", flat=True)) == [other.pk]


def test_leave_of_a_group_that_ended_today_is_refused():
    group = make_group()
    person = make_participant(group)
    operations.end_group(group=group, on=timezone.localdate(), decision="Klaar.", by=make_person())
    with pytest.raises(DomainError, match="gestopt"):
        operations.leave(group=group, person=person)
    assert periods(group, person) == [(date(2020, 1, 1), timezone.localdate())]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_all_who_lead_leave_at_once_and_one_stays():
    for _ in range(5):
        group = make_group()
        people = [make_participant(group) for _number in range(4)]
        group.memberships.update(role=GroupMembership.Role.LEAD)

        def leave(number: int, group=group, people=people) -> bool:
            try:
                operations.leave(group=group, person=people[number])
            except DomainError:
                return False
            return True

        assert all_at_once(leave, 4).count(False) == 1
        assert group.memberships.active_on().count() == 1

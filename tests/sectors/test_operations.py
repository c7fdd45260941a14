import pytest

from noord.domain import DomainError
from sectors import operations
from tests.factories import make_member, make_organisation, make_person, make_sector

pytestmark = pytest.mark.django_db


def test_join_list_puts_a_member_on_the_list_once():
    sector, person = make_sector(), make_member()
    operations.join_list(sector=sector, person=person)
    operations.join_list(sector=sector, person=person)
    assert list(sector.people.all()) == [person]


@pytest.mark.parametrize("is_member", [False, None])
def test_join_list_refuses_who_does_not_work_at_a_member(is_member):
    organisation = None if is_member is None else make_organisation(is_member=is_member)
    sector, person = make_sector(), make_person(organisation=organisation)
    with pytest.raises(DomainError):
        operations.join_list(sector=sector, person=person)
    assert not sector.people.exists()


def test_leave_list_takes_a_person_off_twice_without_an_error():
    sector, person, other = make_sector(), make_member(), make_member()
    sector.people.add(person, other)
    operations.leave_list(sector=sector, person=person)
    operations.leave_list(sector=sector, person=person)
    assert list(sector.people.all()) == [other]

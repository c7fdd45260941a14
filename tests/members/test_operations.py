from datetime import date

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.db import IntegrityError, connection, transaction

from members import operations, rules
from members.models import Membership, MembershipRequest, Organisation, Person, Position
from noord.domain import DomainError
from tests.factories import make_organisation, make_person

pytestmark = pytest.mark.django_db


def test_start_membership_makes_a_member_from_that_day():
    organisation = make_organisation(is_member=False)
    operations.start_membership(organisation=organisation, start=date(2020, 1, 1), end=date(2020, 12, 31))
    days = [date(2019, 12, 31), date(2020, 1, 1), date(2020, 12, 31), date(2021, 1, 1)]
    assert [Organisation.objects.members_on(day).exists() for day in days] == [False, True, True, False]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2019, 1, 1), date(2020, 1, 1)),
        (date(2020, 12, 31), None),
        (date(2019, 1, 1), None),
        (date(2020, 6, 1), date(2020, 6, 1)),
    ],
)
def test_start_membership_refuses_a_period_that_shares_a_day(start, end):
    organisation = make_organisation(is_member=False)
    operations.start_membership(organisation=organisation, start=date(2020, 1, 1), end=date(2020, 12, 31))
    with pytest.raises(DomainError):
        operations.start_membership(organisation=organisation, start=start, end=end)
    assert Membership.objects.count() == 1


def test_start_membership_takes_the_day_after_another_and_other_organisations():
    organisation = make_organisation(is_member=False)
    operations.start_membership(organisation=organisation, start=date(2020, 1, 1), end=date(2020, 12, 31))
    operations.start_membership(organisation=organisation, start=date(2021, 1, 1))
    operations.start_membership(organisation=make_organisation(is_member=False), start=date(2020, 6, 1))
    assert Membership.objects.count() == 3


def test_start_membership_refuses_an_end_before_the_start():
    with pytest.raises(DomainError):
        operations.start_membership(
            organisation=make_organisation(is_member=False), start=date(2020, 1, 2), end=date(2020, 1, 1)
        )


@pytest.mark.postgres
def test_database_refuses_memberships_that_overlap():
    organisation = make_organisation()
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(organisation=organisation, start=date(2024, 1, 1))
    assert connection.vendor == "postgresql"


def test_end_membership_keeps_the_row_with_its_last_day():
    membership = make_organisation().memberships.get()
    operations.end_membership(membership=membership, end=date(2025, 6, 30))
    membership.refresh_from_db()
    assert (membership.start, membership.end) == (date(2019, 1, 1), date(2025, 6, 30))


def test_end_membership_refuses_a_day_in_the_next_membership():
    organisation = make_organisation(is_member=False)
    first = operations.start_membership(organisation=organisation, start=date(2020, 1, 1), end=date(2020, 12, 31))
    operations.start_membership(organisation=organisation, start=date(2021, 1, 1))
    with pytest.raises(DomainError):
        operations.end_membership(membership=first, end=date(2021, 1, 1))


def test_members_on_asks_position_and_membership_on_the_same_day():
    organisation = make_organisation(is_member=False)
    operations.start_membership(organisation=organisation, start=date(2020, 1, 1), end=date(2022, 12, 31))
    person = make_person()
    position = operations.start_position(person=person, organisation=organisation, start=date(2021, 1, 1))
    operations.end_position(position=position, end=date(2024, 12, 31))
    days = [date(2020, 6, 1), date(2021, 1, 1), date(2022, 12, 31), date(2023, 1, 1), date(2025, 1, 1)]
    assert [Person.objects.members_on(day).exists() for day in days] == [False, True, True, False, False]


@time_machine.travel("2026-03-10 12:00")
def test_members_on_is_about_today_by_default():
    person = make_person(organisation=make_organisation())
    leaver = make_person(organisation=make_organisation())
    operations.end_position(position=leaver.positions.get(), end=date(2026, 3, 9))
    newcomer = make_person()
    operations.start_position(person=newcomer, organisation=make_organisation(), start=date(2026, 3, 11))
    assert list(Person.objects.members_on()) == [person]


def test_start_position_twice_makes_one():
    person, organisation = make_person(), make_organisation()
    first = operations.start_position(person=person, organisation=organisation, title="adviseur")
    assert operations.start_position(person=person, organisation=organisation) == first
    assert person.positions.count() == 1


def test_end_position_refuses_a_day_before_the_first():
    person = make_person(organisation=make_organisation())
    with pytest.raises(DomainError):
        operations.end_position(position=person.positions.get(), end=date(2019, 12, 31))


@time_machine.travel("2026-03-10 12:00")
def test_move_to_keeps_the_history():
    old, new = make_organisation(), make_organisation()
    person = make_person(organisation=old)
    operations.move_to(person=person, organisation=new, title="CIO")
    assert list(person.positions.order_by("start").values_list("organisation", "title", "start", "end")) == [
        (old.pk, "adviseur", date(2020, 1, 1), date(2026, 3, 9)),
        (new.pk, "CIO", date(2026, 3, 10), None),
    ]
    assert Person.objects.get(pk=person.pk).organisation == new


@time_machine.travel("2026-03-10 12:00")
def test_move_to_on_the_first_day_of_a_position_leaves_no_negative_period():
    person = make_person()
    operations.start_position(person=person, organisation=make_organisation())
    operations.move_to(person=person, organisation=make_organisation())
    assert sorted(person.positions.values_list("start", "end"), key=str) == [
        (date(2026, 3, 10), None),
        (date(2026, 3, 10), date(2026, 3, 10)),
    ]


def test_sign_up_finds_somebody_known_whatever_the_case():
    person = make_person(email="jan@westerkwartier.example", name="Jan")
    assert operations.sign_up(email="JAN@Westerkwartier.example", name="Iemand anders") == person
    person.refresh_from_db()
    assert (person.name, Person.objects.count()) == ("Jan", 1)


def test_sign_up_makes_somebody_without_password_and_position():
    make_organisation(domain="westerkwartier.example")
    person = operations.sign_up(email="Jan@westerkwartier.example", name=" Jan ")
    assert (person.email, person.name, person.has_usable_password()) == ("jan@westerkwartier.example", "Jan", False)
    assert not person.positions.exists()


def test_open_account_gives_one_position_at_the_member():
    organisation = make_organisation(domain="westerkwartier.example")
    person = make_person(email="jan@westerkwartier.example")
    operations.open_account(person=person)
    operations.open_account(person=person)
    assert [position.organisation for position in person.positions.all()] == [organisation]


def test_open_account_gives_nothing_when_the_membership_ended():
    organisation = make_organisation(domain="westerkwartier.example")
    operations.end_membership(membership=organisation.memberships.get(), end=date(2025, 12, 31))
    person = make_person(email="jan@westerkwartier.example")
    assert operations.open_account(person=person) is None
    assert not person.positions.exists()


@time_machine.travel("2026-03-10 12:00")
def test_open_account_with_an_address_of_another_member_is_a_change_of_employer():
    old, new = make_organisation(domain="oud.example"), make_organisation(domain="nieuw.example")
    elsewhere = make_organisation()
    person = make_person(email="jan@nieuw.example", organisation=old)
    operations.start_position(person=person, organisation=elsewhere, start=date(2024, 1, 1))
    operations.open_account(person=person, old_email="jan@oud.example")
    assert set(person.positions.values_list("organisation", "end")) == {
        (old.pk, date(2026, 3, 9)),
        (elsewhere.pk, None),
        (new.pk, None),
    }


def test_request_membership_keeps_one_open_request_per_address():
    operations.request_membership(email="Jan@elders.example", name="Jan")
    operations.request_membership(email="jan@elders.example", organisation_name="Elders", message="Hoe dan?")
    request = MembershipRequest.objects.get()
    assert (request.email, request.name, request.organisation_name, request.message) == (
        "jan@elders.example",
        "Jan",
        "Elders",
        "Hoe dan?",
    )
    operations.handle_request(request=request)
    operations.request_membership(email="jan@elders.example", name="Jan")
    assert MembershipRequest.objects.filter(handled_at=None).count() == 1
    assert MembershipRequest.objects.count() == 2


def test_add_colleague_finds_somebody_with_a_position_there_whatever_the_case():
    organisation = make_organisation()
    me, colleague = make_person(organisation=organisation), make_person(organisation=organisation)
    found = operations.add_colleague(email=colleague.email.upper(), name="", organisation=organisation, by=me)
    assert found == colleague


def test_add_colleague_makes_a_person_with_a_position_for_a_new_address_of_the_domain():
    organisation = make_organisation(domain="westerkwartier.example")
    me = make_person(organisation=organisation)
    person = operations.add_colleague(
        email="Nieuw@westerkwartier.example", name="Nieuwe Collega", organisation=organisation, by=me
    )
    assert (person.email, person.name, person.has_usable_password()) == (
        "nieuw@westerkwartier.example",
        "Nieuwe Collega",
        False,
    )
    assert Position.objects.get(person=person).organisation == organisation


def test_add_colleague_says_the_same_about_known_and_unknown_addresses():
    organisation = make_organisation(domain="westerkwartier.example")
    me = make_person(organisation=organisation)
    known = make_person(organisation=make_organisation(domain="elders.example"), email="jan@elders.example")
    left = make_person(organisation=organisation, email="weg@westerkwartier.example")
    operations.end_position(position=left.positions.get(), end=date(2025, 1, 1))
    closed = make_person(organisation=organisation, is_active=False)
    sentences = set()
    for email in [known.email, "niemand@elders.example", left.email, closed.email, "geen adres", "", "a\0b@elders.nl"]:
        with pytest.raises(DomainError) as refusal:
            operations.add_colleague(email=email, name="Jan", organisation=organisation, by=me)
        sentences.add(str(refusal.value))
    assert len(sentences) == 1
    assert Person.objects.count() == 4


def test_add_colleague_is_for_who_works_there():
    organisation = make_organisation(domain="westerkwartier.example")
    with pytest.raises(DomainError):
        operations.add_colleague(
            email="x@westerkwartier.example", name="X", organisation=organisation, by=make_person()
        )


def test_keep_one_address_forgets_the_login_addresses_of_before():
    person = make_person(email="nieuw@proef.example")
    EmailAddress.objects.create(user=person, email="oud@proef.example", verified=True, primary=True)
    operations.keep_one_address(person=person)
    assert not EmailAddress.objects.exists()


def test_add_colleague_refuses_who_works_elsewhere_with_an_address_of_the_domain():
    organisation, elsewhere = make_organisation(domain="noord.example"), make_organisation()
    me = make_person(organisation=organisation, email="lid@noord.example")
    chair = make_person(organisation=elsewhere, email="voorzitter@noord.example")
    with pytest.raises(DomainError) as refusal:
        operations.add_colleague(email=chair.email, name="X", organisation=organisation, by=me)
    assert refusal.value.reason == rules.NOT_A_COLLEAGUE
    assert chair.positions.get().organisation == elsewhere
    operations.end_position(position=chair.positions.get(), end=date(2025, 1, 1))
    assert operations.add_colleague(email=chair.email, name="X", organisation=organisation, by=me) == chair


@time_machine.travel("2026-03-10 12:00", tick=False)
def test_add_colleague_takes_so_many_newcomers_a_day():
    organisation = make_organisation(domain="noord.example")
    me, other = make_person(organisation=organisation), make_person(organisation=organisation)

    def add(n: int, by: Person) -> Person:
        return operations.add_colleague(email=f"nieuw-{n}@noord.example", name="N", organisation=organisation, by=by)

    for n in range(rules.NEWCOMERS_A_DAY):
        add(n, me)
    with pytest.raises(DomainError) as refusal:
        add(20, me)
    assert refusal.value.reason == rules.TOO_MANY_NEWCOMERS
    assert str(rules.NEWCOMERS_A_DAY) in str(refusal.value)
    assert not Person.objects.filter(email="nieuw-20@noord.example").exists()
    assert add(0, me).email == "nieuw-0@noord.example"  # no newcomer any more
    add(20, other)
    with time_machine.travel("2026-03-11 12:00", tick=False):
        add(21, me)

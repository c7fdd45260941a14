from datetime import date

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Permission
from django.urls import reverse

from members import operations
from members.models import Membership, MembershipRequest, Organisation, Person, Role
from tests.factories import make_organisation, make_person

pytestmark = pytest.mark.django_db

CHANGELISTS = ["organisation", "person", "position", "membershiprequest", "role"]


@pytest.fixture
def admin_client(client):
    client.force_login(make_person(is_staff=True, is_superuser=True, email="beheer@proef.example"))
    return client


def organisation_form(organisation: Organisation, memberships: list[tuple[str, str, str]]) -> dict[str, object]:
    """The post of the change page; memberships as (id or nothing, first day, last day)."""
    data = {"name": organisation.name, "slug": organisation.slug, "kind": organisation.kind}
    for prefix in ("memberships", "email_domains", "positions"):
        data |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    data |= {
        "memberships-TOTAL_FORMS": len(memberships),
        "memberships-INITIAL_FORMS": sum(bool(pk) for pk, _start, _end in memberships),
    }
    for n, (pk, start, end) in enumerate(memberships):
        row = {"id": pk, "organisation": organisation.pk, "start": start, "end": end}
        data |= {f"memberships-{n}-{name}": value for name, value in row.items()}
    return data


def test_organisation_takes_a_membership_after_another(admin_client):
    organisation = make_organisation()
    first = organisation.memberships.get()
    url = reverse("admin:members_organisation_change", args=[organisation.pk])
    rows = [(first.pk, "2019-01-01", "2024-12-31"), ("", "2025-01-01", "")]
    assert admin_client.post(url, organisation_form(organisation, rows)).status_code == 302
    assert list(organisation.memberships.values_list("start", "end")) == [
        (date(2025, 1, 1), None),
        (date(2019, 1, 1), date(2024, 12, 31)),
    ]


@pytest.mark.parametrize(
    "row", [("", "2025-01-01", ""), ("", "2018-01-01", "2019-01-01"), ("", "x", ""), ("", "", "")]
)
def test_organisation_refuses_a_membership_that_overlaps_in_words(admin_client, row):
    organisation = make_organisation()
    url = reverse("admin:members_organisation_change", args=[organisation.pk])
    rows = [(organisation.memberships.get().pk, "2019-01-01", ""), row]
    response = admin_client.post(url, organisation_form(organisation, rows))
    expected = (302, 1) if row == ("", "", "") else (200, 1)
    assert (response.status_code, Membership.objects.count()) == expected


@pytest.mark.postgres
def test_organisation_says_it_when_the_database_refuses(admin_client):
    organisation = make_organisation(is_member=False)
    first = operations.start_membership(organisation=organisation, start=date(2020, 1, 1), end=date(2020, 12, 31))
    second = operations.start_membership(organisation=organisation, start=date(2021, 1, 1))
    url = reverse("admin:members_organisation_change", args=[organisation.pk])
    # Each takes the other's place: right in the end, refused on the way.
    rows = [(first.pk, "2021-01-01", ""), (second.pk, "2020-01-01", "2020-12-31")]
    response = admin_client.post(url, organisation_form(organisation, rows), follow=True)
    assert response.status_code == 200
    assert list(Membership.objects.values_list("pk", "start")) == [
        (second.pk, date(2021, 1, 1)),
        (first.pk, date(2020, 1, 1)),
    ]


def test_person_is_added_without_a_password(admin_client):
    data = {"name": "Jan", "email": "JAN@proef.example", "usable_password": "false"}
    data |= {"positions-TOTAL_FORMS": 0, "positions-INITIAL_FORMS": 0}
    assert admin_client.post(reverse("admin:members_person_add"), data).status_code == 302
    person = Person.objects.get(email="jan@proef.example")
    assert (person.name, person.has_usable_password()) == ("Jan", False)


def test_person_is_added_without_an_address_more_than_once(admin_client):
    data = {"email": "", "usable_password": "false", "positions-TOTAL_FORMS": 0, "positions-INITIAL_FORMS": 0}
    for name in ("Jan", "Piet"):
        assert admin_client.post(reverse("admin:members_person_add"), data | {"name": name}).status_code == 302
    assert Person.objects.filter(email=None).count() == 2


def test_person_refuses_an_address_of_another_whatever_the_case(admin_client):
    make_person(email="jan@proef.example")
    data = {"name": "Jan", "email": "JAN@proef.example", "usable_password": "false"}
    data |= {"positions-TOTAL_FORMS": 0, "positions-INITIAL_FORMS": 0}
    response = admin_client.post(reverse("admin:members_person_add"), data)
    assert response.status_code == 200
    assert "email" in response.context["adminform"].form.errors


def test_person_with_another_address_no_longer_logs_in_with_the_old(admin_client):
    person = make_person(email="oud@proef.example")
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    data = {"name": person.name, "email": "nieuw@proef.example", "is_active": "on"}
    data |= {"positions-TOTAL_FORMS": 0, "positions-INITIAL_FORMS": 0}
    response = admin_client.post(reverse("admin:members_person_change", args=[person.pk]), data)
    assert response.status_code == 302
    assert not EmailAddress.objects.exists()


def test_person_rights_are_given_by_superusers_only(client):
    staff, colleague = make_person(is_staff=True), make_person()
    superuser = make_person(is_staff=True, is_superuser=True)
    staff.user_permissions.set(Permission.objects.filter(content_type__app_label="members"))
    client.force_login(staff)
    data = {"name": "Anders", "email": colleague.email, "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    data |= {"positions-TOTAL_FORMS": 0, "positions-INITIAL_FORMS": 0}
    for person in (colleague, superuser):
        client.post(reverse("admin:members_person_change", args=[person.pk]), data)
        person.refresh_from_db()
    assert (colleague.name, colleague.is_staff, colleague.is_superuser) == ("Anders", False, False)
    assert superuser.name != "Anders"
    url = reverse("admin:auth_user_password_change", args=[superuser.pk])
    assert client.get(url).status_code == 404


def test_person_gets_a_password_from_superusers_only(client):
    staff = make_person(is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(content_type__app_label="members"))
    secret = {"usable_password": "true", "password1": "geheim-van-mij-1", "password2": "geheim-van-mij-1"}
    data = {"name": "Jan", **secret, "positions-TOTAL_FORMS": 0, "positions-INITIAL_FORMS": 0}
    seen = {}
    for who in (staff, make_person(is_staff=True, is_superuser=True)):
        client.force_login(who)
        page = client.get(reverse("admin:members_person_add")).content.decode()
        email = f"nieuw-{who.pk}@proef.example"
        assert client.post(reverse("admin:members_person_add"), data | {"email": email}).status_code == 302
        seen[who.is_superuser] = "password1" in page, Person.objects.get(email=email).has_usable_password()
    assert seen == {False: (False, False), True: (True, True)}


def test_requests_are_marked_as_handled(admin_client):
    request = operations.request_membership(email="jan@elders.example")
    url = reverse("admin:members_membershiprequest_changelist")
    admin_client.post(url, {"action": "mark_as_handled", "_selected_action": [request.pk]})
    assert MembershipRequest.objects.get().handled_at


@pytest.mark.parametrize("model", CHANGELISTS)
@pytest.mark.parametrize("query", ["", "?q=proef", "?q=%00", "?q=😀", "?member=yes", "?member=no"])
def test_changelists_open_with_any_search(admin_client, model, query):
    operations.request_membership(email="jan@elders.example")
    make_person(organisation=make_organisation())
    assert admin_client.get(reverse(f"admin:members_{model}_changelist") + query).status_code in (200, 302)


@pytest.mark.parametrize("model", CHANGELISTS)
def test_changelists_ask_as_many_queries_for_three_rows_as_for_one(
    admin_client, model, django_assert_num_queries, django_assert_max_num_queries
):
    def add(n):
        operations.request_membership(email=f"jan-{n}@elders.example")
        person = make_person(organisation=make_organisation())
        person.positions.update(role=Role.objects.create(name=f"Rol {n}"))

    url = reverse(f"admin:members_{model}_changelist")
    add(1)
    with django_assert_max_num_queries(9) as captured:
        admin_client.get(url)
    add(2), add(3)
    with django_assert_num_queries(len(captured)):
        admin_client.get(url)

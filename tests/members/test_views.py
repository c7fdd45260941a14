import pytest
from django.urls import reverse

from knowledge_groups.models import GroupMembership
from members import operations
from members.models import Organisation, Person
from tests.factories import (
    make_group,
    make_member,
    make_organisation,
    make_participant,
    make_person,
    make_programme_manager,
    make_sector,
)

pytestmark = pytest.mark.django_db

Kind = Organisation.Kind


def make_province(name="Fryslân", code="PV21", **fields):
    slug = f"provincie-{code.lower()}"
    return make_organisation(name=f"provincie {name}", slug=slug, kind=Kind.PROVINCE, cbs_code=code, **fields)


def names(response) -> list[str]:
    return [organisation.name for organisation in response.context["organisations"]]


def test_list_shows_who_is_a_member_today(client):
    member = make_organisation(note="Lid in deze demo")
    make_organisation(is_member=False)
    left = make_organisation()
    operations.end_membership(membership=left.memberships.get(), end=left.memberships.get().start)
    response = client.get(reverse("members:list"))
    assert names(response) == [member.name]
    html = response.content.decode()
    assert "Lid in deze demo" in html
    assert "2019" in html
    assert f'id="{member.slug}"' in html


@pytest.mark.parametrize("q", ["Dantumadeel", "dantumadiel", " DANT "])
def test_list_finds_a_name_and_the_name_people_used_to_know(client, q):
    make_organisation(name="gemeente Dantumadiel", search_alias="Dantumadeel")
    make_organisation(name="gemeente Assen")
    assert names(client.get(reverse("members:list"), {"q": q})) == ["gemeente Dantumadiel"]


def test_list_filters_by_province_and_kind(client):
    province = make_province()
    municipality = make_organisation(name="gemeente Leeuwarden")
    municipality.provinces.add(province)
    make_organisation(name="gemeente Assen")
    url = reverse("members:list")
    assert names(client.get(url, {"provincie": province.slug})) == ["gemeente Leeuwarden", "provincie Fryslân"]
    assert names(client.get(url, {"provincie": province.slug, "soort": "municipality"})) == ["gemeente Leeuwarden"]


@pytest.mark.parametrize("q", ["\0\0zz", "z" * 1_000_000, "😀", "\u202e", "'; DROP TABLE--", "%", "_", "\\"])
def test_list_takes_any_search(client, q):
    make_organisation()
    response = client.get(reverse("members:list"), {"q": q})
    assert response.status_code == 200
    assert names(response) == []
    assert b"n-empty" in response.content


def test_list_takes_a_filter_that_does_not_exist_as_none(client):
    make_organisation()
    response = client.get(reverse("members:list"), {"soort": "x\0", "provincie": "y"})
    assert len(names(response)) == 1


def test_list_draws_the_map_as_one_picture(client):
    province = make_province()
    member = make_organisation(name="gemeente Leeuwarden", tile_column=1, tile_row=2, tile_label="Lee")
    member.provinces.add(province)
    make_organisation(name="gemeente Vlieland", is_member=False, tile_column=0, tile_row=0, tile_label="Vli")
    html = client.get(reverse("members:list")).content.decode()
    assert '<div class="n-map" role="img" aria-label="' in html
    assert 'is-open c1 r2 is-member" data-short="Lee"><span>Leeu\N{SOFT HYPHEN}warden</span>' in html
    assert 'c0 r0" data-short="Vli"' in html


@pytest.mark.parametrize("rows", [1, 3])
def test_list_asks_four_queries(client, rows, django_assert_num_queries):
    province = make_province(is_member=False)
    for n in range(rows):
        make_organisation(tile_column=n, tile_row=0).provinces.add(province)
    with django_assert_num_queries(4):
        client.get(reverse("members:list"))


def test_profile_saves_ones_own_details_only(client):
    person, other = make_person(), make_person()
    client.force_login(person)
    data = {
        "name": "Nieuwe Naam", "phone": "050 123", "contact_is_public": "on",
        "email": "x@y.example", "is_staff": "on", "is_superuser": "on", "pk": other.pk, "id": other.pk,
    }  # fmt: skip
    assert client.post(reverse("members:profile"), data).url == reverse("members:profile")
    before = (other.name, other.email)
    for row in (person, other):
        row.refresh_from_db()
    assert (person.name, person.phone, person.contact_is_public) == ("Nieuwe Naam", "050 123", True)
    assert (person.email == "x@y.example", person.is_staff, person.is_superuser) == (False, False, False)
    assert (other.name, other.email) == before


def test_profile_keeps_what_was_typed_after_an_error(client):
    client.force_login(make_person())
    response = client.post(reverse("members:profile"), {"name": "", "phone": "050 123"})
    html = response.content.decode()
    assert response.status_code == 200
    assert 'value="050 123"' in html
    assert 'href="#id_name"' in html
    assert 'aria-describedby="id_name_error"' in html


@pytest.mark.parametrize("rows", [1, 3])
def test_profile_asks_few_queries(client, rows, django_assert_max_num_queries):
    person = make_member()
    for _ in range(rows - 1):
        operations.start_position(person=person, organisation=make_organisation())
    client.force_login(person)
    with django_assert_max_num_queries(4):
        client.get(reverse("members:profile"))


def test_pages_change_nothing_by_get(client):
    client.force_login(make_person(name="Jan"))
    client.get(reverse("members:profile"), {"name": "Piet"})
    assert client.get(reverse("members:profile")).context["user"].name == "Jan"
    assert client.post(reverse("members:list")).status_code == 405


def test_pages_leave_out_whose_account_is_closed(client):
    sector, group = make_sector(), make_group()
    manager = make_programme_manager(sector, name="Vertrokken Beheerder", contact_is_public=True)
    lead = make_participant(group, name="Vertrokken Trekker", contact_is_public=True)
    group.memberships.update(role=GroupMembership.Role.COORDINATOR)
    for person, page in ((manager, sector.get_absolute_url()), (lead, group.get_absolute_url())):
        assert person.name in client.get(page).content.decode()
        Person.objects.filter(pk=person.pk).update(is_active=False)
        html = client.get(page).content.decode()
        assert person.name not in html
        assert person.email not in html

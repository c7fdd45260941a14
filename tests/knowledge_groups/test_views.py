import pytest
from django.urls import reverse

from events.models import Event
from knowledge_groups.models import GroupMembership, KnowledgeGroup
from sectors.models import FocalPoint
from tests.factories import (
    make_event,
    make_group,
    make_member,
    make_organisation,
    make_participant,
    make_person,
    make_sector,
)

pytestmark = pytest.mark.django_db

JOIN, LEAVE = "knowledge_groups:join", "knowledge_groups:leave"


def page(client, group) -> str:
    response = client.get(group.get_absolute_url())
    assert response.status_code == 200
    return response.content.decode()


def make_lead(group, **fields):
    person = make_participant(group, **fields)
    group.memberships.filter(person=person).update(role=GroupMembership.Role.LEAD)
    return person


def test_list_sets_ended_groups_apart(client):
    make_group(name="ICT Noord", since_year=2006)
    make_group(name="Oude groep", state=KnowledgeGroup.State.ENDED)
    response = client.get(reverse("knowledge_groups:list"))
    assert [group.name for group in response.context["groups"]] == ["ICT Noord"]
    assert [group.name for group in response.context["ended_groups"]] == ["Oude groep"]
    assert "2006" in response.content.decode()


def test_page_of_an_unknown_group_is_not_found(client):
    assert client.get("/kennisgroepen/bestaat-niet/").status_code == 404


def test_page_tells_about_the_group(client):
    group = make_group(name="ICT Noord", since_year=2006, text="Over ICT.")
    group.partners.add(make_organisation(name="VNG Realisatie"))
    point = FocalPoint.objects.create(sector=make_sector(name="Overheden"), year=2021, title="Samen verder")
    group.focal_points.add(point)
    make_lead(group, name="Martin Vos", organisation=make_organisation(name="gemeente Assen"))
    make_participant(group, name="Gewone Deelnemer")
    make_event(groups=[group], title="Eerste afspraak")
    make_event(groups=[group], title="Besloten afspraak", audience=Event.Audience.HOSTS)
    html = page(client, group)
    shown = ["ICT Noord", "2006", "Over ICT.", "VNG Realisatie", "Samen verder", "Overheden", "Martin Vos"]
    for words in [*shown, "gemeente Assen", "Eerste afspraak"]:
        assert words in html
    assert "Gewone Deelnemer" not in html
    assert "Besloten afspraak" not in html


def test_page_shows_addresses_only_to_who_is_logged_in(client):
    group = make_group()
    make_lead(group, email="martin@noord.example")
    assert "mailto:martin" not in page(client, group)
    client.force_login(make_person())
    assert "mailto:martin@noord.example" in page(client, group)


def test_member_joins_and_leaves_with_one_button(client):
    group, person = make_group(), make_member()
    join, leave = reverse(JOIN, args=[group.slug]), reverse(LEAVE, args=[group.slug])
    client.force_login(person)
    html = page(client, group)
    assert join in html
    assert leave not in html
    for _ in range(2):
        assert client.post(join).url == group.get_absolute_url()
    assert group.memberships.count() == 1
    html = page(client, group)
    assert leave in html
    assert join not in html
    for _ in range(2):
        assert client.post(leave).url == group.get_absolute_url()
    assert not group.memberships.exists()


@pytest.mark.parametrize("fields", [{"is_open": False}, {"state": KnowledgeGroup.State.ENDED}])
def test_closed_group_shows_a_sentence_and_no_button(client, fields):
    group = make_group(**fields)
    client.force_login(make_member())
    assert reverse(JOIN, args=[group.slug]) not in page(client, group)
    response = client.post(reverse(JOIN, args=[group.slug]), follow=True)
    assert 'role="alert"' in response.content.decode()
    assert not group.memberships.exists()


def test_outsider_reads_why_joining_is_not_possible(client):
    group = make_group()
    client.force_login(make_person())
    assert reverse(JOIN, args=[group.slug]) not in page(client, group)
    client.post(reverse(JOIN, args=[group.slug]))
    assert not group.memberships.exists()


def test_lead_sees_the_button_to_leave_while_another_leads(client):
    group = make_group()
    person = make_lead(group)
    make_lead(group)
    client.force_login(person)
    assert reverse(LEAVE, args=[group.slug]) in page(client, group)
    client.post(reverse(LEAVE, args=[group.slug]))
    assert not group.memberships.active_on().filter(person=person).exists()


def test_last_lead_sees_no_button_to_leave(client):
    group = make_group()
    client.force_login(make_lead(group))
    assert reverse(LEAVE, args=[group.slug]) not in page(client, group)
    client.post(reverse(LEAVE, args=[group.slug]))
    assert group.memberships.get().end is None


@pytest.mark.parametrize("name", [JOIN, LEAVE])
def test_get_on_a_button_changes_nothing(client, name):
    group, person = make_group(), make_member()
    if name == LEAVE:
        GroupMembership.objects.create(group=group, person=person)
    client.force_login(person)
    before = list(group.memberships.values())
    assert client.get(reverse(name, args=[group.slug])).url == group.get_absolute_url()
    assert list(group.memberships.values()) == before


@pytest.mark.parametrize("name", [JOIN, LEAVE])
def test_visitor_must_log_in_before_a_button(client, name):
    response = client.post(reverse(name, args=[make_group().slug]))
    assert response.url.startswith(reverse("account_login"))


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(("logged_in", "queries"), [(False, 5), (True, 10)])
def test_page_has_a_query_budget(client, django_assert_num_queries, rows, logged_in, queries):
    group = make_group()
    for number in range(rows):
        make_lead(group)
        make_event(groups=[group, make_group()], sectors=[make_sector()])
        group.partners.add(make_organisation())
        group.focal_points.add(FocalPoint.objects.create(sector=make_sector(), year=2021, title=f"Punt {number}"))
    if logged_in:
        client.force_login(make_member())
    with django_assert_num_queries(queries):
        client.get(group.get_absolute_url())


@pytest.mark.parametrize("rows", [1, 3])
def test_list_has_a_query_budget(client, django_assert_num_queries, rows):
    for _ in range(rows):
        make_group()
    with django_assert_num_queries(1):
        client.get(reverse("knowledge_groups:list"))


def test_page_shows_the_focal_points_of_the_last_year_only(client):
    group, sector = make_group(), make_sector()
    for year, title in ((2020, "Vroeger"), (2021, "Het laatst"), (2999, "Heel veel later")):
        group.focal_points.add(FocalPoint.objects.create(sector=sector, year=year, title=title))
    html = page(client, group)
    assert "Het laatst" in html
    assert "Vroeger" not in html
    assert "Heel veel later" not in html

from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from events.models import Event
from members.models import Membership
from sectors.models import FocalPoint, SectorYear
from tests.factories import (
    amsterdam,
    make_chair,
    make_event,
    make_group,
    make_member,
    make_organisation,
    make_person,
    make_programme_manager,
    make_sector,
)

pytestmark = pytest.mark.django_db


def page(client, sector) -> str:
    response = client.get(sector.get_absolute_url())
    assert response.status_code == 200
    return response.content.decode()


def test_list_shows_the_sectors_with_their_chairs_of_today(client):
    sector = make_sector(name="Overheden", summary="Provincies en gemeenten.")
    make_chair(sector, name="Peter Jager")
    past = make_chair(sector, name="Vroegere Voorzitter").sector_roles.get()
    past.end = timezone.localdate() - timedelta(days=1)
    past.save()
    html = client.get(reverse("sectors:list")).content.decode()
    assert "Overheden" in html
    assert "Provincies en gemeenten." in html
    assert "Peter Jager" in html
    assert "Vroegere Voorzitter" not in html


def test_list_without_sectors_shows_a_way_on(client):
    assert reverse("events:agenda") in client.get(reverse("sectors:list")).content.decode()


def test_page_of_an_unknown_sector_is_not_found(client):
    assert client.get("/sectoren/bestaat-niet/").status_code == 404


@time_machine.travel(amsterdam(2021, 9, 7, 12))
def test_page_counts_the_published_meetings_that_were(client):
    sector = make_sector(name="Overheden")
    SectorYear.objects.create(sector=sector, year=2021, planned_meetings=8)
    for month in (1, 2, 3):
        start = amsterdam(2021, month, 4, 13)
        make_event(kind="sector", sectors=[sector], start=start, audience=Event.Audience.HOSTS)
    make_event(kind="sector", sectors=[sector], start=amsterdam(2021, 4, 1, 13), status=Event.Status.CANCELLED)
    make_event(kind="sector", sectors=[sector], start=amsterdam(2021, 10, 14, 13))
    make_event(kind="sector", sectors=[sector], start=amsterdam(2020, 12, 31, 13))
    make_event(kind="joint", sectors=[sector], start=amsterdam(2021, 5, 4, 13))
    make_event(sectors=[make_sector()], start=amsterdam(2021, 5, 1, 13))
    response = client.get(sector.get_absolute_url())
    progress = response.context["progress"]
    assert (progress.year, progress.held, progress.planned) == (2021, 3, 8)
    assert progress.piles == [True] * 3 + [False] * 5
    assert response.content.decode().count('<i class="is-done"></i>') == 3


@time_machine.travel(amsterdam(2021, 9, 7, 12))
def test_page_with_more_meetings_than_planned_shows_a_pile_for_each(client):
    sector = make_sector()
    SectorYear.objects.create(sector=sector, year=2021, planned_meetings=1)
    for month in (1, 2):
        make_event(kind="sector", sectors=[sector], start=amsterdam(2021, month, 4, 13))
    assert client.get(sector.get_absolute_url()).context["progress"].piles == [True, True]


@time_machine.travel(amsterdam(2021, 9, 7, 12))
def test_page_counts_the_new_members_of_the_year(client):
    sector = make_sector()
    SectorYear.objects.create(sector=sector, year=2021, target_new_members=2)
    old, new, outside = (make_organisation(is_member=False) for _ in range(3))
    sector.organisations.add(old, new)
    Membership.objects.create(organisation=old, start=date(2019, 1, 1))
    Membership.objects.create(organisation=new, start=date(2021, 2, 1))
    Membership.objects.create(organisation=outside, start=date(2021, 2, 1))
    progress = client.get(sector.get_absolute_url()).context["progress"]
    assert (progress.target_new_members, progress.new_members) == (2, 1)


@time_machine.travel(amsterdam(2026, 9, 7, 12))
def test_page_shows_the_focal_points_of_the_last_year_that_has_any(client):
    sector, veiligheid = make_sector(name="Overheden"), make_sector(name="Veiligheid")
    group = make_group(name="ICT Noord")
    old = FocalPoint.objects.create(sector=sector, year=2020, title="Oud punt")
    point = FocalPoint.objects.create(sector=sector, year=2021, title="Digitale crisis", result="Een draaiboek.")
    FocalPoint.objects.create(sector=sector, year=2027, title="Volgend jaar")
    point.partner_sectors.add(veiligheid)
    point.partner_groups.add(group)
    point.partner_organisations.add(make_organisation(name="VNG Realisatie"))
    html = page(client, sector)
    for words in ("Digitale crisis", "Veiligheid", "ICT Noord", "VNG Realisatie", "Een draaiboek."):
        assert words in html
    assert old.title not in html
    assert "Volgend jaar" not in html


def test_page_shows_addresses_only_to_who_is_logged_in(client):
    sector = make_sector()
    manager = make_programme_manager(sector, email="albina@noord.example", phone="050-123 45 67")
    make_chair(sector, email="voorzitter@noord.example")
    html = page(client, sector)
    assert manager.name in html
    assert "mailto:albina" not in html
    assert "tel:" not in html
    client.force_login(make_person())
    html = page(client, sector)
    assert "mailto:albina@noord.example" in html
    assert "tel:0501234567" in html
    assert "mailto:voorzitter@noord.example" in html


def test_page_shows_an_address_to_everyone_after_consent(client):
    sector = make_sector()
    make_programme_manager(sector, email="albina@noord.example", contact_is_public=True)
    assert "mailto:albina@noord.example" in page(client, sector)


def test_page_of_somebody_without_address_has_no_buttons(client):
    sector = make_sector()
    make_chair(sector, email=None, name="Peter Jager")
    client.force_login(make_person())
    html = page(client, sector)
    assert "Peter Jager" in html
    assert "mailto:None" not in html


def test_page_shows_only_meetings_that_the_reader_may_see(client):
    sector = make_sector()
    public = make_event(sectors=[sector], title="Voor iedereen")
    make_event(sectors=[sector], title="Voor de lijst", audience=Event.Audience.HOSTS)
    make_event(sectors=[sector], title="Nog een concept", status=Event.Status.DRAFT)
    html = page(client, sector)
    assert public.title in html
    assert "Voor de lijst" not in html
    assert "Nog een concept" not in html
    person = make_member()
    sector.people.add(person)
    client.force_login(person)
    html = page(client, sector)
    assert "Voor de lijst" in html
    assert "Nog een concept" not in html


def test_page_escapes_what_people_wrote(client):
    sector = make_sector(name="<b>vet</b>", text="<script>alert(1)</script>")
    make_event(sectors=[sector], title="<img src=x>", place='"><i>')
    html = page(client, sector)
    assert "<script>alert" not in html
    assert "<img src=x>" not in html
    assert '"><i>' not in html
    assert "<b>vet</b>" not in html


def test_visitor_is_led_to_the_login_and_back(client):
    sector = make_sector()
    html = page(client, sector)
    assert f"{reverse('account_login')}?next={sector.get_absolute_url()}" in html
    assert "csrfmiddlewaretoken" not in html


def test_member_follows_and_unfollows_with_one_button(client):
    sector, person = make_sector(), make_member()
    client.force_login(person)
    assert reverse("sectors:join", args=[sector.slug]) in page(client, sector)
    for _ in range(2):
        response = client.post(reverse("sectors:join", args=[sector.slug]))
        assert response.url == sector.get_absolute_url()
    assert list(sector.people.all()) == [person]
    assert reverse("sectors:leave", args=[sector.slug]) in page(client, sector)
    for _ in range(2):
        assert client.post(reverse("sectors:leave", args=[sector.slug])).status_code == 302
    assert not sector.people.exists()


def test_outsider_reads_why_following_is_not_possible(client):
    sector = make_sector()
    client.force_login(make_person())
    html = page(client, sector)
    assert reverse("sectors:join", args=[sector.slug]) not in html
    response = client.post(reverse("sectors:join", args=[sector.slug]), follow=True)
    assert 'role="alert"' in response.content.decode()
    assert not sector.people.exists()


@pytest.mark.parametrize("name", ["sectors:join", "sectors:leave"])
def test_get_on_a_button_changes_nothing(client, name):
    sector, person = make_sector(), make_member()
    client.force_login(person)
    if name == "sectors:leave":
        sector.people.add(person)
    before = list(sector.people.all())
    assert client.get(reverse(name, args=[sector.slug])).url == sector.get_absolute_url()
    assert list(sector.people.all()) == before


@pytest.mark.parametrize("name", ["sectors:join", "sectors:leave"])
def test_visitor_must_log_in_before_a_button(client, name):
    response = client.post(reverse(name, args=[make_sector().slug]))
    assert response.url.startswith(reverse("account_login"))


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(("logged_in", "queries"), [(False, 6), (True, 11)])
def test_page_has_a_query_budget(client, django_assert_num_queries, rows, logged_in, queries):
    sector = make_sector()
    SectorYear.objects.create(sector=sector, year=timezone.localdate().year)
    for number in range(rows):
        make_chair(sector)
        make_programme_manager(sector)
        make_event(sectors=[sector, make_sector()], groups=[make_group()])
        sector.organisations.add(make_organisation())
        point = FocalPoint.objects.create(sector=sector, year=2021, title=f"Punt {number}")
        point.partner_sectors.add(make_sector())
        point.partner_groups.add(make_group())
        point.partner_organisations.add(make_organisation())
    if logged_in:
        client.force_login(make_member())
    with django_assert_num_queries(queries):
        client.get(sector.get_absolute_url())


@pytest.mark.parametrize("rows", [1, 3])
def test_list_has_a_query_budget(client, django_assert_num_queries, rows):
    for _ in range(rows):
        make_chair(make_sector())
    with django_assert_num_queries(2):
        client.get(reverse("sectors:list"))

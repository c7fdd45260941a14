"""Focal points on the page of every partner, on a page of their own, and their results for everybody."""

import pytest
import time_machine
from django.urls import reverse

from events.models import Event, TopicProposal
from sectors.models import FocalPoint
from sectors.pages import results
from tests.factories import (
    amsterdam,
    make_event,
    make_focal_point,
    make_group,
    make_member,
    make_organisation,
    make_person,
    make_sector,
    make_topic,
)

pytestmark = pytest.mark.django_db

RESULTS = "/resultaten/"


@pytest.fixture(autouse=True)
def in_june():
    with time_machine.travel(amsterdam(2026, 6, 10, 12), tick=False):
        yield


@pytest.fixture
def overheden():
    return make_sector(name="Overheden", slug="overheden")


@pytest.fixture
def veiligheid():
    return make_sector(name="Veiligheid", slug="veiligheid")


@pytest.fixture
def crisis(overheden, veiligheid) -> FocalPoint:
    return make_focal_point(
        overheden,
        title="Digitale crisis",
        text="Wat doe je als alles stilvalt?",
        state=FocalPoint.State.ACTIVE,
        sectors=[veiligheid],
        groups=[make_group(name="ICT Noord", slug="ict-noord")],
        organisations=[make_organisation(name="VNG Realisatie")],
    )


def page(client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("url", ["/sectoren/overheden/", "/sectoren/veiligheid/", "/kennisgroepen/ict-noord/"])
def test_page_of_each_partner_shows_the_focal_point_with_a_link(client, crisis, url):
    html = page(client, url)
    assert f'<a href="/speerpunten/{crisis.pk}/">Digitale crisis</a>' in html
    for words in ("Wat doe je als alles stilvalt?", "Veiligheid", "ICT Noord", "VNG Realisatie", "Stand: Bezig"):
        assert words in html


def test_page_of_a_partner_says_whose_it_is_and_puts_its_own_first(client, crisis, overheden, veiligheid):
    own = make_focal_point(veiligheid, title="Meldkamer")
    context = client.get(veiligheid.get_absolute_url()).context
    assert context["focal_points"] == [own, crisis]
    of_overheden = 'Speerpunt van de sector <a href="/sectoren/overheden/">Overheden</a> in 2026'
    assert of_overheden in page(client, veiligheid.get_absolute_url())
    assert of_overheden not in page(client, overheden.get_absolute_url())


def test_page_of_a_stranger_does_not_show_it(client, crisis):
    assert "Digitale crisis" not in page(client, make_sector().get_absolute_url())
    assert "Digitale crisis" not in page(client, make_group().get_absolute_url())


def test_focal_point_of_an_earlier_year_gives_way_to_one_as_partner(client, crisis, veiligheid):
    make_focal_point(veiligheid, title="Van vorig jaar", year=2025)
    assert client.get(veiligheid.get_absolute_url()).context["focal_points"] == [crisis]


def test_page_tells_of_a_focal_point(client, crisis):
    crisis.result = "Een draaiboek voor de eerste uren."
    crisis.save()
    html = page(client, crisis.get_absolute_url())
    shown = [
        "Digitale crisis",
        "2026",
        "Bezig",
        "Wat doe je als alles stilvalt?",
        "Een draaiboek voor de eerste uren.",
    ]
    partners = ['href="/sectoren/veiligheid/"', 'href="/kennisgroepen/ict-noord/"', "VNG Realisatie"]
    for words in [*shown, *partners, 'href="/sectoren/overheden/jaar/2026/"']:
        assert words in html


def test_page_sets_trainings_apart_and_hides_what_the_reader_may_not_see(client, crisis, overheden):
    def make(title: str, **fields) -> Event:
        event = make_event(title=title, sectors=[overheden], **fields)
        event.focal_points.add(crisis)
        return event

    past = make("Vorige keer", start=amsterdam(2026, 3, 5, 13))
    later = make("Volgende keer")
    training = make("Opleiding crisis", kind=Event.Kind.TRAINING)
    private = make("Voor de lijst", audience=Event.Audience.HOSTS)
    make("Nog een concept", status=Event.Status.DRAFT)
    make_event(title="Iets anders", sectors=[overheden])
    make_topic(overheden, focal_point=crisis, event=make_event(sectors=[overheden]))  # not chosen
    chosen = make_event(sectors=[overheden], start=amsterdam(2026, 4, 2, 13))
    make_topic(overheden, focal_point=crisis, event=chosen, status=TopicProposal.Status.PLANNED)
    work = client.get(crisis.get_absolute_url()).context["work"]
    assert (work.meetings, work.trainings, work.topics) == ([past, chosen, later], [training], [])
    person = make_member()
    overheden.people.add(person)
    client.force_login(person)
    assert client.get(crisis.get_absolute_url()).context["work"].meetings == [past, chosen, later, private]


def test_page_shows_topics_to_the_people_of_their_sector_only(client, crisis, overheden, veiligheid):
    topic = make_topic(overheden, focal_point=crisis, title="Bellen zonder telefoon")
    make_topic(overheden, focal_point=crisis, status=TopicProposal.Status.DRAFT, proposed_at=None, by=make_person())
    make_topic(overheden, focal_point=crisis, status=TopicProposal.Status.WITHDRAWN)
    declined = {"status": TopicProposal.Status.DECLINED, "decline_reason": "Past niet."}
    make_topic(overheden, focal_point=crisis, **declined)
    ours, theirs = make_member(), make_member()
    overheden.people.add(ours)
    veiligheid.people.add(theirs)
    seen = {}
    for person in (None, theirs, ours):
        if person:
            client.force_login(person)
        seen[person] = client.get(crisis.get_absolute_url()).context["work"].topics
    assert seen == {None: [], theirs: [], ours: [topic]}


def test_page_escapes_what_people_wrote(client, overheden):
    point = make_focal_point(overheden, title="<b>vet</b>", text="<script>1</script>", result="<img src=x>")
    for url in (point.get_absolute_url(), overheden.get_absolute_url(), RESULTS):
        html = page(client, url)
        assert [raw for raw in ("<b>vet</b>", "<script>1", "<img src=x>") if raw in html] == []


def test_page_of_an_unknown_focal_point_is_not_found(client):
    assert client.get("/speerpunten/999999/").status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(("logged_in", "queries"), [(False, 3), (True, 8)])
def test_page_has_a_query_budget(client, django_assert_num_queries, overheden, rows, logged_in, queries):
    point = make_focal_point(overheden)
    for _ in range(rows):
        point.partner_sectors.add(make_sector())
        point.partner_groups.add(make_group())
        point.partner_organisations.add(make_organisation())
        for kind in (Event.Kind.MEETING, Event.Kind.TRAINING):
            make_event(sectors=[overheden, make_sector()], groups=[make_group()], kind=kind).focal_points.add(point)
        make_topic(overheden, focal_point=point, event=make_event(sectors=[overheden]))
    if logged_in:
        person = make_member()
        overheden.people.add(person)
        client.force_login(person)
    with django_assert_num_queries(queries):
        client.get(point.get_absolute_url())


# The public page with results


def test_results_are_there_by_year_with_the_newest_first(client, overheden, veiligheid):
    old = make_focal_point(overheden, year=2021, result="Een draaiboek.", sectors=[veiligheid])
    make_focal_point(overheden, year=2021, result="")
    second = make_focal_point(veiligheid, year=2025, result="Een oefening.")
    first = make_focal_point(overheden, year=2025, result="Een opleiding.")
    years = client.get(RESULTS).context["years"]
    assert [(year.year, year.points) for year in years] == [(2025, [first, second]), (2021, [old])]
    html = page(client, RESULTS)
    for words in ("Een draaiboek.", 'href="/sectoren/veiligheid/"', f'href="/speerpunten/{old.pk}/"'):
        assert words in html


def test_results_of_long_ago_are_a_link_away(overheden):
    for year in range(2015, 2022):
        make_focal_point(overheden, year=year, result="Iets.")
    years, older = results()
    assert ([year.year for year in years], older) == ([2021, 2020, 2019, 2018, 2017], 2016)
    years, older = results(until=2016)
    assert ([year.year for year in years], older) == ([2016, 2015], None)


@pytest.mark.parametrize("until", ["x", "20", "99999", "-2020", "²²²²"])
def test_results_until_something_else_than_a_year_are_not_found(client, until):
    assert client.get(RESULTS, {"tot": until}).status_code == 404


def test_results_without_any_show_a_way_on(client):
    assert reverse("sectors:list") in page(client, RESULTS)


def test_foot_of_every_page_leads_to_the_results(client):
    assert f'<a href="{RESULTS}">Resultaten</a>' in page(client, "/")


@pytest.mark.parametrize("rows", [1, 3])
def test_results_have_a_query_budget(client, django_assert_num_queries, overheden, rows):
    for number in range(rows):
        make_focal_point(overheden, year=2020 + number, result="Iets.", sectors=[make_sector()], groups=[make_group()])
    with django_assert_num_queries(1):
        client.get(RESULTS)

"""The year of a sector or a group: planned against held, topics, focal points, growth."""

from datetime import date

import pytest
import time_machine

from events.models import Event, TopicProposal
from events.year import FIRST_YEAR
from members.models import Membership
from sectors.models import SectorYear
from tests.factories import (
    amsterdam,
    make_event,
    make_focal_point,
    make_group,
    make_member,
    make_organisation,
    make_participant,
    make_registration,
    make_sector,
    make_topic,
)

pytestmark = pytest.mark.django_db

NOW = amsterdam(2026, 6, 10, 12)


@pytest.fixture(autouse=True)
def in_june():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def sector():
    sector = make_sector(name="Overheden", slug="overheden")
    SectorYear.objects.create(sector=sector, year=2026, planned_meetings=8, target_new_members=2)
    return sector


@pytest.fixture
def ours(sector):
    person = make_member()
    sector.people.add(person)
    return person


def meet(*sectors, month=3, day=5, year=2026, kind=Event.Kind.SECTOR, **fields) -> Event:
    return make_event(sectors=sectors, start=amsterdam(year, month, day, 13), kind=kind, **fields)


def look(client, home, year=2026, person=None):
    if person:
        client.force_login(person)
    response = client.get(f"{home.get_absolute_url()}jaar/{year}/")
    assert response.status_code == 200
    return response


def shown(client, home, year=2026, person=None):
    return look(client, home, year, person).context["shown"]


def test_year_counts_held_against_planned(client, sector):
    for month in (1, 2, 3, 4, 5):
        meet(sector, month=month)
    meet(sector, month=10)
    meet(sector, month=2, day=9, status=Event.Status.CANCELLED)
    meet(sector, month=12, year=2025)
    year = shown(client, sector)
    assert (year.progress, year.piles) == ("5 van 8 bijeenkomsten in 2026", [True] * 5 + [False] * 3)
    assert len(year.meetings) == 7
    assert year.besides == ""


def test_year_counts_a_shared_sector_meeting_for_each_host_and_a_joint_one_for_nobodys_plan(client, sector):
    other = make_sector()
    SectorYear.objects.create(sector=other, year=2026, planned_meetings=6)
    meet(sector, other, month=3)
    meet(sector, other, month=4, kind=Event.Kind.JOINT)
    seen = [(year.progress, year.besides) for year in (shown(client, home) for home in (sector, other))]
    besides = "Daarnaast was er 1 bijeenkomst die niet meetelt voor het plan."
    assert seen == [("1 van 8 bijeenkomsten in 2026", besides), ("1 van 6 bijeenkomsten in 2026", besides)]


def test_year_counts_who_came_to_a_joint_meeting_for_each_host(client, sector, ours):
    other = make_sector()
    other.people.add(ours)
    event = meet(sector, other, kind=Event.Kind.JOINT)
    make_registration(event)
    for _ in range(2):
        make_registration(event, attended_at=event.start, attendance_source="hand")
    for home in (sector, other):
        (meeting,) = shown(client, home, person=ours).meetings
        assert meeting.came == "Er waren 2 mensen."


def test_year_says_how_many_registered_when_nobody_was_noted_at_the_door(client, sector, ours):
    make_registration(meet(sector))
    assert [meeting.came for meeting in shown(client, sector, person=ours).meetings] == ["1 aanmelding."]


def test_year_shows_the_growth_against_the_target(client, sector):
    old, new, ended = (make_organisation(is_member=False, name=name) for name in ("Oud", "Nieuw", "Weg"))
    Membership.objects.create(organisation=old, start=date(2019, 1, 1))
    Membership.objects.create(organisation=new, start=date(2026, 2, 1))
    Membership.objects.create(organisation=ended, start=date(2020, 1, 1), end=date(2025, 1, 1))
    sector.organisations.add(old, new, ended)
    year = shown(client, sector)
    assert (year.growth, year.joined) == ("Doel voor 2026: 2 nieuwe leden. Nu: 1.", [new])


def test_year_without_a_plan_shows_its_meetings_and_no_progress(client):
    sector = make_sector()
    event = meet(sector)
    year = shown(client, sector)
    assert (year.progress, year.growth, [meeting.event for meeting in year.meetings]) == ("", "", [event])


def test_year_shows_stand_and_topics_to_the_people_of_the_sector_only(client, sector, ours):
    event = meet(sector, month=8, day=20)
    chosen = make_topic(sector, event=event, status=TopicProposal.Status.PLANNED, title="Common Ground")
    make_topic(sector, event=event, title="Nog niet gekozen")
    make_topic(make_sector(), event=meet(make_sector()), status=TopicProposal.Status.PLANNED)
    (visitor,) = shown(client, sector).meetings
    (member,) = shown(client, sector, person=ours).meetings
    assert (visitor.topics, visitor.note, visitor.tag.label) == ([], "", "Je kunt je aanmelden")
    assert (member.topics, member.tag.label) == ([chosen], "Op schema")
    assert member.note.startswith("Het onderwerp is gekozen.")
    assert "Common Ground" not in look(client, sector, person=make_member()).content.decode()


def test_year_hides_meetings_that_the_reader_may_not_see(client, sector, ours):
    meet(sector, title="Voor de lijst", audience=Event.Audience.HOSTS)
    meet(sector, title="Een concept", status=Event.Status.DRAFT)
    assert shown(client, sector).meetings == []
    assert [meeting.event.title for meeting in shown(client, sector, person=ours).meetings] == ["Voor de lijst"]


def test_year_gathers_topics_per_focal_point_of_that_year(client, sector, ours):
    point = make_focal_point(sector, title="Digitale crisis", result="Een draaiboek.")
    partner = make_focal_point(make_sector(), sectors=[sector])
    make_focal_point(sector, year=2025)
    planned = make_topic(sector, focal_point=point, event=meet(sector), status=TopicProposal.Status.PLANNED)
    wished = make_topic(sector, focal_point=point)
    make_topic(sector, focal_point=point, status=TopicProposal.Status.DECLINED, decline_reason="Te vroeg.")
    year = shown(client, sector, person=ours)
    assert {row.point: row.topics for row in year.points} == {point: [planned, wished], partner: []}
    html = look(client, sector).content.decode()
    assert "Een draaiboek." in html
    client.logout()
    assert {row.point: row.topics for row in shown(client, sector).points} == {point: [], partner: []}


def test_year_of_a_group_shows_its_own_rhythm(client):
    group = make_group(slug="ict-noord")
    sector = make_sector()
    make_event(groups=[group], start=amsterdam(2026, 2, 4, 13), kind=Event.Kind.MEETING)
    make_event(groups=[group], sectors=[sector], start=amsterdam(2026, 3, 4, 13), kind=Event.Kind.JOINT)
    make_event(groups=[group], start=amsterdam(2026, 4, 4, 13), kind=Event.Kind.TRAINING)
    point = make_focal_point(sector, groups=[group])
    year = shown(client, group)
    assert (year.progress, year.piles) == ("2 tot 3 keer per jaar, 2 geweest", [True, True, False])
    assert year.besides == "Daarnaast was er 1 bijeenkomst die niet meetelt voor het plan."
    assert [row.point for row in year.points] == [point]
    assert (year.growth, year.joined) == ("", [])
    group.meetings_per_year_min = 3
    group.save()
    assert shown(client, group).progress == "3 keer per jaar, 2 geweest"


def test_year_of_a_group_shows_topics_to_its_participants_only(client):
    group = make_group()
    event = make_event(groups=[group], start=amsterdam(2026, 8, 20, 13))
    topic = make_topic(group, event=event, status=TopicProposal.Status.PLANNED)
    seen = [shown(client, group, person=person) for person in (make_member(), make_participant(group))]
    assert [[meeting.topics for meeting in year.meetings] for year in seen] == [[[]], [[topic]]]


def test_year_leads_to_the_nearest_years_with_anything(client, sector):
    meet(sector, year=2019)
    make_focal_point(sector, year=2021)
    SectorYear.objects.create(sector=sector, year=2027)
    meet(sector, year=2029, status=Event.Status.DRAFT)
    seen = {
        year: (found.earlier, found.later)
        for year in (2018, 2019, 2020, 2021, 2026, 2027)
        for found in [shown(client, sector, year)]
    }
    assert seen == {
        2018: (None, 2019),
        2019: (None, 2021),
        2020: (2019, 2021),
        2021: (2019, 2026),
        2026: (2021, 2027),
        2027: (2026, None),
    }


@pytest.mark.parametrize("year", [0, FIRST_YEAR - 1, 2032, 99999999])
def test_year_that_cannot_be_is_not_found(client, sector, year):
    assert client.get(f"/sectoren/overheden/jaar/{year}/").status_code == 404


def test_year_begins_and_ends_on_the_calendar_in_amsterdam(client, sector):
    first = make_event(sectors=[sector], start=amsterdam(2026, 1, 1, 0, 30))
    last = make_event(sectors=[sector], start=amsterdam(2026, 12, 31, 23, 30))
    assert [meeting.event for meeting in shown(client, sector).meetings] == [first, last]
    assert shown(client, sector, 2025).meetings == []
    assert shown(client, sector, 2026).later is None


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(("logged_in", "queries"), [(False, 5), (True, 10)])
def test_year_has_a_query_budget(client, django_assert_num_queries, sector, ours, rows, logged_in, queries):
    for month in range(1, rows + 1):
        event = meet(sector, make_sector(), month=month)
        event.groups.add(make_group())
        point = make_focal_point(sector, sectors=[make_sector()], groups=[make_group()])
        make_topic(sector, focal_point=point, event=event, status=TopicProposal.Status.PLANNED)
        organisation = make_organisation(is_member=False)
        Membership.objects.create(organisation=organisation, start=date(2026, 2, 1))
        sector.organisations.add(organisation)
    if logged_in:
        client.force_login(ours)
    with django_assert_num_queries(queries):
        client.get("/sectoren/overheden/jaar/2026/")


def test_focal_point_shows_what_is_chosen_first_and_counts_what_does_not_fit(client, sector, ours, monkeypatch):
    monkeypatch.setattr("events.year.TOPICS_SHOWN", 2)
    point, other = make_focal_point(sector), make_focal_point(sector)
    open_topics = [make_topic(sector, focal_point=point) for _ in range(3)]
    chosen = make_topic(sector, focal_point=point, event=meet(sector), status=TopicProposal.Status.PLANNED)
    make_topic(sector, focal_point=point, status=TopicProposal.Status.WITHDRAWN)
    only = make_topic(sector, focal_point=other)
    rows = shown(client, sector, person=ours).points
    assert [(row.topics, row.more) for row in rows] == [([chosen, open_topics[0]], 2), ([only], 0)]
    assert "En nog 2 onderwerpen" in look(client, sector).content.decode()

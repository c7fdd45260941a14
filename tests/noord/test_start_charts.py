"""The charts of the start page: what is drawn, and that the table says the same."""

import re
from datetime import date
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from django.test import Client

from events.models import Event, Registration
from members.models import Membership
from noord.start.charts import FLOOR, LEFT, MOST_BARS, RIGHT, TOP, bars_of, steps_of
from sectors.models import Sector
from tests.factories import (
    amsterdam,
    make_event,
    make_organisation,
    make_person,
    make_programme_manager,
    make_registration,
    make_sector,
)

NOW = amsterdam(2026, 6, 10, 12)


@pytest.fixture(autouse=True)
def in_june(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def sector(db) -> Sector:
    sector = make_sector()
    held = make_event(sectors=[sector], start=amsterdam(2026, 3, 12, 13))
    for came in (True, True, False):
        registration = make_registration(held, make_person(), queued_at=amsterdam(2026, 2, 1))
        if came:
            Registration.objects.filter(pk=registration.pk).update(
                attended_at=held.start, attendance_source=Registration.Source.HAND
            )
    make_event(sectors=[sector], start=amsterdam(2026, 4, 9, 13), kind=Event.Kind.LUNCH)
    make_event(sectors=[sector], start=amsterdam(2025, 4, 9, 13))
    make_event(sectors=[sector], start=amsterdam(2026, 5, 9, 13), status=Event.Status.CANCELLED)
    ahead = make_event(sectors=[sector, make_sector()], start=amsterdam(2026, 7, 9, 13), capacity=10)
    for moment in (amsterdam(2026, 6, 1, 0, 30), amsterdam(2026, 6, 1, 23), amsterdam(2026, 6, 8, 9)):
        make_registration(ahead, make_person(), queued_at=moment)
    make_registration(ahead, make_person(), status=Registration.Status.WAITING)
    for first, last in (((2023, 12, 31), None), ((2024, 1, 1), (2025, 12, 30)), ((2026, 6, 11), None)):
        organisation = make_organisation(is_member=False)
        Membership.objects.create(organisation=organisation, start=date(*first), end=last and date(*last))
        sector.organisations.add(organisation)
    return sector


def page_for(sector: Sector):
    client = Client()
    client.force_login(make_programme_manager(sector))
    return client.get("/beheer/")


def test_registrations_add_up_by_the_day_in_amsterdam(sector):
    chart = page_for(sector).context["cards"][0].charts[0]
    assert [row[1:] for row in chart.rows] == [(2, 2), (1, 3)]
    assert (chart.end[2], chart.limit[1]) == (3, 10)


def test_attendance_is_drawn_inside_the_registrations_of_each_meeting_of_the_year(sector):
    chart = page_for(sector).context["cards"][0].charts[1]
    assert [row[2:] for row in chart.rows] == [(3, 2), (0, 0)]
    assert [(bar.value, bar.part_value) for bar in chart.bars] == [(3, 2), (0, 0)]
    assert len(chart.columns) == 4


def test_meetings_where_nobody_marked_attendance_show_their_registrations_alone(sector):
    Registration.objects.update(attended_at=None, attendance_source="")
    chart = page_for(sector).context["cards"][0].charts[1]
    assert [row[2:] for row in chart.rows] == [(3,), (0,)]
    assert (chart.has_parts, len(chart.columns)) == (False, 3)


def test_members_are_counted_on_the_last_day_of_each_year_and_today(sector):
    chart = page_for(sector).context["cards"][0].charts[2]
    assert [row[1] for row in chart.rows] == [1, 2, 1, 1]
    assert [bar.words for bar in chart.bars] == [("2023",), ("2024",), ("2025",), ("2026",)]


def test_each_drawing_has_a_name_a_sentence_and_a_table_and_no_style_of_its_own(sector):
    page = page_for(sector).content.decode()
    drawings = re.findall(r'<figure class="start-chart">.*?</figure>', page, re.DOTALL)
    assert len(drawings) == 4  # three of the sector, one of the network
    ids = re.findall(r'\bid="([^"]+)"', "".join(drawings))
    assert len(ids) == len(set(ids)) == 8
    for drawing in drawings:
        svg = re.search(r"<svg.*</svg>", drawing, re.DOTALL)[0]
        root = ElementTree.fromstring(svg)  # noqa: S314 - our own page
        named = [root.find("title").get("id"), root.find("desc").get("id")]
        assert (root.get("role"), root.get("aria-labelledby").split()) == ("img", named)
        assert "style=" not in drawing
        assert "<details>" in drawing
        assert drawing.count("<tr>") > 1


def test_highest_bar_reaches_the_top_and_the_last_twelve_stay():
    bars = bars_of([((str(n),), n, n // 2) for n in range(20)])
    assert len(bars) == MOST_BARS
    assert [bar.words for bar in bars] == [(str(n),) for n in range(8, 20)]
    assert (bars[-1].y, bars[-1].y + bars[-1].height) == (TOP, FLOOR)
    assert all(bar.x >= LEFT and bar.x + bar.width <= RIGHT for bar in bars)
    assert all(left.x + left.width < right.x for left, right in pairwise(bars))


def test_bars_of_nothing_but_zeros_lie_on_the_floor():
    assert {(bar.y, bar.height) for bar in bars_of([(("a",), 0, None), (("b",), 0, None)])} == {(FLOOR, 0)}


def test_line_of_one_day_is_drawn():
    drawn = steps_of([(date(2026, 6, 10), 4)], date(2026, 6, 10), None)
    assert (drawn["end"][1:], drawn["limit"]) == ((TOP, 4), None)


def test_line_stays_under_the_seats():
    drawn = steps_of([(date(2026, 6, 1), 4)], date(2026, 6, 10), 8)
    assert (drawn["limit"], drawn["end"][1]) == ((TOP, 8), FLOOR - (FLOOR - TOP) // 2)

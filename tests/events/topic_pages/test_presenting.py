"""Who presented when, and whose turn it could be."""

from datetime import date, timedelta

import pytest

from events.models import Event, ProgrammeItem, Speaker
from events.presenting import Turn, presenting_in
from members.models import Position
from noord.dates import local_day
from tests.events.topic_pages.stage import PROPOSING, make_meeting, page
from tests.factories import make_group, make_member, make_organisation, make_participant, make_person, make_sector

pytestmark = pytest.mark.django_db


def hold(home, days_ago: int, *speakers: dict, **fields) -> Event:
    """Hold a meeting so many days ago with these speakers, on a topic named after the number of days."""
    hosts = {"groups": [home]} if hasattr(home, "memberships") else {}
    start = PROPOSING - timedelta(days=days_ago)
    sectors = [] if hosts else [home]
    event = make_meeting(*sectors, **hosts, **{"slug": f"eerder-{days_ago}", "start": start} | fields)
    item = ProgrammeItem.objects.create(event=event, title=f"Onderwerp {days_ago}", start=event.start)
    for speaker in speakers:
        Speaker.objects.create(item=item, **{"name": "Iemand"} | speaker)
    return event


def turn(organisation: str, days_ago: int, times: int = 1) -> Turn:
    day = local_day(PROPOSING - timedelta(days=days_ago))
    return Turn(organisation, day, f"Onderwerp {days_ago}", f"eerder-{days_ago}", times)


def test_presenting_tells_each_organisations_last_turn_and_who_waits(sector, django_assert_num_queries):
    names = ["gemeente A", "gemeente B", "gemeente C", "gemeente D"]
    sector.organisations.add(*(make_organisation(name=name) for name in names))
    hold(sector, 10, {"organisation": "Gemeente B"}, {"organisation": "VNG Realisatie"})
    hold(sector, 100, {"organisation": "gemeente B"}, {"name": "gemeente A"})
    hold(sector, 200, {"name": "Zonder organisatie"})
    with django_assert_num_queries(2):
        found = presenting_in(sector, PROPOSING)
    assert found.turns == [turn("gemeente B", 10, 2), turn("VNG Realisatie", 10), turn("gemeente A", 100)]
    assert found.waiting == ["gemeente C", "gemeente D"]
    assert found.suggestions == ["gemeente C", "gemeente D", "gemeente A", "gemeente B"]


def test_presenting_counts_for_where_the_speaker_worked_that_day(sector):
    before, now = make_organisation(name="gemeente Vroeger"), make_organisation(name="gemeente Nu")
    person = make_person()
    moved = local_day(PROPOSING) - timedelta(days=50)
    Position.objects.create(person=person, organisation=before, start=date(2019, 1, 1), end=moved - timedelta(days=1))
    Position.objects.create(person=person, organisation=now, start=moved)
    hold(sector, 50, {"person": person, "organisation": "verkeerd getypt"})
    hold(sector, 51, {"person": person, "organisation": "verkeerd getypt"})
    assert presenting_in(sector, PROPOSING).turns == [turn("gemeente Nu", 50), turn("gemeente Vroeger", 51)]


def test_presenting_leaves_out_what_was_not_held_here_in_three_years(sector):
    hold(sector, 3 * 365 + 1, {"organisation": "Te lang geleden"})
    hold(sector, -10, {"organisation": "Komt nog"})
    hold(sector, 20, {"organisation": "Afgelast"}, status=Event.Status.CANCELLED)
    hold(sector, 30, {"organisation": "Concept"}, status=Event.Status.DRAFT)
    hold(make_sector(), 40, {"organisation": "Elders"})
    hold(sector, 3 * 365 - 1, {"organisation": "Net nog"})
    assert [found.organisation for found in presenting_in(sector, PROPOSING).turns] == ["Net nog"]


def test_presenting_in_a_group_is_by_where_its_people_work():
    group = make_group()
    participant = make_participant(group)
    make_member()
    hold(group, 10, {"organisation": "VNG Realisatie"})
    found = presenting_in(group, PROPOSING)
    assert (found.turns, found.waiting) == ([turn("VNG Realisatie", 10)], [participant.organisation.name])


def test_pages_show_who_presented_when_and_suggest_who_has_not(sector, member):
    sector.organisations.add(*(make_organisation(name=f"gemeente {letter}") for letter in "ABCDEFG"))
    hold(sector, 10, {"organisation": "gemeente A"})
    seen = page(member, "/sectoren/overheden/onderwerpen/")
    assert "gemeente B gemeente C gemeente D gemeente E gemeente F Alle 6 leden die nog niet presenteerden" in seen
    assert (
        "Wie presenteerde wanneer In de laatste drie jaar, de laatste staat bovenaan. gemeente A 28 augustus" in seen
    )


def test_presenting_is_no_welcome_break_or_closing(sector):
    for days_ago, kind in enumerate(ProgrammeItem.Kind, 1):
        hold(sector, days_ago, {"organisation": kind.value}).items.update(kind=kind)
    found = [found.organisation for found in presenting_in(sector, PROPOSING).turns]
    assert found == ["presentation", "proposal", "session"]

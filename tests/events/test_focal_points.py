"""Meetings and trainings as part of a focal point: chosen in the administration, kept by a copy."""

from datetime import date
from uuid import uuid4

import pytest
import time_machine
from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse

from events.models import Event
from events.operations.planning import copy_event
from knowledge_groups.models import GroupMembership
from members.models import Person
from tests.factories import (
    amsterdam,
    make_event,
    make_event_manager,
    make_focal_point,
    make_group,
    make_programme_manager,
    make_sector,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_june():
    with time_machine.travel(amsterdam(2026, 6, 10, 12), tick=False):
        yield


@pytest.fixture
def sector():
    return make_sector(name="Overheden")


def offered(person: Person, event: Event | None = None) -> list:
    client = Client()
    client.force_login(person)
    url = reverse("admin:events_event_change", args=[event.pk]) if event else reverse("admin:events_event_add")
    return list(client.get(url).context["adminform"].form.fields["focal_points"].queryset)


def test_manager_chooses_from_own_focal_points_and_those_of_partners(sector):
    manager, group = make_programme_manager(sector), make_group()
    GroupMembership.objects.create(group=group, person=manager, start=date(2020, 1, 1), role=GroupMembership.Role.LEAD)
    own = make_focal_point(sector, year=2026)
    last_year = make_focal_point(sector, year=2025)
    make_focal_point(sector, year=2024)
    other = make_sector(name="Zorg")
    partner = make_focal_point(other, year=2026, sectors=[sector])
    of_group = make_focal_point(other, year=2026, groups=[group])
    strange = make_focal_point(other, year=2026)
    assert offered(manager) == [own, partner, of_group, last_year]
    assert offered(make_event_manager()) == [own, partner, of_group, strange, last_year]


def test_focal_point_that_is_chosen_stays_whoever_edits(sector):
    manager, other = make_programme_manager(sector), make_sector()
    old, strange = make_focal_point(sector, year=2019), make_focal_point(other, year=2026)
    event = make_event(sectors=[sector, other])
    event.focal_points.set([old, strange])
    assert offered(manager, event) == [strange, old]


def test_focal_points_are_named_with_their_sector_and_year(sector):
    point = make_focal_point(sector, title="Digitale crisis")
    client = Client()
    client.force_login(make_programme_manager(sector))
    html = client.get(reverse("admin:events_event_add")).content.decode()
    assert f'value="{point.pk}"' in html
    assert "Digitale crisis (Overheden, 2026)" in html


def test_history_says_which_focal_point_a_meeting_got(sector):
    event, point = make_event(sectors=[sector]), make_focal_point(sector, title="Digitale crisis")
    event.focal_points.add(point)
    kind = ContentType.objects.get_for_model(Event)
    entry = LogEntry.objects.get(content_type=kind, object_id=event.pk, changes__has_key="focal_points")
    assert entry.changes["focal_points"]["objects"] == ["Digitale crisis"]


def copy(event: Event, day: date, by: Person) -> Event:
    return copy_event(event=event, day=day, title="Kopie", page=uuid4(), by=by)


def test_copy_in_the_same_year_is_part_of_the_same_focal_points(sector):
    points = [make_focal_point(sector), make_focal_point(make_sector(), sectors=[sector])]
    event = make_event(sectors=[sector], start=amsterdam(2026, 3, 5, 13))
    event.focal_points.set(points)
    copied = copy(event, date(2026, 9, 3), make_programme_manager(sector))
    assert set(copied.focal_points.all()) == set(points)


def test_copy_in_another_year_goes_on_with_the_focal_point_of_that_year(sector):
    ended = make_focal_point(sector, title="Eenmalig")
    event = make_event(sectors=[sector], start=amsterdam(2026, 3, 5, 13))
    event.focal_points.set([make_focal_point(sector, title="Digitale crisis"), ended])
    goes_on = make_focal_point(sector, title="Digitale crisis", year=2027)
    make_focal_point(make_sector(), title="Eenmalig", year=2027)
    copied = copy(event, date(2027, 3, 4), make_programme_manager(sector))
    assert set(copied.focal_points.all()) == {goes_on, ended}

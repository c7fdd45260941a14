"""A sector in September 2021, the days of the design, with a chair and somebody on its list."""

import pytest

from members.models import Person
from sectors.models import Sector
from tests.events.topic_pages.stage import PROPOSING
from tests.factories import make_chair, make_member, make_sector


@pytest.fixture(autouse=True)
def in_september(time_machine) -> None:
    time_machine.move_to(PROPOSING, tick=False)


@pytest.fixture
def sector() -> Sector:
    return make_sector(name="Overheden", slug="overheden")


@pytest.fixture
def chair(sector: Sector) -> Person:
    return make_chair(sector, name="Vera Voorzitter")


@pytest.fixture
def member(sector: Sector) -> Person:
    person = make_member(name="Mia Lid")
    sector.people.add(person)
    return person

from pathlib import Path

import pytest

from events.models import Event
from members.models import Person
from sectors.models import Sector
from tests.factories import make_chair, make_event, make_sector


@pytest.fixture(autouse=True)
def stored(documents_folder: Path) -> Path:
    """Every test here keeps its files in a folder of its own."""
    return documents_folder


@pytest.fixture
def sector(db: None) -> Sector:
    return make_sector(slug="overheden")


@pytest.fixture
def chair(sector: Sector) -> Person:
    return make_chair(sector)


@pytest.fixture
def event(sector: Sector) -> Event:
    return make_event(slug="openbaar", sectors=[sector])

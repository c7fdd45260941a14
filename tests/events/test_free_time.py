"""Where a topic for everyone comes in a programme: a meeting from 13.30 to 17.00."""

from datetime import datetime

import pytest

from events.free_time import first_free, may_begin
from events.models import ProgrammeItem
from events.operations import topics as operations
from events.operations.topics import Place
from noord.domain import DomainError
from tests.factories import amsterdam, make_block, make_event, make_programme_manager, make_sector, make_topic

pytestmark = pytest.mark.django_db


def at(clock: str) -> datetime:
    return amsterdam(2027, 1, 7, *map(int, clock.split(".")))


def make_afternoon(*lines, **fields):
    event = make_event(start=at("13.30"), end=at("17.00"), **fields)
    for kind, start, end in lines:
        if kind == "block":
            make_block(event, start=at(start), end=at(end))
        else:
            ProgrammeItem.objects.create(
                event=event, title=kind, kind=kind, start=at(start), end=at(end) if end else None
            )
    return event


@pytest.mark.parametrize(
    ("lines", "free"),
    [
        ([], "13.30"),
        ([("welcome", "13.00", "13.30")], "13.30"),
        ([("welcome", "13.30", "13.45"), ("break", "15.00", "15.15")], "15.15"),
        ([("welcome", "13.30", "13.45"), ("closing", "16.45", "17.00")], "13.45"),
        ([("welcome", "13.30", "13.45"), ("closing", "17.00", None), ("break", "17.00", "18.00")], "13.45"),
        ([("welcome", "13.30", "13.45"), ("presentation", "15.00", "16.30"), ("closing", "16.45", None)], None),
        ([("presentation", "13.30", "16.30")], None),
        ([("presentation", "13.30", "16.15")], "16.15"),
        ([("presentation", "13.30", "17.30")], None),
        ([("closing", "14.00", "14.15"), ("presentation", "15.00", "15.30")], "15.30"),
        ([("welcome", "13.30", "13.45"), ("block", "14.00", "15.00")], "15.00"),
        ([("welcome", "13.30", None)], "14.00"),
        ([("welcome", "13.30", None), ("presentation", "13.40", "13.50")], "13.50"),
        ([("presentation", "16.30", None)], None),
    ],
)
def test_first_free_is_after_the_programme_and_before_the_closing(lines, free):
    assert first_free(make_afternoon(*lines), minutes=45) == (free and at(free))


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        ("13.30", ""),
        ("16.15", ""),
        (
            "16.16",
            "Dit onderwerp duurt 45 minuten en de bijeenkomst is om 17.00 uur afgelopen. Kies een eerdere tijd.",
        ),
        ("17.00", "De bijeenkomst is van 13.30 uur tot 17.00 uur. Kies een tijd daartussen."),
        ("13.29", "De bijeenkomst is van 13.30 uur tot 17.00 uur. Kies een tijd daartussen."),
    ],
)
def test_may_begin_when_it_is_over_in_time(start, reason):
    decision = may_begin(make_afternoon(), at(start), minutes=45)
    assert (bool(decision), decision.reason.replace("\xa0", " ")) == (not reason, reason)


@pytest.mark.parametrize(("place", "said"), [(None, "Het programma is vol"), ("16.30", "Dit onderwerp duurt 45")])
def test_plan_refuses_what_would_not_be_over_in_time(place, said):
    sector = make_sector()
    event = make_afternoon(("presentation", "13.30", "16.30"), sectors=[sector], kind="sector")
    topic = make_topic(sector)
    place = Place(start=place and at(place))
    with pytest.raises(DomainError, match=said):
        operations.plan(proposal=topic, event=event, place=place, by=make_programme_manager(sector))
    assert event.items.count() == 1

"""The calendar of topics: month lengths, clock changes, moved meetings."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.cycle import PREPARE_DAYS, Step, cycle_of, morning_of
from events.models import Event
from tests.factories import amsterdam

DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2200, 12, 31))
MOVED = st.none() | st.integers(*PREPARE_DAYS)


@pytest.mark.parametrize(
    ("day", "prepare_by"),
    [
        (date(2027, 3, 31), date(2027, 2, 28)),
        (date(2028, 3, 31), date(2028, 2, 29)),
        (date(2027, 1, 7), date(2026, 12, 7)),
        (date(2027, 7, 31), date(2027, 6, 30)),
    ],
)
def test_prepare_by_is_one_calendar_month_before(day, prepare_by):
    assert cycle_of(day).prepare_by == prepare_by


def test_steps_of_a_meeting_follow_each_other():
    cycle = cycle_of(date(2027, 1, 7))
    assert [cycle.due_on(step) for step in Step] == [
        date(2026, 11, 12),
        date(2026, 11, 23),
        date(2026, 12, 7),
        None,
        date(2026, 12, 31),
    ]


@given(DAYS, MOVED)
def test_steps_are_always_in_the_same_order(day, prepare_days):
    cycle = cycle_of(day, prepare_days)
    assert cycle.call_on < cycle.remind_on < cycle.prepare_by < cycle.agenda_on < cycle.day


@given(DAYS, MOVED, st.integers(-400, 400))
def test_a_moved_meeting_takes_every_day_of_a_moved_deadline_along(day, prepare_days, moved):
    """With a deadline in days the whole cycle shifts as the meeting does; a calendar month follows the calendar."""
    before, after = cycle_of(day, prepare_days), cycle_of(day + timedelta(days=moved), prepare_days)
    shift = timedelta(days=moved)
    assert after.agenda_on == before.agenda_on + shift
    if prepare_days is not None:
        assert (after.call_on, after.remind_on, after.prepare_by) == (
            before.call_on + shift,
            before.remind_on + shift,
            before.prepare_by + shift,
        )


@given(DAYS, MOVED)
def test_each_day_asks_for_at_most_one_step_and_each_step_has_its_turn(day, prepare_days):
    cycle = cycle_of(day, prepare_days)
    days = [cycle.call_on + timedelta(days=n) for n in range((cycle.day - cycle.call_on).days)]
    steps = [cycle.step_of(each) for each in days]
    assert steps == sorted(steps, key=[Step.CALL, Step.REMIND, Step.ESCALATE, Step.AGENDA].index)
    assert set(steps) == {Step.CALL, Step.REMIND, Step.ESCALATE, Step.AGENDA}
    assert [cycle.step_of(cycle.due_on(step)) for step in steps] == steps
    assert cycle.step_of(cycle.call_on - timedelta(days=1)) is None
    assert cycle.step_of(cycle.day) is None


@given(DAYS)
def test_a_step_is_taken_at_nine_in_the_morning_whatever_the_clock_does(day):
    moment = morning_of(day)
    assert moment.astimezone(ZoneInfo("Europe/Amsterdam")).replace(tzinfo=None) == datetime.combine(
        day, datetime.min.time()
    ) + timedelta(hours=9)


def test_days_are_those_of_amsterdam_around_a_change_of_the_clock():
    # 00.30 in Amsterdam on the last Sunday of March is the day before in UTC.
    event = Event(start=amsterdam(2027, 3, 28, 0, 30), kind=Event.Kind.SECTOR)
    assert (event.cycle.day, event.prepare_by) == (date(2027, 3, 28), date(2027, 2, 28))

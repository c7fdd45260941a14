"""Days for a year of meetings, as properties, and a meeting as last year."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.models import SchoolHoliday
from events.planning_days import a_year_later, days_off, moment, propose_days, public_holidays, shifted
from events.planning_forms import ends_at
from noord.dates import AMSTERDAM, local

years = st.integers(2024, 2040)
weekdays = st.integers(0, 6)
DAY = timedelta(days=1)


def free_days(year: int, weekday: int, off: set[date]) -> list[date]:
    days = [date(year, 1, 1) + DAY * n for n in range(366)]
    return [day for day in days if day.year == year and day.weekday() == weekday and day not in off]


@given(years, weekdays, st.integers(0, 60), st.sets(st.integers(0, 365), max_size=200))
def test_propose_days_gives_so_many_in_order_on_the_weekday_and_never_on_a_day_off(year, weekday, number, closed):
    off = {date(year, 1, 1) + DAY * n for n in closed} | public_holidays(date(year, 1, 1), date(year, 12, 31)).keys()
    days = propose_days(year=year, weekday=weekday, number=number, off=off)
    free = free_days(year, weekday, off)
    assert len(days) == min(number, len(free))
    assert days == sorted(set(days))
    assert set(days) <= set(free)


@given(years, weekdays, st.integers(1, 26))
def test_propose_days_spreads_them_evenly(year, weekday, number):
    days = propose_days(year=year, weekday=weekday, number=number, off=set())
    gaps = {(later - earlier).days // 7 for earlier, later in pairwise(days)}
    assert max(gaps, default=0) - min(gaps, default=0) <= 1


@given(years, weekdays, st.integers(0, 365))
def test_propose_days_gives_none_up_to_today(year, weekday, passed):
    today = date(year, 1, 1) + DAY * passed
    assert all(day > today for day in propose_days(year=year, weekday=weekday, number=8, off=set(), after=today))


@given(st.dates(date(2024, 1, 1), date(2040, 12, 31)))
def test_half_past_one_stays_half_past_one_all_year(day):
    start = moment(day, time(13, 30))
    assert (local(start).date(), local(start).time()) == (day, time(13, 30))
    assert start.astimezone(UTC).hour in (11, 12)


@given(st.datetimes(datetime(2024, 1, 1), datetime(2040, 1, 1)), st.integers(-800, 800))  # noqa: DTZ001 - a zone comes inside
def test_shifted_keeps_the_time_on_the_clock(naive, days):
    at_noon = naive.replace(hour=12, tzinfo=AMSTERDAM)
    later = local(shifted(at_noon, DAY * days))
    assert (later.date() - at_noon.date(), later.time()) == (DAY * days, at_noon.time())


@given(st.dates(date(2010, 1, 1), date(2035, 12, 31)), st.dates(date(2026, 1, 1), date(2030, 12, 31)))
def test_a_year_later_is_the_same_weekday_about_a_year_on_and_in_the_future(day, today):
    target = a_year_later(day, today=today)
    assert target.weekday() == day.weekday()
    assert target > today
    assert target - day >= timedelta(days=361)
    if day >= today:
        assert target - day <= timedelta(days=369)


def test_a_year_later_goes_round_a_day_off():
    day, today = date(2026, 5, 7), date(2026, 6, 1)  # a year on is Ascension Day
    ascension = date(2027, 5, 6)
    assert a_year_later(day, today=today) == ascension
    assert a_year_later(day, today=today, off=public_holidays(ascension, ascension)) == ascension + 7 * DAY


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [(time(13, 30), 150, time(16)), (time(22), 150, time(23, 59)), (time(9), 30, time(9, 30))],
)
def test_ends_at_stays_on_the_day(start, minutes, end):
    assert ends_at(start, minutes) == end


@pytest.mark.django_db
def test_days_off_are_public_holidays_and_every_day_of_a_school_holiday():
    SchoolHoliday.objects.create(name="Proefvakantie", start=date(2027, 4, 26), end=date(2027, 4, 28))
    found = days_off(date(2027, 4, 27), date(2027, 5, 6))
    assert found == {
        date(2027, 4, 27): "Koningsdag",
        date(2027, 4, 28): "Proefvakantie",
        date(2027, 5, 6): "Hemelvaartsdag",
    }

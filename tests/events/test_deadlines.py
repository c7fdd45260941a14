from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.deadlines import one_month_earlier
from tests.factories import amsterdam, make_event

days = st.dates(min_value=date(1, 2, 1))


@pytest.mark.parametrize(
    ("day", "earlier"),
    [
        (date(2027, 3, 31), date(2027, 2, 28)),
        (date(2028, 3, 31), date(2028, 2, 29)),
        (date(2028, 2, 29), date(2028, 1, 29)),
        (date(2027, 1, 7), date(2026, 12, 7)),
        (date(2027, 7, 31), date(2027, 6, 30)),
        (date(2021, 10, 14), date(2021, 9, 14)),
    ],
)
def test_one_month_earlier_keeps_the_day_where_it_exists(day, earlier):
    assert one_month_earlier(day) == earlier


@given(days)
def test_one_month_earlier_is_the_month_before_and_never_a_later_day(day):
    earlier = one_month_earlier(day)
    months = (day.year * 12 + day.month) - (earlier.year * 12 + earlier.month)
    assert months == 1
    assert earlier.day <= day.day
    assert timedelta(days=28) <= day - earlier <= timedelta(days=31)


@given(days, days)
def test_one_month_earlier_keeps_the_order(one, other):
    if one <= other:
        assert one_month_earlier(one) <= one_month_earlier(other)


def test_one_month_earlier_refuses_what_does_not_exist():
    with pytest.raises(ValueError, match="January"):
        one_month_earlier(date(1, 1, 31))


@pytest.mark.django_db
def test_prepare_by_follows_the_day_in_amsterdam():
    # 23.30 hours UTC on the 30th is the 31st in Amsterdam.
    assert make_event(start=amsterdam(2027, 3, 31, 0, 30)).prepare_by == date(2027, 2, 28)

"""Days on which a meeting can be: no day off, a fixed day of the week, evenly over the year.

Days are dates in Europe/Amsterdam, and a time of day stays what the clock shows there: 13.30 is 13.30 in summer too.
"""

from collections.abc import Collection, Container
from datetime import date, datetime, time, timedelta

import holidays
from django.utils.translation import get_language

from events.models import SchoolHoliday
from noord.dates import AMSTERDAM, local

WEEK = timedelta(days=7)


def public_holidays(first: date, last: date) -> dict[date, str]:
    """Return the public holidays from `first` up to and including `last`, each with its name."""
    language = "nl" if get_language() == "nl" else "en_US"
    found = holidays.country_holidays("NL", years=range(first.year, last.year + 1), language=language)
    return {day: name for day, name in sorted(found.items()) if first <= day <= last}


def days_off(first: date, last: date) -> dict[date, str]:
    """Return the public holidays and the days of school holidays in region Noord, with their names (1 query)."""
    found: dict[date, str] = {}
    for holiday in SchoolHoliday.objects.touching(first, last):
        day = max(holiday.start, first)
        while day <= min(holiday.end, last):
            found[day] = holiday.name
            day += timedelta(days=1)
    return found | public_holidays(first, last)


def propose_days(
    *, year: int, weekday: int, number: int, off: Container[date], after: date | None = None
) -> list[date]:
    """Return so many days of the year on this weekday (0 is Monday), in order and evenly spread over those left.

    No day in `off`, none up to and including `after`. Fewer when there are no more.
    """
    day = date(year, 1, 1)
    day += timedelta(days=(weekday - day.weekday()) % 7)
    free = []
    while day.year == year:
        if day not in off and (after is None or day > after):
            free.append(day)
        day += WEEK
    number = min(number, len(free))
    return [free[(2 * place + 1) * len(free) // (2 * number)] for place in range(number)]


def a_year_later(day: date, *, today: date, off: Collection[date] = ()) -> date:
    """Return the same weekday about a year later, or as many years later as it takes to lie after today.

    On a day off it is the nearest week without one, at most eight weeks away.
    """
    year = max(day.year + 1, today.year)
    target = _nearest(day, year)
    if target <= today:
        target = _nearest(day, year + 1)
    shifts = [WEEK * weeks for step in range(9) for weeks in ((step, -step) if step else (0,))]
    fit = (target + shift for shift in shifts if target + shift > today and target + shift not in off)
    return next(fit, target)


def _nearest(day: date, year: int) -> date:
    """Return the day with this weekday that lies nearest to this day in another year."""
    anniversary = date(year, day.month, min(day.day, 28) if day.month == 2 else day.day)
    return anniversary + timedelta(days=(day.weekday() - anniversary.weekday() + 3) % 7 - 3)


def moment(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, tzinfo=AMSTERDAM)


def shifted(moment: datetime | None, by: timedelta) -> datetime | None:
    """Return the moment so much later by the clock in Amsterdam, over a change of the clock too."""
    return moment and (local(moment).replace(tzinfo=None) + by).replace(tzinfo=AMSTERDAM)

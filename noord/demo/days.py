"""Days on which a demo meeting can be. All moments are in Europe/Amsterdam."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone

THURSDAY = 3


def easter(year: int) -> date:
    """Return Easter Sunday (the Gregorian computus of Meeus, Jones and Butcher)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def is_public_holiday(day: date) -> bool:
    """Tell whether the Netherlands have the day off, Liberation Day in every year included."""
    kings_day = date(day.year, 4, 27)
    if kings_day.weekday() == 6:
        kings_day -= timedelta(days=1)
    moving = {easter(day.year) + timedelta(days=days) for days in (-2, 0, 1, 39, 49, 50)}
    return day in moving | {kings_day} or (day.month, day.day) in {(1, 1), (5, 5), (12, 25), (12, 26)}


def thursday_from(day: date) -> date:
    """Return the first Thursday on or after the day that is no holiday, nor between Christmas and New Year."""
    day += timedelta(days=(THURSDAY - day.weekday()) % 7)
    while is_public_holiday(day) or (day.month, day.day) >= (12, 24):
        day += timedelta(days=7)
    return day


def second_thursday(year: int, month: int) -> date:
    """Return the second Thursday of the month, or the next one when that is a public holiday."""
    return thursday_from(date(year, month, 8))


def at(day: date, clock: str) -> datetime:
    """Return the moment of the day at a clock time such as "13:30"."""
    hour, minute = map(int, clock.split(":"))
    return timezone.make_aware(datetime.combine(day, time(hour, minute)))


def end_of(day: date) -> datetime:
    """Return the last second of the day: a deadline "up to and including" it."""
    return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))

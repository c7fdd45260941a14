"""Dates and times as sentences for the screen, in Europe/Amsterdam and the active language.

Every function takes aware datetimes. Dutch writes "donderdag 7 maart 2019, 13.30 - 17.00 uur"; a
non-breaking space keeps the day with its month. A list of fifty meetings asks for them some hundred
times, so the names are looked up once per language and whole dates are remembered.
"""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import dates
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

AMSTERDAM = ZoneInfo(settings.TIME_ZONE)
NBSP = "\N{NO-BREAK SPACE}"


class Names(NamedTuple):
    weekdays: tuple[str, ...]
    short_weekdays: tuple[str, ...]
    months: tuple[str, ...]
    short_months: tuple[str, ...]


@lru_cache(maxsize=8)
def _names(language: str | None) -> Names:
    return Names(
        tuple(str(name) for name in dates.WEEKDAYS.values()),
        tuple(str(name) for name in dates.WEEKDAYS_ABBR.values()),
        tuple(str(name) for name in dates.MONTHS.values()),
        tuple(str(name) for name in dates.MONTHS_3.values()),
    )


def names() -> Names:
    """Return the names of days (Monday first) and months, long and short, in the active language."""
    return _names(get_language())


def local(moment: datetime) -> datetime:
    """Return the moment as the clock in Amsterdam shows it: the portal has one zone, whoever reads it."""
    return moment.astimezone(AMSTERDAM)


def local_day(moment: datetime | date) -> date:
    """Return the day in Amsterdam on which the moment falls; a date is itself."""
    return local(moment).date() if isinstance(moment, datetime) else moment


def short_weekday(moment: datetime | date) -> str:
    return names().short_weekdays[local_day(moment).weekday()]


def short_month(moment: datetime | date) -> str:
    return names().short_months[local_day(moment).month - 1]


def month_year(moment: datetime | date) -> str:
    """Return "maart 2019"."""
    day = local_day(moment)
    return f"{names().months[day.month - 1]} {day.year}"


def day_month(moment: datetime | date) -> str:
    """Return "7 maart"; only where the year stands nearby."""
    day = local_day(moment)
    return f"{day.day}{NBSP}{names().months[day.month - 1]}"


def day_short(moment: datetime | date) -> str:
    """Return "7 maart 2019"."""
    return f"{day_month(moment)} {local_day(moment).year}"


def day_long(moment: datetime | date) -> str:
    """Return "donderdag 7 maart 2019"."""
    return f"{names().weekdays[local_day(moment).weekday()]} {day_short(moment)}"


def _clock(there: datetime | time) -> str:
    return f"{there.hour}.{there.minute:02}"


def clock(moment: datetime) -> str:
    """Return "9.30": no leading zero."""
    return _clock(local(moment))


def time_of_day(moment: datetime) -> str:
    """Return "9.30 uur"."""
    return _("%(time)s h") % {"time": clock(moment)}


@lru_cache(maxsize=1024)
def _hours(start: time, end: time, language: str | None) -> str:
    return _("%(start)s - %(end)s h") % {"start": _clock(start), "end": _clock(end)}


def time_range(start: datetime, end: datetime, language: str | None = None) -> str:
    """Return "13.30 - 17.00 uur", or from the first time to the last day and time when the days differ.

    The language is the active one; a long list passes it, because asking for it costs more than the rest.
    """
    first, last = local(start), local(end)
    if first.date() == last.date() or (last.time() == time() and last.date() - first.date() == timedelta(days=1)):
        return _hours(first.time(), last.time(), language or get_language())
    return _("%(start)s h up to and including %(day)s, %(end)s h") % {
        "start": _clock(first),
        "day": day_long(last.date()),
        "end": _clock(last),
    }


def when(start: datetime, end: datetime) -> SafeString:
    """Return the whole moment as HTML: "donderdag 7 maart 2019, 13.30 - 17.00 uur", the times on one line."""
    times = time_range(start, end)
    if local_day(start) != local_day(end):
        return format_html("{}, {}", day_long(start), times)
    return format_html('{}, <span class="text-nowrap">{}</span>', day_long(start), times)


def deadline(moment: datetime) -> str:
    """Return "tot en met dinsdag 14 september 2021" for the last day on which something is possible.

    Midnight belongs to the day before. A deadline in the middle of a day also says the time.
    """
    there = local(moment)
    if there.time() == time():
        return _("up to and including %(day)s") % {"day": day_long(there.date() - timedelta(days=1))}
    if (there.hour, there.minute) == (23, 59):
        return _("up to and including %(day)s") % {"day": day_long(there.date())}
    return _("up to and including %(day)s, %(time)s h") % {"day": day_long(there.date()), "time": clock(moment)}


@lru_cache(maxsize=4096)
def _date_block(day: date, language: str | None) -> SafeString:
    words = _names(language)
    return mark_safe(  # noqa: S308 - nothing here comes from a user
        f'<time class="n-date" datetime="{day:%Y-%m-%d}">{words.short_weekdays[day.weekday()]}<b>{day.day}</b>'
        f"{words.short_months[day.month - 1]}</time>"
    )


def date_block(moment: datetime | date, language: str | None = None) -> SafeString:
    """Return the date as the block that is the face of a meeting; a long list passes the active language."""
    return _date_block(local_day(moment), language or get_language())

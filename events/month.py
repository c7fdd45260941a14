"""A month as a table of weeks, beside the agenda."""

from calendar import Calendar
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from typing import NamedTuple

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localdate

from events.agenda import Question, next_month, previous_month
from events.words import sentence
from noord import dates

CELL = '<a href="%s" title="%s">%d<span class="visually-hidden"> %s: %s</span></a>'


class Link(NamedTuple):
    url: str
    name: str


@dataclass(frozen=True, slots=True)
class MonthPanel:
    """The month from Monday to Sunday; `body` holds the rows of the table as HTML."""

    title: str
    weekdays: list[tuple[str, str]]
    body: SafeString
    previous: Link
    next: Link


def month_panel(first: date, meetings: Iterable[tuple[datetime, str, str]], question: Question) -> MonthPanel:
    """Return the month that begins on the day; the meetings are (start, slug, title) in their order.

    A day with one meeting leads to it, a day with more to that day in the list of the month.
    """
    found: dict[date, list[tuple[str, str]]] = defaultdict(list)
    for start, slug, title in meetings:
        found[dates.local_day(start)].append((slug, title))
    words, today = dates.names(), localdate()
    address = reverse("events:event", args=["-"])
    month_name = words.months[first.month - 1]

    def link(month: date) -> Link:
        return Link(question.address(maand=f"{month:%Y-%m}", voorbij=""), words.months[month.month - 1].capitalize())

    def cell(day: date) -> str:
        if day.month != first.month:
            return "<td></td>"
        text, that_day = str(day.day), found.get(day)
        if that_day:
            if len(that_day) == 1:
                url = address.replace("/-/", f"/{that_day[0][0]}/")
            else:
                url = f"{link(first).url}#dag-{day}"
            titles = escape(sentence([title for _slug, title in that_day]))
            text = CELL % (escape(url), titles, day.day, month_name, titles)
        return f'<td aria-current="date">{text}</td>' if day == today else f"<td>{text}</td>"

    weeks = Calendar().monthdatescalendar(first.year, first.month)
    body = "\n".join(f"<tr>{''.join(map(cell, week))}</tr>" for week in weeks)
    return MonthPanel(
        title=dates.month_year(first),
        weekdays=list(zip(words.short_weekdays, words.weekdays, strict=True)),
        body=mark_safe(body),  # noqa: S308 - titles are escaped above
        previous=link(previous_month(first)),
        next=link(next_month(first)),
    )

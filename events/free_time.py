"""Where in the programme of a meeting a topic for everyone can come."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from events.models import Event, ProgrammeItem
from noord.dates import time_of_day
from noord.domain import YES, Decision, no

# How long the last line lasts when the programme does not say when it ends; any other lasts until the next begins.
UNSAID = timedelta(minutes=30)


def first_free(event: Event, *, minutes: int) -> datetime | None:
    """Return when all that is in the programme is over, the closing aside; None when the topic does not fit then.

    2 queries, less what is loaded.
    """
    closing = ProgrammeItem.Kind.CLOSING
    lines = [(item.start, item.end, item.kind == closing) for item in event.items.all() if item.start]
    lines += [(block.start, block.end, False) for block in event.blocks.all()]
    lines.sort(key=lambda line: line[0])
    until = event.end
    # What ends the meeting comes after the topic, also when it begins as the meeting ends.
    while lines and (lines[-1][2] or lines[-1][0] >= event.end):
        until = min(until, lines.pop()[0])
    last = lines[-1][0] if lines else None
    ends = [end or (start + UNSAID if start == last else start) for start, end, _closes in lines]
    free = max([event.start, *ends])
    return free if free + timedelta(minutes=minutes) <= until else None


def may_begin(event: Event, start: datetime, *, minutes: int) -> Decision:
    """May a topic of so many minutes begin at this moment? It must be over when the meeting is."""
    if not event.start <= start < event.end:
        text = _("The meeting is from %(start)s to %(end)s. Choose a time in between.")
        return no(text % {"start": time_of_day(event.start), "end": time_of_day(event.end)})
    if start + timedelta(minutes=minutes) > event.end:
        return no(_too_long(event, minutes) or _too_late(event, minutes))
    return YES


def why_full(event: Event, *, minutes: int) -> str:
    """Return what to say when first_free() finds nothing."""
    text = _("The programme is full: nothing of %(minutes)s minutes is left at the end. Choose a time yourself.")
    return _too_long(event, minutes) or text % {"minutes": minutes}


def _too_late(event: Event, minutes: int) -> str:
    text = _("This topic takes %(minutes)s minutes, and the meeting is over at %(end)s. Choose an earlier time.")
    return text % {"minutes": minutes, "end": time_of_day(event.end)}


def _too_long(event: Event, minutes: int) -> str:
    """Return what to say when no time at all would do, "" when one may."""
    if event.start + timedelta(minutes=minutes) <= event.end:
        return ""
    text = _("This topic takes %(minutes)s minutes: longer than the meeting. Ask who proposed it to make it shorter.")
    return text % {"minutes": minutes}

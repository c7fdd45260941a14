"""What differs between a meeting as people were told and as it is now, in words."""

from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from events.models import Event
from noord.dates import day_long, local_day, time_of_day, time_range


def snapshot(event: Event) -> dict[str, str]:
    """Return what people plan by, as JSON: start and end in ISO 8601 and UTC, where, and the online link."""
    return {
        "start": event.start.astimezone(UTC).isoformat(),
        "end": event.end.astimezone(UTC).isoformat(),
        "where": event.where,
        "online_url": event.online_url,
    }


def differences(before: dict[str, Any], event: Event) -> list[tuple[str, str]]:
    """Return what changed since the snapshot, each with its label: ("Start", "was 13.30 uur, wordt 14.00 uur").

    Nothing changed, or changed back: an empty list.
    """
    start, end = datetime.fromisoformat(before["start"]), datetime.fromisoformat(before["end"])
    found = []
    if (local_day(start), local_day(end)) != (local_day(event.start), local_day(event.end)):
        found.append((_("When"), _becomes(_when(start, end), _when(event.start, event.end))))
    else:
        if start != event.start:
            found.append((_("Start"), _becomes(time_of_day(start), time_of_day(event.start))))
        if end != event.end:
            found.append((_("End"), _becomes(time_of_day(end), time_of_day(event.end))))
    if before["where"] != event.where:
        unknown = _("not known yet")
        found.append((_("Where"), _becomes(before["where"] or unknown, event.where or unknown)))
    if before["online_url"] != event.online_url:
        found.append((_("Online"), _online(before["online_url"], event.online_url)))
    return found


def _when(start: datetime, end: datetime) -> str:
    return f"{day_long(start)}, {time_range(start, end)}"


def _becomes(was: str, becomes: str) -> str:
    return _("was %(was)s, becomes %(becomes)s") % {"was": was, "becomes": becomes}


def _online(was: str, becomes: str) -> str:
    if not was:
        return _("you can take part online now")
    return _("the link is another one") if becomes else _("you can no longer take part online")

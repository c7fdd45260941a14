"""Where a meeting stands on its way to a topic, as one sentence with a colour that is said in words too."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events.models import Event
from noord.dates import day_long, local_day

# So long after the topics were known a chair may take to choose before it is late.
TIME_TO_CHOOSE = timedelta(weeks=1)


class Light(models.TextChoices):
    GREEN = "green", gettext_lazy("On schedule")
    AMBER = "amber", gettext_lazy("Needs action")
    RED = "red", gettext_lazy("Late")

    @property
    def css(self) -> str:
        return {"green": "is-in", "amber": "is-wait", "red": "is-off"}[self.value]

    @property
    def icon(self) -> str:
        return {"green": "in", "amber": "wait", "red": "off"}[self.value]


@dataclass(frozen=True, slots=True)
class Stand:
    light: Light
    sentence: str


def stand_of(event: Event, now: datetime) -> Stand | None:
    """Return where the meeting stands; None for one without topics or one that is called off.

    Needs with_topics().
    """
    if event.is_cancelled or event.kind not in Event.TOPIC_KINDS or not event.is_hosted:
        return None
    if event.is_past(now):
        return _afterwards(event)
    today, cycle = local_day(now), event.cycle
    day = day_long(cycle.day)
    if event.topics_planned:
        if today >= cycle.agenda_on:
            return Stand(Light.GREEN, _("The agenda is fixed."))
        text = ngettext(
            "The topic is chosen. Give your input up to and including %(day)s.",
            "The topics are chosen. Give your input up to and including %(day)s.",
            event.topics_planned,
        )
        return Stand(Light.GREEN, text % {"day": day_long(cycle.day - timedelta(days=1))})
    if today < cycle.prepare_by:
        return _while_proposing(event, is_near=today >= cycle.remind_on)
    if not event.topics_open:
        return Stand(Light.RED, _("There is no topic for %(day)s yet. Propose one yourself.") % {"day": day})
    is_late = today >= min(cycle.prepare_by + TIME_TO_CHOOSE, cycle.agenda_on)
    return Stand(Light.RED if is_late else Light.AMBER, _("Choose a topic for %(day)s.") % {"day": day})


def _while_proposing(event: Event, *, is_near: bool) -> Stand:
    until = day_long(event.cycle.prepare_by)
    if event.topics_open:
        text = ngettext(
            "%(n)s topic is proposed. Proposing is possible up to and including %(day)s.",
            "%(n)s topics are proposed. Proposing is possible up to and including %(day)s.",
            event.topics_open,
        )
        return Stand(Light.GREEN, text % {"n": event.topics_open, "day": until})
    text = _("No topic is proposed yet. Proposing is possible up to and including %(day)s.") % {"day": until}
    return Stand(Light.AMBER if is_near else Light.GREEN, text)


def _afterwards(event: Event) -> Stand:
    if event.report:
        return Stand(Light.GREEN, _("The report is ready."))
    return Stand(Light.AMBER, _("Put the report on the page of the meeting."))

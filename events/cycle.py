"""The calendar of a meeting's topics: from the first call to the day itself. Pure dates, all in Europe/Amsterdam.

Everything follows from the day of the meeting, so a meeting that moves takes its steps along.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from events.deadlines import one_month_earlier
from noord.dates import AMSTERDAM, local_day

CALL_BEFORE = timedelta(weeks=8)  # before the meeting
REMIND_BEFORE = timedelta(weeks=2)  # before the topics must be known
AGENDA_BEFORE = timedelta(weeks=1)  # before the meeting
# Between how many days before the meeting a manager may put the day on which the topics must be known.
PREPARE_DAYS = (8, 180)
# When on the day a step is taken: people read it at the start of their work.
MORNING = time(9)
# So long after that a step is still taken: on its own day, and on a later one. What a meeting that was published late
# has missed waits for the next morning.
ON_ITS_DAY, ON_A_LATER_DAY = timedelta(hours=8), timedelta(hours=1)
# Who chooses a second topic within these minutes sends the members one mail about both.
INPUT_BUNDLE = timedelta(minutes=10)


class Step(models.TextChoices):
    """What the portal does by itself on the way to a meeting; each at most once per meeting."""

    CALL = "call", _("Ask the chairs for topics")
    REMIND = "remind", _("Remind the chairs: there is no topic yet")
    ESCALATE = "escalate", _("Warn the programme manager: there is no topic yet")
    INPUT = "input", _("Ask the members for input")
    AGENDA = "agenda", _("Send the agenda to everyone who comes")


@dataclass(frozen=True, slots=True)
class Cycle:
    """The days of one meeting: up to and including `prepare_by` topics come in, on `agenda_on` the agenda is fixed."""

    day: date
    prepare_by: date

    @property
    def call_on(self) -> date:
        """Eight weeks before the meeting; earlier when the topics must be known so early that it would be too late."""
        return min(_earlier(self.day, CALL_BEFORE), _earlier(self.remind_on, timedelta(weeks=1)))

    @property
    def remind_on(self) -> date:
        return _earlier(self.prepare_by, REMIND_BEFORE)

    @property
    def agenda_on(self) -> date:
        """The day on which the agenda is fixed and leaves; the topics are known by then (PREPARE_DAYS)."""
        return _earlier(self.day, AGENDA_BEFORE)

    def due_on(self, step: Step) -> date | None:
        """Return the day of a step; None for the one that follows from a choice and not from the calendar."""
        match step:
            case Step.CALL:
                return self.call_on
            case Step.REMIND:
                return self.remind_on
            case Step.ESCALATE:
                return self.prepare_by
            case Step.AGENDA:
                return self.agenda_on
        return None

    def leaves_on(self, step: Step, now: datetime) -> date | None:
        """Return the next day on which the step can be taken, today included; None as due_on() does."""
        due, today = self.due_on(step), local_day(now)
        if due is None or due > today:
            return due
        until = morning_of(today) + (ON_ITS_DAY if due == today else ON_A_LATER_DAY)
        return today if now < until else today + timedelta(days=1)

    def step_of(self, day: date) -> Step | None:
        """Return the one step that the calendar asks for on this day; None before the first and from the meeting on.

        Each step has its own stretch of days: what a meeting that was planned late has missed is not made up for, but
        for the call (topic_step_rules.py).
        """
        if not self.call_on <= day < self.day:
            return None
        if day >= self.agenda_on:
            return Step.AGENDA
        if day >= self.prepare_by:
            return Step.ESCALATE
        return Step.REMIND if day >= self.remind_on else Step.CALL


def cycle_of(day: date, prepare_days: int | None = None) -> Cycle:
    """Return the cycle of a meeting on this day; `prepare_days` moves the day on which the topics must be known.

    Without it that is one calendar month before: 31 March gives 28 or 29 February.
    """
    if prepare_days is None:
        return Cycle(day, one_month_earlier(day))
    return Cycle(day, _earlier(day, timedelta(days=prepare_days)))


def morning_of(day: date) -> datetime:
    """Return the moment at which the steps of a day are taken, as an aware datetime."""
    return datetime.combine(day, MORNING, AMSTERDAM)


def _earlier(day: date, period: timedelta) -> date:
    """Return the day so much earlier; the first day there is, when there is none so early."""
    return day - period if day - date.min > period else date.min

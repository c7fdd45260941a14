"""The steps of the portal towards a meeting, as the chairs see them: when, whether, by whom, to how many people."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.cycle import Step
from events.models import Event, TopicStep
from noord.dates import day_long, local_day

# How the address of a step is written.
SLUGS = {
    Step.CALL: "oproep",
    Step.REMIND: "herinnering",
    Step.ESCALATE: "waarschuwing",
    Step.INPUT: "input",
    Step.AGENDA: "agenda",
}


@dataclass(frozen=True, slots=True)
class ShownStep:
    """`may_send` and `may_stop` say what the step itself still allows; who may is a rule (may_run_steps)."""

    step: Step
    slug: str
    label: str
    sentence: str
    is_done: bool
    may_send: bool
    may_stop: bool


def steps_of(event: Event, now: datetime) -> list[ShownStep]:
    """Return all steps in the order of the calendar (1 query); needs load_numbers()."""
    taken = {row.kind: row for row in event.topic_steps.select_related("by")}
    return [_shown(event, step, taken.get(step), now) for step in Step]


def _shown(event: Event, step: Step, row: TopicStep | None, now: datetime) -> ShownStep:
    is_sent = row is not None and not row.is_stopped
    sensible = step != Step.INPUT or event.topics_planned > 0
    return ShownStep(
        step=step,
        slug=SLUGS[step],
        label=str(step.label),
        sentence=_taken(row) if row else _to_come(event, step, now),
        is_done=is_sent,
        may_send=not is_sent and sensible,
        may_stop=row is None and not _is_over(event, step, now),
    )


def _taken(row: TopicStep) -> str:
    by = row.by.name if row.by else _("the portal")
    if row.is_stopped:
        return _("Stopped by %(who)s on %(day)s.") % {"who": by, "day": day_long(row.at)}
    text = ngettext(
        "Sent to %(n)s person on %(day)s, by %(who)s.", "Sent to %(n)s people on %(day)s, by %(who)s.", row.people
    )
    return text % {"n": row.people, "day": day_long(row.at), "who": by}


def _is_over(event: Event, step: Step, now: datetime) -> bool:
    """Tell whether the calendar will not ask for the step any more."""
    due, today = event.cycle.due_on(step), local_day(now)
    return due is not None and due < today and event.cycle.step_of(today) != step


def _to_come(event: Event, step: Step, now: datetime) -> str:
    if step == Step.INPUT:
        return _("Goes by itself about ten minutes after a topic is chosen.")
    if _is_over(event, step, now):
        return _("Was not sent, and does not go by itself any more.")
    due = event.cycle.due_on(step)
    day = {"day": day_long(due)}
    has_topic = event.topics_planned or (event.topics_open and step != Step.CALL)
    if step != Step.AGENDA and has_topic:
        return _("Not needed now: there is a topic. It would go on %(day)s.") % day
    if due <= local_day(now):
        return _("Goes by itself today.")
    if step in (Step.REMIND, Step.ESCALATE):
        return _("Goes by itself on %(day)s, if there is no topic then.") % day
    return _("Goes by itself on %(day)s.") % day

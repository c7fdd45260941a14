"""The steps of the portal towards a meeting, as the chairs see them: when, whether, by whom, to how many people."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.cycle import Step
from events.models import Event, TopicStep
from events.topic_step_rules import leaves_on, may_take
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
    return [_shown(event, step, taken, now) for step in Step]


def _shown(event: Event, step: Step, taken: dict[str, TopicStep], now: datetime) -> ShownStep:
    row = taken.get(step)
    is_sent = row is not None and not row.is_stopped
    leaves = leaves_on(event, step, taken, now)
    return ShownStep(
        step=step,
        slug=SLUGS[step],
        label=str(step.label),
        sentence=_taken(row) if row else _to_come(event, step, leaves, now),
        is_done=is_sent,
        may_send=not is_sent and bool(may_take(event, step, now=now)),
        may_stop=row is None and (leaves is not None or step == Step.INPUT),
    )


def _taken(row: TopicStep) -> str:
    by = row.by.name if row.by else _("the portal")
    if row.is_stopped:
        return _("Stopped by %(who)s on %(day)s.") % {"who": by, "day": day_long(row.at)}
    text = ngettext(
        "Sent to %(n)s person on %(day)s, by %(who)s.", "Sent to %(n)s people on %(day)s, by %(who)s.", row.people
    )
    return text % {"n": row.people, "day": day_long(row.at), "who": by}


def _to_come(event: Event, step: Step, leaves: date | None, now: datetime) -> str:
    if step == Step.INPUT:
        return _("Goes by itself about ten minutes after a topic is chosen.")
    if leaves is None:
        return _("Was not sent, and does not go by itself any more.")
    day = {"day": day_long(leaves)}
    has_topic = event.topics_planned or (event.topics_open and step != Step.CALL)
    if step != Step.AGENDA and has_topic:
        return _("Not needed now: there is a topic. It would go on %(day)s.") % day
    if leaves == local_day(now):
        return _("Goes by itself today.")
    if step in (Step.REMIND, Step.ESCALATE):
        return _("Goes by itself on %(day)s, if there is no topic then.") % day
    return _("Goes by itself on %(day)s.") % day

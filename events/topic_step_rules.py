"""Whether a step towards a meeting makes sense, and when the portal takes it by itself."""

from collections.abc import Container
from datetime import date, datetime

from django.utils.translation import gettext as _

from events.cycle import Step
from events.models import Event
from noord.dates import local_day
from noord.domain import YES, Decision, no


def may_take(event: Event, step: Step, *, now: datetime) -> Decision:
    """Does it make sense to take the step now, by hand or by itself? Needs with_topics() or load_numbers()."""
    if step == Step.INPUT and not event.topics_planned:
        return no(_("No topic is chosen yet, so there is nothing to ask input about."))
    if step in (Step.INPUT, Step.AGENDA):
        return YES
    today = local_day(now)
    if event.topics_planned:
        return no(_("A topic is chosen already, so nobody needs to be asked for one."))
    # The first call also goes while there are proposals; once the topics must be known it would say what is untrue.
    if event.topics_open and (step != Step.CALL or today >= event.cycle.prepare_by):
        return no(_("A topic is proposed already, so nobody needs to be asked for one."))
    if step != Step.ESCALATE and today >= event.cycle.agenda_on:
        return no(_("The agenda of this meeting is fixed, so the chairs can no longer propose a topic."))
    return YES


def leaves_on(event: Event, step: Step, taken: Container[str], now: datetime) -> date | None:
    """Return the day on which the portal takes the step by itself, when it makes sense then. Needs as may_take().

    None for one that it no longer takes, that was taken (or stopped) already, or that follows from a choice. `taken`
    are the steps that were. Of a meeting without a topic whose call and reminder were both missed, the chairs hear on
    the deadline or after it: until the agenda is fixed they can still propose.
    """
    if step in taken:
        return None
    of = step
    if _is_late_call(event, step, now):
        if Step.REMIND in taken or event.topics_planned or event.topics_open:
            return None
        of = Step.ESCALATE
    day = event.cycle.leaves_on(of, now)
    return day if day and event.cycle.step_of(day) == of else None


def _is_late_call(event: Event, step: Step, now: datetime) -> bool:
    """Is it the call, in the days in which the programme manager is warned?"""
    return step == Step.CALL and event.cycle.step_of(local_day(now)) == Step.ESCALATE

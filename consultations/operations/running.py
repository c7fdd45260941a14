"""What happens to questions that are open: reminding who is silent, closing, and telling the outcome."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from random import SystemRandom
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from consultations import audience, rules
from consultations.mail import Step, tell
from consultations.models import Answer, AnswerSheet, Consultation, OutcomeAction
from consultations.operations.locks import lock, lock_managed
from consultations.participants import told, write_rows
from consultations.results import results_of, taken_away
from events.cycle import morning_of
from members.models import Person
from noord.dates import local_day
from noord.domain import DomainError


@dataclass(frozen=True, slots=True)
class PlannedAction:
    """What will be done, by whom, ready when; with the id of the action that it rewrites."""

    what: str
    owner: str
    due: date
    pk: int | None = None


class OutcomeChanged(DomainError):
    """Somebody else wrote the outcome or its actions meanwhile. What was typed is not saved."""


def keep_time(*, now: datetime) -> None:
    """Close what has passed its deadline, and remind who is silent when it comes near. To be run every minute."""
    for pk in Consultation.objects.past_deadline(now).order_by("pk").values_list("pk", flat=True):
        close_at_deadline(pk, now=now)
    near = Consultation.objects.open(now).filter(
        reminded_at=None, closes_at__lte=now + timedelta(days=rules.REMIND_DAYS + 1)
    )
    for pk in near.order_by("pk").values_list("pk", flat=True):
        remind_by_the_clock(pk, now=now)


@transaction.atomic
def close_at_deadline(pk: int, *, now: datetime) -> None:
    consultation = lock(pk)
    if consultation.is_closed(now) and consultation.closed_at is None:
        _close(consultation, now)


@transaction.atomic
def close(*, consultation: Consultation, by: Person) -> Consultation:
    """Close now; doing it twice changes nothing. What is closed is never opened again.

    Raises DomainError when it was never open, or is not the person's.
    """
    consultation = lock_managed(consultation, by)
    if consultation.is_draft:
        raise DomainError(_("These questions are not open yet."))
    if consultation.closed_at is None:
        _close(consultation, timezone.now())
    return consultation


def _close(consultation: Consultation, now: datetime) -> None:
    consultation.closed_at = now
    consultation.save(update_fields=["closed_at"])
    if consultation.is_anonymous:
        _shuffle(consultation)


def _shuffle(consultation: Consultation) -> None:
    """Write all anonymous answers, and all rows of who answered, anew in one transaction and in no order.

    A database keeps with each row which transaction wrote it, and rows in the order in which they came. Up to here
    that could tell somebody with the keys to the database which answer came with which person; docs/decisions/0010.
    """
    sheets = list(AnswerSheet.objects.filter(consultation=consultation).prefetch_related("answers"))
    SystemRandom().shuffle(sheets)
    answers = []
    for sheet in sheets:
        rows = list(sheet.answers.all())
        sheet.pk = uuid4()
        for row in rows:
            row.pk, row.sheet_id = uuid4(), sheet.pk
        answers += rows
    SystemRandom().shuffle(answers)
    AnswerSheet.objects.filter(consultation=consultation).delete()
    AnswerSheet.objects.bulk_create(sheets, batch_size=1000)
    Answer.objects.bulk_create(answers, batch_size=1000)
    consultation.participations.update(has_answered=F("has_answered"))


@transaction.atomic
def remind_by_the_clock(pk: int, *, now: datetime) -> int:
    """Remind who is silent, once, some days before the deadline; return how many hear of it."""
    consultation = lock(pk)
    due = morning_of(local_day(consultation.closes_at) - timedelta(days=rules.REMIND_DAYS))
    is_due = consultation.is_open(now) and not consultation.reminded_at and due <= now
    if not is_due or not rules.reminds_itself(consultation):
        return 0
    consultation.reminded_at = now
    consultation.save(update_fields=["reminded_at"])
    return _remind(consultation, Step.REMINDER)


@transaction.atomic
def remind(*, consultation: Consultation, by: Person) -> int:
    """Remind who is silent, by hand and once; return how many hear of it.

    Raises DomainError when rules.may_remind() refuses, or it is not the person's.
    """
    consultation = lock_managed(consultation, by)
    now = timezone.now()
    rules.may_remind(consultation, now=now).require()
    consultation.reminded_by_hand_at = now
    consultation.save(update_fields=["reminded_by_hand_at"])
    return _remind(consultation, Step.AGAIN)


def _remind(consultation: Consultation, step: Step) -> int:
    # Whoever joined after the opening is asked now.
    write_rows(consultation)
    people = list(audience.silent(consultation).only("pk", "email"))
    tell(consultation, step, people)
    return len(people)


def mark_of(consultation: Consultation, actions: Sequence[OutcomeAction]) -> str:
    """Return a mark of the outcome with its actions as they stand, for publish_outcome(); empty when nothing is told.

    That an action is done is no part of it: that is noted elsewhere, and nobody undoes it here.
    """
    if consultation.outcome_at is None and not actions:
        return ""
    rows = sorted((action.pk, action.what, action.owner, action.due.isoformat()) for action in actions)
    return sha256(repr((consultation.outcome, rows)).encode()).hexdigest()


@transaction.atomic
def publish_outcome(
    *,
    consultation: Consultation,
    by: Person,
    text: str,
    actions: Sequence[PlannedAction] = (),
    emptied: Collection[int] = (),
    read: str = "",
) -> Consultation:
    """Tell everyone who was asked what the outcome is and what will be done with it; later it only changes the text.

    `read` is mark_of() what the writer had in view, `emptied` are the ids of the actions to take away; all others
    stay. Raises OutcomeChanged when something else stands there by now, and DomainError when it is not closed, says
    nothing, or is not the person's.
    """
    consultation = lock_managed(consultation, by)
    now = timezone.now()
    rules.may_tell_outcome(consultation, now=now).require()
    if not text.strip():
        raise DomainError(_("Write what the outcome is."))
    present = list(consultation.actions.all())
    if read != mark_of(consultation, present):
        raise OutcomeChanged(_("Somebody else changed the outcome while you were writing."))
    if consultation.closed_at is None:
        _close(consultation, now)
    is_new = consultation.outcome_at is None
    consultation.outcome, consultation.outcome_at = text.strip(), consultation.outcome_at or now
    consultation.save(update_fields=["outcome", "outcome_at"])
    _keep_actions(consultation, {action.pk: action for action in present}, actions)
    consultation.actions.filter(pk__in=emptied).delete()
    if is_new:
        tell(consultation, Step.OUTCOME, told(consultation).only("pk", "email"))
    return consultation


def _keep_actions(
    consultation: Consultation, present: dict[int, OutcomeAction], actions: Sequence[PlannedAction]
) -> None:
    for wanted in actions:
        action = present.pop(wanted.pk, None) or OutcomeAction(consultation=consultation)
        action.what, action.owner, action.due = wanted.what, wanted.owner, wanted.due
        action.save()


@transaction.atomic
def finish_action(*, action: OutcomeAction, done: bool, by: Person) -> None:
    """Note that the action is done, or that it is not after all.

    Raises DomainError when it is not the person's, or was taken away meanwhile.
    """
    consultation = lock_managed(action.consultation, by)
    action = consultation.actions.filter(pk=action.pk).first()
    if action is None:
        raise DomainError(_("This action is taken away by somebody else."))
    action.done_at = (action.done_at or timezone.now()) if done else None
    action.save(update_fields=["done_at"])


@transaction.atomic
def blank_text(*, consultation: Consultation, answer: UUID, by: Person) -> None:
    """Put a fixed sentence in the place of what somebody wrote, such as about the health of a colleague.

    The answer still counts, so that nothing else changes. Raises DomainError when it is not the person's, shows
    nothing to him or her, or is not a text that stands there by now.
    """
    consultation = lock_managed(consultation, by)
    found = results_of(consultation, as_manager=True, now=timezone.now(), texts=0)
    found.decision.require()
    shown = [row.question.pk for row in found.rows if row.decision]
    texts = Answer.objects.filter(sheet__consultation=consultation, question__in=shown).exclude(text="")
    if not texts.filter(pk=answer).update(text=taken_away()):
        raise DomainError(_("This text does not stand there any more."))


@transaction.atomic
def remove(*, consultation: Consultation, by: Person) -> None:
    """Delete closed questions with all answers and the outcome. Raises DomainError while they are open, or a draft.

    For a superuser only; a draft is thrown away by who makes it.
    """
    consultation = lock_managed(consultation, by)
    rules.may_remove(consultation, by=by, now=timezone.now()).require()
    consultation.delete()

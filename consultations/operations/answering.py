"""Answering, changing an answer, and letting a colleague do it."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from consultations import rules
from consultations.mail import tell_substitute
from consultations.models import Answer, AnswerSheet, Consultation, MemberQuestion, Participation, Substitute
from consultations.models.questions import HIGHEST, LOWEST
from consultations.operations.locks import lock
from consultations.stand import Stand, stand_of
from members.models import Organisation, Person
from noord.domain import DomainError


@dataclass(frozen=True, slots=True)
class Reply:
    """What somebody answers to one question: a text, or ids of options, or a number."""

    text: str = ""
    options: tuple[int, ...] = ()
    number: int | None = None

    def __bool__(self) -> bool:
        return bool(self.text or self.options or self.number)


Replies = Mapping[int, Reply]  # by the id of the question; what is left empty may be missing


class AnsweredBefore(DomainError):
    """Somebody else of the organisation, or the person in another window, was first. What was typed is not saved."""


@transaction.atomic
def answer(
    *, consultation: Consultation, person: Person, replies: Replies, organisation: Organisation | None = None
) -> None:
    """Send the answers, of the person or of the organisation for which the person speaks.

    Who speaks for more than one says for which `organisation`; so it is with changing, and with naming a substitute.
    Of anonymous questions nothing remains that leads from the answers to the one who gave them. Raises AnsweredBefore
    when the answer of this person or organisation is there already, and DomainError when rules.may_answer() refuses
    or a question that must be answered is not.
    """
    consultation, stand = _locked(consultation, person, organisation)
    rules.may_answer(stand, now=timezone.now()).require()
    if stand.has_answered:
        raise AnsweredBefore(rules.already_answered(stand))
    participation = stand.participation or Participation(
        consultation=consultation,
        organisation=stand.organisation,
        person=None if stand.organisation else person,
    )
    participation.has_answered = True
    participation.answered_by = person if stand.organisation else None
    participation.save()
    signed = {} if consultation.is_anonymous else {"participation": participation, "answered_at": timezone.now()}
    sheet = AnswerSheet(consultation=consultation, is_anonymous=consultation.is_anonymous, **signed)
    sheet.save(force_insert=True)
    _write(sheet, replies)


@transaction.atomic
def change_answer(
    *,
    consultation: Consultation,
    person: Person,
    replies: Replies,
    version: int,
    organisation: Organisation | None = None,
) -> AnswerSheet:
    """Replace the answers that were sent, as long as nobody did since the `version` that the person saw.

    Raises AnsweredBefore when somebody did, and DomainError when rules.may_change() refuses.
    """
    consultation, stand = _locked(consultation, person, organisation)
    rules.may_change(stand, now=timezone.now()).require()
    sheet = AnswerSheet.objects.filter(participation=stand.participation).first() if stand.participation else None
    if sheet is None:
        raise DomainError(_("There is no answer yet. Send your answer first."))
    if sheet.version != version:
        raise AnsweredBefore(rules.already_answered(stand))
    sheet.changed_at, sheet.version = timezone.now(), sheet.version + 1
    sheet.save(update_fields=["changed_at", "version"])
    if stand.organisation:
        stand.participation.answered_by = person
        stand.participation.save(update_fields=["answered_by"])
    sheet.answers.all().delete()
    _write(sheet, replies)
    return sheet


@transaction.atomic
def name_substitute(
    *, consultation: Consultation, colleague: Person | None, by: Person, organisation: Organisation | None = None
) -> None:
    """Let a colleague answer for the organisation, instead of the one named before; None takes it back.

    The colleague hears of it by mail; the main contact may still answer too. Raises DomainError when
    rules.may_name_substitute() refuses, or when the colleague does not work there.
    """
    consultation, stand = _locked(consultation, by, organisation)
    rules.may_name_substitute(stand, now=timezone.now()).require()
    own = Substitute.objects.filter(consultation=consultation, organisation=stand.organisation)
    if colleague is None:
        own.delete()
        return
    if not stand.organisation.positions.active_on().filter(person=colleague, person__is_active=True).exists():
        raise DomainError(_("Choose somebody who works at %(organisation)s.") % {"organisation": stand.organisation})
    Substitute.objects.update_or_create(
        consultation=consultation,
        organisation=stand.organisation,
        defaults={"person": colleague, "named_by": by, "named_at": timezone.now()},
    )
    tell_substitute(consultation, stand.organisation, colleague)


def _locked(
    consultation: Consultation, person: Person, organisation: Organisation | None
) -> tuple[Consultation, Stand]:
    consultation = lock(consultation.pk)
    return consultation, stand_of(consultation, person, organisation.pk if organisation else None)


def _write(sheet: AnswerSheet, replies: Replies) -> None:
    questions = list(sheet.consultation.questions.prefetch_related("options"))
    rows = [row for question in questions for row in _rows(sheet, question, replies.get(question.pk, Reply()))]
    if not rows:
        raise DomainError(_("Answer at least one question."))
    Answer.objects.bulk_create(rows)


def _rows(sheet: AnswerSheet, question: MemberQuestion, reply: Reply) -> list[Answer]:
    """Return a row for each value that fits the question; DomainError for what does not."""
    if not reply:
        if question.is_required:
            raise DomainError(_("Answer the question: %(question)s") % {"question": question.text})
        return []
    match question.kind:
        case MemberQuestion.Kind.OPEN if reply.text:
            return [Answer(sheet=sheet, question=question, text=reply.text)]
        case MemberQuestion.Kind.SCALE if reply.number and LOWEST <= reply.number <= HIGHEST:
            return [Answer(sheet=sheet, question=question, number=reply.number)]
        case MemberQuestion.Kind.ONE | MemberQuestion.Kind.SEVERAL:
            known = {option.pk for option in question.options.all()}
            chosen = dict.fromkeys(reply.options)
            if known.issuperset(chosen) and (len(chosen) == 1 or question.kind == MemberQuestion.Kind.SEVERAL):
                return [Answer(sheet=sheet, question=question, option_id=option) for option in chosen]
    raise DomainError(_("This answer does not fit the question: %(question)s") % {"question": question.text})

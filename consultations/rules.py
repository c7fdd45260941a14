"""Who may do what with questions to the members, each answer with its reason as a sentence for the screen."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from consultations.models import Consultation
from consultations.stand import Stand
from members.models import Person
from noord.dates import deadline
from noord.domain import YES, Decision, no

LEAST_ANONYMOUS = 5  # with fewer answers, results would tell what somebody thinks
REMIND_DAYS = 3  # before the deadline
MOST_QUESTIONS = 30


def may_answer(stand: Stand, *, now: datetime) -> Decision:
    """May the person answer now? Changing what was answered is may_change()."""
    consultation = stand.consultation
    if consultation.is_draft:
        return no(_("These questions are not open yet."))
    if consultation.is_closed(now):
        return no(_("These questions are closed. Answering was possible %(until)s.") % {"until": _until(consultation)})
    if not stand.is_asked:
        if consultation.audience == Consultation.Audience.PRESENT:
            return no(_("These questions are for who is at the meeting. Scan the code at the door first."))
        return no(_("These questions are for others. You can read along."))
    if stand.must_choose:
        return no(_choose())
    return YES if stand.speaks else _no_speaker(stand)


def may_change(stand: Stand, *, now: datetime) -> Decision:
    """May the person change the answer that was sent?"""
    if stand.consultation.is_anonymous:
        return no(_("Your answer is sent. It is anonymous, so nobody can find it again to change it."))
    return may_answer(stand, now=now)


def _choose() -> str:
    return _("You speak for more than one organisation. Choose for which one this is.")


def _no_speaker(stand: Stand) -> Decision:
    if not stand.speakers:
        text = _("No main contact of %(organisation)s is known, so nobody can answer. Ask the programme manager.")
        return no(text % {"organisation": stand.organisation})
    names = _names([speaker.name for speaker in stand.speakers])
    text = _("%(names)s answers for %(organisation)s. You can read along.")
    return no(text % {"names": names, "organisation": stand.organisation})


def _names(names: list[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return _("%(first)s or %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}


def already_answered(stand: Stand) -> str:
    """Return in one sentence who answered before."""
    if stand.organisation is None:
        return _("You have answered already.")
    by = stand.participation.answered_by if stand.participation else None
    text = _("%(name)s has already answered for %(organisation)s.")
    return text % {"name": by or _("A colleague"), "organisation": stand.organisation}


def may_name_substitute(stand: Stand, *, now: datetime) -> Decision:
    """May the person let a colleague answer for the organisation?"""
    if stand.must_choose:
        return no(_choose())
    if stand.organisation is None or not stand.is_main_contact:
        return no(_("Only the main contact of an organisation names a substitute."))
    if not stand.consultation.is_open(now):
        return no(_("These questions are not open, so nobody has to answer."))
    if stand.has_answered and stand.consultation.is_anonymous:
        return no(already_answered(stand))
    return YES


def may_open(consultation: Consultation, *, now: datetime) -> Decision:
    """Is the set ready to be asked?"""
    if not consultation.is_draft:
        return no(_("These questions are open already, or were."))
    questions = consultation.questions.prefetch_related("options")
    if not questions:
        return no(_("Add a question first."))
    short = next((row for row in questions if row.has_choices and len(row.options.all()) < 2), None)
    if short:
        return no(_("“%(question)s” needs at least two answers to choose from.") % {"question": short.text})
    if consultation.closes_at <= now:
        return no(_("The deadline has passed. Choose a later one."))
    return YES


def may_write(consultation: Consultation) -> Decision:
    """May its questions still change? Not once somebody can answer them."""
    if consultation.is_draft:
        return YES
    return no(_("People can answer these questions now, so they stay as they are."))


def may_remind(consultation: Consultation, *, now: datetime) -> Decision:
    """May a manager remind by hand? Once, besides the reminder that the portal sends itself."""
    if not consultation.is_open(now):
        return no(_("These questions are not open, so nobody has to answer."))
    if consultation.reminded_by_hand_at:
        return no(_("You have reminded people by hand already. That is possible once."))
    return YES


def reminds_itself(consultation: Consultation) -> bool:
    """Will the portal remind? Not of questions that are open for a few days only, such as in the room."""
    return consultation.closes_at - (consultation.opened_at or timezone.now()) > timedelta(days=REMIND_DAYS + 1)


def may_tell_outcome(consultation: Consultation, *, now: datetime) -> Decision:
    if not consultation.is_closed(now):
        return no(_("Close the questions first: as long as people answer there is no outcome."))
    return YES


def may_remove(consultation: Consultation, *, by: Person, now: datetime) -> Decision:
    """May the person delete it with all that was answered? A draft is discarded, what is open is closed first."""
    if not by.is_superuser:
        return no(_("Only an administrator deletes what was answered."))
    if not consultation.is_closed(now):
        return no(_("Close the questions first."))
    return YES


def may_see_results(consultation: Consultation, *, as_manager: bool, answers: int, now: datetime) -> Decision:
    """May the reader see what was answered, on a page or in a file? `answers` is how many there are.

    Of anonymous questions nobody sees anything while they are open, nor when there are fewer than 5 answers: whoever
    looks twice would otherwise see what the one in between answered.
    """
    if consultation.is_anonymous:
        if consultation.closed_at is None:
            return no(
                _("These questions are anonymous. What was answered is shown when they are closed, from 5 answers up.")
            )
        if answers < LEAST_ANONYMOUS:
            return no(_too_few(answers))
    if as_manager:
        return YES
    if not consultation.is_closed(now) or consultation.outcome_at is None:
        return no(_("What was answered is shown together with the outcome."))
    return YES


def may_see_question(consultation: Consultation, *, answers: int) -> Decision:
    """May a reader who sees the results see this question too? `answers` is how many answered it: many may skip it."""
    if consultation.is_anonymous and answers < LEAST_ANONYMOUS:
        text = _("Fewer than %(least)s answered this question. To keep them anonymous nothing of it is shown.")
        return no(text % {"least": LEAST_ANONYMOUS})
    return YES


def _too_few(answers: int) -> str:
    missing = LEAST_ANONYMOUS - answers
    text = ngettext(
        "There are too few answers to stay anonymous: %(missing)s more was needed. So nothing is shown.",
        "There are too few answers to stay anonymous: %(missing)s more were needed. So nothing is shown.",
        missing,
    )
    return text % {"missing": missing}


def _until(consultation: Consultation) -> str:
    closed, until = consultation.closed_at, consultation.closes_at
    return deadline(min(closed, until) if closed else until)

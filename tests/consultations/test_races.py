"""Many at once on PostgreSQL: one answer of each, and none after the moment of closing."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from consultations.models import AnswerSheet, Consultation, Participation
from consultations.operations.answering import AnsweredBefore, Reply, answer, change_answer
from consultations.operations.planning import open_to_members
from consultations.operations.running import (
    PlannedAction,
    close,
    finish_action,
    keep_time,
    mark_of,
    publish_outcome,
    remind,
)
from noord.domain import DomainError
from noord.outbox.models import Mail
from tests.factories import make_chair, make_consultation, make_member, make_organisation, make_question, make_sector

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def all_at_once(*works) -> list[str]:
    """Run each in a thread of its own; return what came of it: "ok", or the name of the refusal."""
    barrier = Barrier(len(works))

    def run(work) -> str:
        barrier.wait()
        try:
            work()
        except DomainError as error:
            return type(error).__name__
        finally:
            connection.close()
        return "ok"

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


@pytest.fixture
def chair():
    return make_chair(make_sector())


def asked(chair, **fields) -> Consultation:
    consultation = make_consultation(chair.sector_roles.get().sector, **fields)
    make_question(consultation)
    open_to_members(consultation=consultation, by=chair)
    return Consultation.objects.get(pk=consultation.pk)


def sending(consultation, person, text: str):
    replies = {consultation.questions.get().pk: Reply(text=text)}
    return lambda: answer(consultation=consultation, person=person, replies=replies)


@pytest.mark.parametrize("is_anonymous", [False, True])
@pytest.mark.parametrize("is_late", [False, True], ids=["asked at the opening", "joined later"])
def test_twenty_of_one_organisation_at_once_give_one_answer(chair, is_anonymous, is_late):
    sector, organisation = chair.sector_roles.get().sector, make_organisation(name="gemeente Assen")
    if not is_late:
        sector.organisations.add(organisation)
    consultation = asked(chair, voice="organisation", is_anonymous=is_anonymous)
    sector.organisations.add(organisation)
    people = [make_member(organisation=organisation) for _ in range(20)]
    for person in people:
        person.positions.update(is_main_contact=True)
    results = all_at_once(*(sending(consultation, person, person.name) for person in people))
    assert sorted(results) == ["AnsweredBefore"] * 19 + ["ok"]
    participation = Participation.objects.answered().get()
    sheet = AnswerSheet.objects.get()
    assert sheet.answers.get().text == participation.answered_by.name == people[results.index("ok")].name


def test_pressing_twenty_times_at_once_is_one_answer(chair):
    consultation = asked(chair)
    assert sorted(all_at_once(*[sending(consultation, chair, "Ja")] * 20)) == ["AnsweredBefore"] * 19 + ["ok"]
    assert AnswerSheet.objects.count() == 1


def test_changing_at_once_keeps_one_change_and_tells_the_other(chair):
    consultation = asked(chair)
    sending(consultation, chair, "Ja")()
    question = consultation.questions.get().pk

    def change(text: str) -> None:
        replies = {question: Reply(text=text)}
        change_answer(consultation=consultation, person=chair, replies=replies, version=1)

    assert sorted(all_at_once(lambda: change("A"), lambda: change("B"))) == ["AnsweredBefore", "ok"]
    assert AnswerSheet.objects.get().version == 2


def test_no_answer_comes_in_after_closing(chair):
    """Whoever looks at anonymous results never sees one more later: each answer is before the shuffle, or refused."""
    sector = chair.sector_roles.get().sector
    people = [make_member() for _ in range(30)]
    sector.people.add(*people)
    consultation = asked(chair, is_anonymous=True)
    works = [sending(consultation, person, "Ja") for person in people]
    works.insert(15, lambda: close(consultation=consultation, by=chair))
    results = all_at_once(*works)
    count = results.count("ok") - 1  # the closing
    assert (AnswerSheet.objects.count(), Participation.objects.answered().count()) == (count, count)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT xmin::text) FROM consultations_answersheet")
        assert cursor.fetchone()[0] <= 1
    with pytest.raises(DomainError):
        sending(consultation, chair, "Te laat")()


def test_reminding_and_the_clock_at_once_mail_each_once(chair):
    sector = chair.sector_roles.get().sector
    sector.people.add(*(make_member() for _ in range(4)))
    consultation = asked(chair)
    before = Mail.objects.count()
    by_hand = [lambda: remind(consultation=consultation, by=chair)] * 5
    assert sorted(all_at_once(*by_hand)) == ["DomainError"] * 4 + ["ok"]
    assert Mail.objects.count() - before == 5
    all_at_once(*[lambda: keep_time(now=consultation.closes_at)] * 5)
    assert Consultation.objects.get().closed_at == consultation.closes_at


def test_writing_the_outcome_at_once_keeps_one_and_tells_the_other(chair):
    consultation = close(consultation=asked(chair), by=chair)

    def write(text: str) -> None:
        actions = [PlannedAction(f"Actie van {text}", "iemand", timezone.localdate())]
        publish_outcome(consultation=consultation, by=chair, text=text, actions=actions)

    results = all_at_once(*(lambda text=text: write(text) for text in "ABCD"))
    assert sorted(results) == ["OutcomeChanged"] * 3 + ["ok"]
    text = "ABCD"[results.index("ok")]
    assert (Consultation.objects.get().outcome, consultation.actions.get().what) == (text, f"Actie van {text}")


def test_action_that_goes_while_somebody_notes_it_as_done_is_a_refusal(chair):
    consultation = close(consultation=asked(chair), by=chair)
    planned = [PlannedAction("Dit doen", "iemand", timezone.localdate())]
    publish_outcome(consultation=consultation, by=chair, text="Zo", actions=planned)
    action = consultation.actions.get()
    consultation.refresh_from_db()
    given = {"consultation": consultation, "by": chair, "text": "Zo", "emptied": [action.pk]}
    given["read"] = mark_of(consultation, [action])
    results = all_at_once(
        lambda: publish_outcome(**given), *[lambda: finish_action(action=action, done=True, by=chair)] * 5
    )
    assert results[0] == "ok"
    assert set(results[1:]) <= {"ok", "DomainError"}
    assert not consultation.actions.exists()


def test_answered_before_is_a_refusal():
    assert issubclass(AnsweredBefore, DomainError)

"""Anonymous answers: nothing that leads from an answer to a person, and nothing shown that would tell."""

from uuid import uuid4

import pytest
import time_machine
from auditlog.models import LogEntry
from django.apps import apps
from django.contrib.admin import site
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from consultations.models import Answer, AnswerSheet, Consultation, Participation
from consultations.operations.answering import AnsweredBefore, Reply, answer, change_answer
from consultations.operations.planning import open_to_members
from consultations.operations.running import close, keep_time
from members.models import Person
from noord.administration import history
from noord.domain import DomainError
from noord.outbox.models import Mail
from tests.factories import make_chair, make_consultation, make_member, make_question, make_sector

pytestmark = pytest.mark.django_db


@pytest.fixture
def chair():
    return make_chair(make_sector())


@pytest.fixture
def anonymous(chair) -> Consultation:
    """Open, with one question, for twelve people."""
    sector = chair.sector_roles.get().sector
    sector.people.add(*(make_member() for _ in range(11)))
    consultation = make_consultation(sector, is_anonymous=True)
    make_question(consultation)
    open_to_members(consultation=consultation, by=chair)
    consultation.refresh_from_db()
    return consultation


def send(consultation: Consultation, count: int) -> list[Person]:
    """Let so many answer "Antwoord 0", "Antwoord 1", ..."""
    question = consultation.questions.get()
    silent = consultation.participations.silent().order_by("pk").select_related("person")
    people = [row.person for row in silent[:count]]
    for number, person in enumerate(people):
        answer(consultation=consultation, person=person, replies={question.pk: Reply(text=f"Antwoord {number}")})
    return people


def links_from(model, seen: frozenset = frozenset()) -> set[tuple[str, ...]]:
    """Return every chain of foreign keys from the model, as labels and fields; a model is passed once per chain."""
    chains = set()
    for field in model._meta.concrete_fields:
        target = field.related_model
        if target is None or target in seen:
            continue
        here = f"{model._meta.label}.{field.name}"
        chains |= {(here,), *((here, *rest) for rest in links_from(target, seen | {model, target}))}
    return chains


def target_of(link: str):
    label, _dot, name = link.rpartition(".")
    return apps.get_model(label)._meta.get_field(name).related_model


def test_schema_leads_from_an_answer_to_a_person_by_the_signed_link_only():
    """Walk all foreign keys out of the answers: whatever ends at a person goes through the one signed link, or is
    about who made the questions, which is the same for every answer."""
    about_the_questions = {"consultation", "question", "option"}
    to_people = {
        chain for start in (AnswerSheet, Answer) for chain in links_from(start) if target_of(chain[-1]) is Person
    }
    own = [chain for chain in to_people if not {link.rsplit(".", 1)[1] for link in chain} & about_the_questions]
    assert own
    assert all("consultations.AnswerSheet.participation" in chain for chain in own)


def test_schema_has_nothing_that_points_at_an_answer_or_a_sheet():
    pointing = {
        (model._meta.label, field.name)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if field.related_model in (Answer, AnswerSheet)
    }
    assert pointing == {("consultations.Answer", "sheet")}


def test_schema_keeps_no_moment_and_no_number_in_order_of_an_answer():
    """Names and kinds of all columns, so that a new one has to be thought about here."""
    columns = {
        model.__name__: {field.attname: field.get_internal_type() for field in model._meta.concrete_fields}
        for model in (AnswerSheet, Answer, Participation)
    }
    assert columns == {
        "AnswerSheet": {
            "id": "UUIDField", "consultation_id": "ForeignKey", "is_anonymous": "BooleanField",
            "participation_id": "OneToOneField", "answered_at": "DateTimeField", "changed_at": "DateTimeField",
            "version": "PositiveIntegerField",
        },
        "Answer": {
            "id": "UUIDField", "sheet_id": "ForeignKey", "question_id": "ForeignKey", "option_id": "ForeignKey",
            "number": "PositiveSmallIntegerField", "text": "TextField",
        },
        "Participation": {
            "id": "BigAutoField", "consultation_id": "ForeignKey", "person_id": "ForeignKey",
            "organisation_id": "ForeignKey", "has_answered": "BooleanField", "answered_by_id": "ForeignKey",
        },
    }  # fmt: skip


@pytest.mark.parametrize("field", ["participation", "answered_at", "changed_at", "version"])
def test_database_refuses_a_link_or_a_moment_with_an_anonymous_answer(anonymous, field):
    value = {
        "participation": anonymous.participations.first(),
        "answered_at": timezone.now(),
        "changed_at": timezone.now(),
        "version": 2,
    }[field]
    with pytest.raises(IntegrityError), transaction.atomic():
        AnswerSheet.objects.create(consultation=anonymous, is_anonymous=True, **{field: value})


def test_database_refuses_an_answer_without_name_that_is_not_anonymous(anonymous):
    with pytest.raises(IntegrityError), transaction.atomic():
        AnswerSheet.objects.create(consultation=anonymous, is_anonymous=False)


def rows_of_everything() -> dict[str, list]:
    """Return all rows of all tables, as values."""
    return {
        model._meta.label: [
            {name: str(value) for name, value in row.items()} for row in model._base_manager.order_by().values()
        ]
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    }


def test_no_row_anywhere_holds_a_person_and_an_answer(anonymous):
    before = rows_of_everything()
    person = send(anonymous, 1)[0]
    sheet = AnswerSheet.objects.get()
    after = rows_of_everything()
    new = {label: [row for row in rows if row not in before[label]] for label, rows in after.items()}
    changed = {label: rows for label, rows in new.items() if rows}
    participation = Participation.objects.get(person=person)
    assert set(changed) == {"consultations.AnswerSheet", "consultations.Answer", "consultations.Participation"}
    assert changed["consultations.AnswerSheet"] == [
        {
            "id": str(sheet.pk), "consultation_id": str(anonymous.pk), "is_anonymous": "True", "version": "1",
            "participation_id": "None", "answered_at": "None", "changed_at": "None",
        }
    ]  # fmt: skip
    assert [row["id"] for row in changed["consultations.Participation"]] == [str(participation.pk)]
    assert not any("Antwoord" in value for row in changed["consultations.Participation"] for value in row.values())


def test_history_keeps_nothing_of_who_answered_or_what(anonymous):
    send(anonymous, 3)
    kinds = ContentType.objects.get_for_models(AnswerSheet, Answer, Participation).values()
    assert not any(history.is_logged(model) for model in (AnswerSheet, Answer, Participation))
    assert not LogEntry.objects.filter(content_type__in=kinds).exists()


def test_administration_has_no_answers():
    names = {model.__name__ for model in site._registry if model._meta.app_label == "consultations"}
    assert names == {"Consultation"}


def test_answering_sends_no_mail(anonymous):
    before = Mail.objects.count()
    send(anonymous, 1)
    assert Mail.objects.count() == before


def test_rows_of_who_is_asked_are_there_before_anybody_answers(anonymous):
    before = list(anonymous.participations.values_list("pk", flat=True).order_by("pk"))
    send(anonymous, 5)
    assert list(anonymous.participations.values_list("pk", flat=True).order_by("pk")) == before


def test_anonymous_answer_cannot_be_changed_or_sent_again(anonymous):
    person = send(anonymous, 1)[0]
    replies = {anonymous.questions.get().pk: Reply(text="Toch niet")}
    with pytest.raises(AnsweredBefore):
        answer(consultation=anonymous, person=person, replies=replies)
    with pytest.raises(DomainError, match="anoniem"):
        change_answer(consultation=anonymous, person=person, replies=replies, version=1)
    assert [row.text for row in Answer.objects.all()] == ["Antwoord 0"]


def test_closing_writes_all_answers_anew_in_another_order(anonymous, chair):
    send(anonymous, 12)
    before = set(AnswerSheet.objects.values_list("pk", flat=True)) | set(Answer.objects.values_list("pk", flat=True))
    close(consultation=anonymous, by=chair)
    after = set(AnswerSheet.objects.values_list("pk", flat=True)) | set(Answer.objects.values_list("pk", flat=True))
    assert (len(after), before & after) == (24, set())
    assert sorted(Answer.objects.values_list("text", flat=True)) == sorted(f"Antwoord {n}" for n in range(12))
    assert AnswerSheet.objects.filter(answers__isnull=True).count() == 0


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_after_closing_the_transactions_in_the_database_tell_nothing(chair, anonymous):
    send(anonymous, 12)

    def transactions(table: str) -> set[str]:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT DISTINCT xmin::text FROM {table}")  # noqa: S608 - a name of ours
            return {xmin for (xmin,) in cursor.fetchall()}

    assert len(transactions("consultations_answersheet")) == 12  # until then, who has the keys could compare
    close(consultation=anonymous, by=chair)
    seen = [transactions(f"consultations_{table}") for table in ("answersheet", "answer", "participation")]
    assert [len(one) for one in seen] == [1, 1, 1]
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM consultations_answer ORDER BY ctid")
        order = [text for (text,) in cursor.fetchall()]
    # One order of 479 million is the one in which they came.
    assert order != [f"Antwoord {number}" for number in range(12)]


def test_the_clock_closes_after_the_deadline_and_shuffles(anonymous):
    send(anonymous, 5)
    before = set(AnswerSheet.objects.values_list("pk", flat=True))
    keep_time(now=anonymous.closes_at - timezone.timedelta(seconds=1))
    assert set(AnswerSheet.objects.values_list("pk", flat=True)) == before
    with time_machine.travel(anonymous.closes_at):
        keep_time(now=timezone.now())
    anonymous.refresh_from_db()
    assert anonymous.closed_at is not None
    assert not before & set(AnswerSheet.objects.values_list("pk", flat=True))


def test_a_person_who_is_deleted_leaves_the_anonymous_answer(anonymous):
    person = send(anonymous, 1)[0]
    person.positions.all().delete()
    person.delete()
    assert (AnswerSheet.objects.count(), Participation.objects.answered().count()) == (1, 0)


def test_random_keys_of_sheets_are_no_counter(anonymous):
    send(anonymous, 2)
    assert {pk.version for pk in AnswerSheet.objects.values_list("pk", flat=True)} == {uuid4().version}

"""Answering for oneself or for an organisation, changing it, and naming a colleague."""

from datetime import date, timedelta

import pytest
import time_machine
from django.utils import timezone

from consultations.models import AnswerSheet, Participation, Substitute
from consultations.operations.answering import AnsweredBefore, Reply, answer, change_answer, name_substitute
from consultations.operations.planning import open_to_members
from consultations.operations.running import close
from members.models import Organisation, Person, Position
from noord.domain import DomainError
from tests.factories import (
    make_chair,
    make_consultation,
    make_event,
    make_group,
    make_member,
    make_organisation,
    make_participant,
    make_person,
    make_question,
    make_registration,
    make_sector,
)

pytestmark = pytest.mark.django_db


def main_contact_of(organisation: Organisation, **fields) -> Person:
    person = make_person(organisation=organisation, **fields)
    person.positions.update(is_main_contact=True)
    return person


@pytest.fixture
def sector():
    return make_sector()


@pytest.fixture
def chair(sector):
    return make_chair(sector)


def values_of(sheet: AnswerSheet) -> set[tuple]:
    return {
        (row.question_id, row.text or row.number or row.option.text) for row in sheet.answers.select_related("option")
    }


def test_answer_keeps_a_row_for_each_value(sector, chair):
    consultation = make_consultation(sector)
    words = make_question(consultation)
    one = make_question(consultation, kind="one", options=("Ja", "Nee"))
    several = make_question(consultation, kind="several", options=("Rood", "Wit", "Blauw"))
    scale = make_question(consultation, kind="scale")
    make_question(consultation)  # left empty
    open_to_members(consultation=consultation, by=chair)
    yes = one.options.get(text="Ja").pk
    colours = tuple(several.options.exclude(text="Wit").values_list("pk", flat=True))
    answer(
        consultation=consultation,
        person=chair,
        replies={
            words.pk: Reply(text="Graag"),
            one.pk: Reply(options=(yes,)),
            several.pk: Reply(options=colours),
            scale.pk: Reply(number=4),
        },
    )
    sheet = AnswerSheet.objects.get()
    assert values_of(sheet) == {
        (words.pk, "Graag"), (one.pk, "Ja"), (several.pk, "Rood"), (several.pk, "Blauw"), (scale.pk, 4),
    }  # fmt: skip
    assert (sheet.participation.person, sheet.participation.has_answered) == (chair, True)


@pytest.mark.parametrize("what", ["nothing", "required", "strange option", "two of one", "six", "text for a choice"])
def test_answer_is_refused_when_it_does_not_fit(sector, chair, what):
    consultation = make_consultation(sector)
    one = make_question(consultation, kind="one", options=("Ja", "Nee"))
    scale = make_question(consultation, kind="scale", is_required=what == "required")
    other = make_question(make_consultation(sector), kind="one", options=("Elders",))
    open_to_members(consultation=consultation, by=chair)
    both = tuple(one.options.values_list("pk", flat=True))
    replies = {
        "nothing": {},
        "required": {one.pk: Reply(options=both[:1])},
        "strange option": {one.pk: Reply(options=(other.options.get().pk,))},
        "two of one": {one.pk: Reply(options=both)},
        "six": {scale.pk: Reply(number=6)},
        "text for a choice": {one.pk: Reply(text="Ja")},
    }[what]
    with pytest.raises(DomainError):
        answer(consultation=consultation, person=chair, replies=replies)
    assert (AnswerSheet.objects.count(), Participation.objects.answered().count()) == (0, 0)


def test_answer_twice_is_refused_and_changes_nothing(sector, chair):
    consultation = make_consultation(sector)
    question = make_question(consultation)
    open_to_members(consultation=consultation, by=chair)
    answer(consultation=consultation, person=chair, replies={question.pk: Reply(text="Eerst")})
    with pytest.raises(AnsweredBefore, match="Je hebt al geantwoord"):
        answer(consultation=consultation, person=chair, replies={question.pk: Reply(text="Later")})
    assert [row.text for row in AnswerSheet.objects.get().answers.all()] == ["Eerst"]


def test_change_answer_until_the_deadline(sector, chair):
    consultation = make_consultation(sector)
    question = make_question(consultation)
    open_to_members(consultation=consultation, by=chair)
    answer(consultation=consultation, person=chair, replies={question.pk: Reply(text="Eerst")})
    given = {"consultation": consultation, "person": chair}
    assert change_answer(**given, replies={question.pk: Reply(text="Nader")}, version=1).version == 2
    with pytest.raises(AnsweredBefore):  # from a page that was opened before
        change_answer(**given, replies={question.pk: Reply(text="Oud")}, version=1)
    with time_machine.travel(consultation.closes_at), pytest.raises(DomainError, match="gesloten"):
        change_answer(**given, replies={question.pk: Reply(text="Te laat")}, version=2)
    assert [row.text for row in AnswerSheet.objects.get().answers.all()] == ["Nader"]


def test_answer_is_refused_to_who_is_not_asked_and_when_it_is_not_open(sector, chair):
    consultation = make_consultation(sector)
    replies = {make_question(consultation).pk: Reply(text="Ja")}
    with pytest.raises(DomainError, match="nog niet open"):
        answer(consultation=consultation, person=chair, replies=replies)
    open_to_members(consultation=consultation, by=chair)
    with pytest.raises(DomainError, match="voor anderen"):
        answer(consultation=consultation, person=make_member(), replies=replies)
    close(consultation=consultation, by=chair)
    with pytest.raises(DomainError, match="gesloten"):
        answer(consultation=consultation, person=chair, replies=replies)


def test_answer_of_who_joined_after_the_opening_counts(sector, chair):
    consultation = make_consultation(sector)
    question = make_question(consultation)
    open_to_members(consultation=consultation, by=chair)
    late = make_member()
    sector.people.add(late)
    answer(consultation=consultation, person=late, replies={question.pk: Reply(text="Ik ook")})
    assert AnswerSheet.objects.get().participation.person == late


def test_answer_for_a_meeting_is_for_who_is_there():
    group = make_group()
    lead = make_participant(group)
    lead.group_memberships.update(role="lead")
    event = make_event(groups=[group])
    there = make_registration(event, attended_at=timezone.now(), attendance_source="hand").person
    away = make_registration(event).person
    consultation = make_consultation(event)
    question = make_question(consultation)
    open_to_members(consultation=consultation, by=lead)
    answer(consultation=consultation, person=there, replies={question.pk: Reply(text="Hier")})
    with pytest.raises(DomainError, match="Scan eerst de code bij de deur"):
        answer(consultation=consultation, person=away, replies={question.pk: Reply(text="Thuis")})
    assert AnswerSheet.objects.get().participation.person == there


@pytest.fixture
def organisation(sector):
    organisation = make_organisation(name="gemeente Assen")
    sector.organisations.add(organisation)
    return organisation


@pytest.fixture
def per_organisation(sector, chair, organisation):
    consultation = make_consultation(sector, voice="organisation")
    make_question(consultation)
    open_to_members(consultation=consultation, by=chair)
    return consultation


def replies_of(consultation, text: str) -> dict[int, Reply]:
    return {consultation.questions.get().pk: Reply(text=text)}


def test_main_contact_answers_and_a_colleague_is_told_who_does(per_organisation, organisation):
    contact = main_contact_of(organisation, name="Anna Proef")
    colleague = make_person(organisation=organisation)
    with pytest.raises(DomainError, match=r"Anna Proef antwoordt voor gemeente Assen\. Jij kunt meelezen\."):
        answer(consultation=per_organisation, person=colleague, replies=replies_of(per_organisation, "Nee"))
    answer(consultation=per_organisation, person=contact, replies=replies_of(per_organisation, "Ja"))
    participation = AnswerSheet.objects.get().participation
    assert (participation.organisation, participation.person, participation.answered_by) == (
        organisation,
        None,
        contact,
    )


def test_substitute_answers_until_named_no_more(per_organisation, organisation):
    contact, colleague = main_contact_of(organisation), make_person(organisation=organisation)
    name_substitute(consultation=per_organisation, colleague=colleague, by=contact)
    name_substitute(consultation=per_organisation, colleague=None, by=contact)
    with pytest.raises(DomainError):
        answer(consultation=per_organisation, person=colleague, replies=replies_of(per_organisation, "Nee"))
    name_substitute(consultation=per_organisation, colleague=colleague, by=contact)
    answer(consultation=per_organisation, person=colleague, replies=replies_of(per_organisation, "Ja"))
    with pytest.raises(AnsweredBefore, match=f"{colleague.name} heeft al geantwoord voor gemeente Assen"):
        answer(consultation=per_organisation, person=contact, replies=replies_of(per_organisation, "Anders"))
    # It is the answer of the organisation: the main contact may change what the substitute sent.
    change_answer(
        consultation=per_organisation, person=contact, replies=replies_of(per_organisation, "Toch anders"), version=1
    )
    assert AnswerSheet.objects.get().participation.answered_by == contact


def test_substitute_who_left_the_organisation_no_longer_answers(per_organisation, organisation):
    contact, colleague = main_contact_of(organisation), make_person(organisation=organisation)
    name_substitute(consultation=per_organisation, colleague=colleague, by=contact)
    yesterday = timezone.localdate() - timedelta(days=1)
    Position.objects.filter(person=colleague).update(end=yesterday)
    with pytest.raises(DomainError):
        answer(consultation=per_organisation, person=colleague, replies=replies_of(per_organisation, "Nee"))


def test_name_substitute_is_refused_for_a_stranger_and_by_a_colleague(per_organisation, organisation):
    contact, colleague = main_contact_of(organisation), make_person(organisation=organisation)
    with pytest.raises(DomainError, match="Kies iemand die werkt bij gemeente Assen"):
        name_substitute(consultation=per_organisation, colleague=make_member(), by=contact)
    with pytest.raises(DomainError, match="Alleen de eerste contactpersoon"):
        name_substitute(consultation=per_organisation, colleague=colleague, by=colleague)
    assert not Substitute.objects.exists()


def test_organisation_without_main_contact_cannot_answer(per_organisation, organisation):
    person = make_person(organisation=organisation)
    with pytest.raises(DomainError, match="geen eerste contactpersoon van gemeente Assen"):
        answer(consultation=per_organisation, person=person, replies=replies_of(per_organisation, "Ja"))


def test_who_speaks_for_two_organisations_answers_for_each(sector, per_organisation, organisation):
    other = make_organisation(name="gemeente Zuidlaren")
    sector.organisations.add(other)
    person = main_contact_of(organisation)
    Position.objects.create(person=person, organisation=other, start=date(2020, 1, 1), is_main_contact=True)
    with pytest.raises(DomainError, match="Kies voor welke"):
        answer(consultation=per_organisation, person=person, replies=replies_of(per_organisation, "Nul"))
    with pytest.raises(DomainError, match="Kies voor welke"):
        name_substitute(consultation=per_organisation, colleague=None, by=person)
    with pytest.raises(DomainError, match="voor anderen"):
        answer(
            consultation=per_organisation, person=person, replies=replies_of(per_organisation, "Nul"),
            organisation=make_organisation(),
        )  # fmt: skip
    given = {"consultation": per_organisation, "person": person}
    for one, text in ((other, "Twee"), (organisation, "Een")):
        answer(**given, replies=replies_of(per_organisation, text), organisation=one)
    with pytest.raises(AnsweredBefore, match="voor gemeente Assen"):
        answer(**given, replies=replies_of(per_organisation, "Nogmaals"), organisation=organisation)
    change_answer(**given, replies=replies_of(per_organisation, "Toch een"), version=1, organisation=organisation)
    rows = AnswerSheet.objects.values_list("participation__organisation__name", "answers__text")
    assert set(rows) == {("gemeente Assen", "Toch een"), ("gemeente Zuidlaren", "Twee")}

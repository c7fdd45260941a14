"""Merging two people or organisations that were both asked."""

import pytest
from django.utils import timezone

from consultations.models import Answer, AnswerSheet, Consultation, Participation
from consultations.operations.answering import Reply, answer
from consultations.operations.planning import open_to_members
from members.merging import merge, undo
from tests.factories import (
    make_chair,
    make_consultation,
    make_member,
    make_organisation,
    make_person,
    make_question,
    make_sector,
)
from tests.members.test_merging import snapshot

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    return make_person(name="Beheer", is_staff=True, is_superuser=True)


def asked(*people, **fields) -> Consultation:
    chair = make_chair(make_sector())
    sector = chair.sector_roles.get().sector
    sector.people.add(*people)
    consultation = make_consultation(sector, **fields)
    make_question(consultation)
    open_to_members(consultation=consultation, by=chair)
    return Consultation.objects.get(pk=consultation.pk)


def send(consultation, person, text: str) -> None:
    answer(consultation=consultation, person=person, replies={consultation.questions.get().pk: Reply(text=text)})


@pytest.mark.parametrize(("own", "other", "stays"), [("", "B", "B"), ("A", "", "A"), ("A", "B", "A"), ("", "", None)])
def test_merge_keeps_one_answer_and_undo_brings_both_back(boss, own, other, stays):
    keep, gone = make_member(), make_member()
    consultation = asked(keep, gone)
    for person, text in ((keep, own), (gone, other)):
        if text:
            send(consultation, person, text)
    before = snapshot()
    done = merge(keep=keep, gone=gone, by=boss)
    row = consultation.participations.get(person=keep)
    assert row.has_answered == bool(stays)
    assert list(Answer.objects.values_list("text", flat=True)) == ([stays] if stays else [])
    undo(merge=done, by=boss)
    assert snapshot() == before


def test_merge_leaves_anonymous_answers(boss):
    keep, gone = make_member(), make_member()
    consultation = asked(keep, gone, is_anonymous=True)
    send(consultation, keep, "A")
    send(consultation, gone, "B")
    merge(keep=keep, gone=gone, by=boss)
    assert consultation.participations.answered().get().person == keep
    assert AnswerSheet.objects.count() == 2


def test_merge_of_organisations_keeps_one_voice(boss):
    keep, gone = make_organisation(), make_organisation()
    consultation = asked(voice="organisation", opened_at=None)
    for organisation in (keep, gone):
        Participation.objects.create(consultation=consultation, organisation=organisation)
    sheet_of = consultation.participations.get(organisation=gone)
    sheet_of.has_answered = True
    sheet_of.save()
    AnswerSheet.objects.create(
        consultation=consultation, is_anonymous=False, participation=sheet_of, answered_at=timezone.now()
    )
    merge(keep=keep, gone=gone, by=boss)
    assert consultation.participations.get().organisation == keep
    assert AnswerSheet.objects.get().participation.organisation == keep

"""Who counts as asked while the audience still grows."""

import pytest
from django.utils import timezone

from consultations.models import Consultation
from consultations.operations.answering import Reply, answer
from consultations.operations.planning import open_to_members
from consultations.operations.running import close
from members.models import Person
from tests.factories import (
    make_consultation,
    make_event,
    make_group,
    make_organisation,
    make_participant,
    make_question,
    make_registration,
    make_sector,
)
from tests.noord.test_permissions import client_of

pytestmark = pytest.mark.django_db
NOTED = {"attendance_source": "hand"}


@pytest.fixture
def boss() -> Person:
    return Person.objects.create_superuser("beheer@noord.example", name="Beheer")


def numbers_of(consultation: Consultation) -> tuple[int, int]:
    row = Consultation.objects.with_numbers().get(pk=consultation.pk)
    return row.answered_count, row.asked_count


def opened(home, by: Person, **fields) -> Consultation:
    consultation = make_consultation(home, **fields)
    make_question(consultation, text="Wat nemen we mee naar huis?")
    open_to_members(consultation=consultation, by=by)
    return Consultation.objects.get(pk=consultation.pk)


def test_asked_count_of_those_present_grows_as_people_are_noted_and_stays_after_closing(boss):
    event = make_event(sectors=[make_sector()])
    consultation = opened(event, boss)
    assert numbers_of(consultation) == (0, 0)
    there = [make_registration(event, attended_at=timezone.now(), **NOTED).person for _ in range(3)]
    make_registration(event)  # registered, and not there
    assert numbers_of(consultation) == (0, 3)
    answer(consultation=consultation, person=there[0], replies={consultation.questions.get().pk: Reply(text="Veel")})
    assert numbers_of(consultation) == (1, 3)
    page = client_of(boss).get(f"/vragen/{consultation.pk}/beheer/").content.decode()
    assert "1 van 3 gaven antwoord." in page
    close(consultation=consultation, by=boss)
    assert numbers_of(consultation) == (1, 3)


def test_asked_count_is_of_everyone_of_today_and_of_who_was_asked(boss):
    """Each audience and voice: one who was there at the opening, and one who joined; a draft and a closed one keep."""
    sector, group = make_sector(), make_group()
    event = make_event(sectors=[sector])

    def join() -> None:
        organisation = make_organisation()
        person = make_participant(group, organisation=organisation)
        sector.people.add(person)
        sector.organisations.add(organisation)
        make_registration(event, person=person, attended_at=timezone.now(), **NOTED)

    join()
    rows = {
        f"{kind} {voice}": opened(home, boss, voice=voice)
        for kind, home in (("sector", sector), ("group", group), ("event", event), ("network", None))
        for voice in ("person", "organisation")
    }
    draft, closed = make_consultation(sector), opened(sector, boss)
    close(consultation=closed, by=boss)
    before = {name: numbers_of(row)[1] for name, row in rows.items()}
    join()
    after = {name: numbers_of(row)[1] for name, row in rows.items()}
    assert before == dict.fromkeys(rows, 1)
    assert after == dict.fromkeys(rows, 2)
    sector.people.clear()  # who was asked stays asked; who joined and went again is not
    assert (numbers_of(rows["sector person"]), numbers_of(draft), numbers_of(closed)) == ((0, 1), (0, 0), (0, 1))

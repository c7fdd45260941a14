"""Who counts as asked while the audience still grows, and what somebody reads whom nobody has noted at the door."""

import pytest
from django.utils import timezone

from consultations.models import Consultation
from consultations.operations.answering import Reply, answer
from consultations.operations.planning import open_to_members
from consultations.operations.running import close
from events.models import Registration
from members.models import Person
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


def test_who_scans_the_code_without_being_noted_reads_what_to_do_and_nothing_of_the_questions(boss):
    event = make_event(sectors=[make_sector()])
    consultation = opened(event, boss, title="Het geheim van de zaal", background="Vertrouwelijk.")
    page = consultation.get_absolute_url()
    registered = make_registration(event).person
    for person in (registered, make_member(), make_person()):
        response = client_of(person).get(page)
        html = response.content.decode()
        assert response.status_code == 403
        for text in ("Laat eerst je aanwezigheid noteren", "Ga langs de ontvangst", f'href="{page}"'):
            assert text in html
        for text in ("Het geheim van de zaal", "Vertrouwelijk.", "Wat nemen we mee naar huis?"):
            assert text not in html
    Registration.objects.filter(person=registered).update(attended_at=timezone.now(), **NOTED)
    assert "Wat nemen we mee naar huis?" in client_of(registered).get(page).content.decode()


def test_who_is_not_noted_finds_nothing_where_there_is_no_room(boss):
    chair = make_chair(make_sector())
    event = make_event(sectors=[chair.sector_roles.get().sector])
    of_sector, draft, closed = opened(event.sectors.get(), chair), make_consultation(event), opened(event, chair)
    close(consultation=closed, by=chair)
    client = client_of(make_person())
    pages = [row.get_absolute_url() for row in (of_sector, draft, closed)]
    assert [client.get(page).status_code for page in pages] == [404, 404, 404]
    assert client_of(chair).get(opened(event, chair).get_absolute_url()).status_code == 200

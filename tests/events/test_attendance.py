from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from events import door
from events.models import Registration
from events.operations import attendance
from events.operations import registrations as operations
from noord.domain import DomainError
from tests.factories import (
    amsterdam,
    make_event,
    make_member,
    make_programme_manager,
    make_registration,
    make_sector,
)

pytestmark = pytest.mark.django_db
START = amsterdam(2026, 12, 17, 13, 30)


@pytest.fixture
def sector():
    return make_sector()


@pytest.fixture
def manager(sector):
    return make_programme_manager(sector)


@pytest.fixture
def event(sector):
    return make_event(start=START, end=START + timedelta(hours=3), sectors=[sector], capacity=2)


def state(registration: Registration) -> tuple:
    registration.refresh_from_db()
    return registration.attended_at, registration.attendance_source


@time_machine.travel(START, tick=False)
def test_mark_attended_twice_keeps_the_first_moment(event, manager):
    registration = make_registration(event)
    assert attendance.mark_attended(registration=registration, by=manager)
    with time_machine.travel(START + timedelta(minutes=5), tick=False):
        assert not attendance.mark_attended(registration=registration, by=manager)
    assert state(registration) == (START, "hand")
    assert attendance.unmark(registration=registration, by=manager)
    assert not attendance.unmark(registration=registration, by=manager)
    assert state(registration) == (None, "")


@time_machine.travel(START, tick=False)
def test_mark_attended_without_a_seat_says_what_to_do(event, manager):
    waiting = make_registration(event, make_member(name="Wil Wacht"), status="waiting")
    gone = make_registration(event, make_member(name="Af Gemeld"), status="cancelled")
    with pytest.raises(DomainError, match=r"Wil Wacht staat op de wachtlijst\. Geef eerst een plek\."):
        attendance.mark_attended(registration=waiting, by=manager)
    with pytest.raises(DomainError, match=r"Af Gemeld heeft zich afgemeld\."):
        attendance.mark_attended(registration=gone, by=manager)
    deleted = make_registration(event)
    Registration.objects.filter(pk=deleted.pk).delete()
    with pytest.raises(DomainError, match="bestaat niet meer"):
        attendance.mark_attended(registration=deleted, by=manager)


def test_mark_attended_from_the_day_itself_and_afterwards(event, manager):
    registration = make_registration(event)
    with time_machine.travel(START - timedelta(days=1)), pytest.raises(DomainError, match="vanaf de dag"):
        attendance.mark_attended(registration=registration, by=manager)
    with time_machine.travel(amsterdam(2026, 12, 17, 0, 1)):
        assert attendance.mark_attended(registration=registration, by=manager)
    with time_machine.travel(START + timedelta(days=3)):
        assert attendance.unmark(registration=registration, by=manager)


@time_machine.travel(START)
def test_attendance_is_for_the_organisers_alone(event):
    registration = make_registration(event)
    for person in (registration.person, make_programme_manager(make_sector())):
        for verb in (attendance.mark_attended, attendance.unmark):
            with pytest.raises(DomainError, match="Alleen de organisatie"):
                verb(registration=registration, by=person)


@time_machine.travel(START - timedelta(hours=1), tick=False)
def test_cancelling_forgets_that_somebody_was_there(event, manager):
    registration = make_registration(event)
    attendance.mark_attended(registration=registration, by=manager)
    operations.cancel(registration=registration, by=registration.person)
    assert state(registration) == (None, "")


@time_machine.travel(START - timedelta(hours=1), tick=False)
def test_the_database_lets_the_version_before_this_one_cancel_who_was_there(event, manager):
    registration = make_registration(event)
    attendance.mark_attended(registration=registration, by=manager)
    Registration.objects.filter(pk=registration.pk).update(status="cancelled", cancelled_at=timezone.now())
    assert event.registrations.get().is_cancelled


@time_machine.travel(START - timedelta(hours=1), tick=False)
def test_changing_my_answers_keeps_that_i_am_there(event, manager):
    registration = make_registration(event)
    stale = Registration.objects.get(pk=registration.pk)
    attendance.mark_attended(registration=registration, by=manager)
    operations.change(registration=stale, dietary_wish="geen noten")
    assert state(registration) == (timezone.now(), "hand")


@pytest.mark.parametrize("fields", [{"attendance_source": ""}, {"attended_at": None}])
def test_the_database_refuses_attendance_without_a_moment_or_a_source(event, fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_registration(event, **({"attended_at": timezone.now(), "attendance_source": "hand"} | fields))


@pytest.mark.parametrize(
    ("moment", "refusal"),
    [
        (
            START - timedelta(hours=2, seconds=1),
            "Deze code werkt vanaf donderdag 17\N{NO-BREAK SPACE}december 2026, 11.30 uur.",
        ),
        (START - timedelta(hours=2), ""),
        (START + timedelta(hours=3) - timedelta(seconds=1), ""),
        (START + timedelta(hours=3), "Deze bijeenkomst is voorbij. Je kunt niet meer melden dat je er bent."),
    ],
)
def test_check_in_from_two_hours_before_to_the_end(event, moment, refusal):
    registration = make_registration(event)
    with time_machine.travel(moment, tick=False):
        if refusal:
            with pytest.raises(DomainError) as caught:
                attendance.check_in(event=event, person=registration.person)
            assert str(caught.value) == refusal
            assert state(registration) == (None, "")
        else:
            attendance.check_in(event=event, person=registration.person)
            attendance.check_in(event=event, person=registration.person)
            assert state(registration) == (moment, "qr")


@time_machine.travel(START)
def test_check_in_without_a_seat_says_where_to_go(event):
    person = make_member()

    def refusal() -> str:
        with pytest.raises(DomainError) as caught:
            attendance.check_in(event=event, person=person)
        return str(caught.value)

    assert (
        refusal()
        == "Je bent niet aangemeld, maar er zijn nog plekken. Ga naar de ontvangst: daar kunnen ze je aanmelden."
    )
    with time_machine.travel(START - timedelta(hours=1)):
        assert refusal().startswith("Je bent niet aangemeld. Meld je eerst aan")
    make_registration(event)
    make_registration(event)
    assert refusal().startswith("Je bent niet aangemeld en alle plekken zijn bezet.")
    make_registration(event, person, status="waiting")
    assert refusal().startswith("Je staat op de wachtlijst en hebt nog geen plek.")


def test_door_token_is_of_one_meeting_and_one_day(event):
    other = make_event(start=START, end=START + timedelta(days=2))
    with time_machine.travel(START - timedelta(days=9)):
        token = door.door_token(event, door.day_of_code(event, timezone.now()))
    assert door.read_door_token(token) == (event.pk, "20261217")
    assert door.read_door_token(token.replace("20261217", "20261218")) is None
    assert door.read_door_token("onzin") is None
    second_day = START + timedelta(days=1)
    assert f"{door.day_of_code(other, second_day)}" == "2026-12-18"
    assert f"{door.day_of_code(other, START + timedelta(days=30))}" == "2026-12-19"


def test_draw_code_is_the_same_picture_as_the_package_makes():
    size, path = door.draw_code("https://noord.example/agenda/x/ik-ben-er/1/")
    squares = set()
    for stretch in path.split("z")[:-1]:
        start, width = stretch.removeprefix("M").split("v1")[0].split("h")
        x, y = map(int, start.split())
        squares |= {(x + n, y) for n in range(int(width))}
    code = door.qrcode.QRCode(error_correction=door.qrcode.ERROR_CORRECT_M, border=4)
    code.add_data("https://noord.example/agenda/x/ik-ben-er/1/")
    matrix = code.get_matrix()
    assert size == len(matrix)
    assert squares == {(x, y) for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("mail_waits")
def test_two_phones_and_the_code_at_once_note_one_moment():
    sector = make_sector()
    manager = make_programme_manager(sector)
    event = make_event(start=timezone.now() + timedelta(minutes=5), sectors=[sector])
    registration = make_registration(event)
    barrier = Barrier(6)

    def note(number: int) -> bool:
        barrier.wait()
        try:
            if number % 3 == 0:
                attendance.check_in(event=event, person=registration.person)
                return False
            return attendance.mark_attended(registration=registration, by=manager)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        new = list(pool.map(note, range(6)))
    registration.refresh_from_db()
    assert registration.attended_at is not None
    assert sum(new) == (registration.attendance_source == "hand")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("mail_waits")
@pytest.mark.parametrize("attempt", range(5))
def test_note_while_the_person_cancels_leaves_no_attendance_of_who_is_gone(attempt):
    sector = make_sector()
    manager = make_programme_manager(sector)
    event = make_event(start=timezone.now() + timedelta(minutes=5), sectors=[sector])
    registration = make_registration(event)
    barrier = Barrier(2)

    def run(verb) -> None:
        barrier.wait()
        try:
            verb()
        except DomainError:
            pass
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        verbs = [
            lambda: attendance.mark_attended(registration=registration, by=manager),
            lambda: operations.cancel(registration=registration, by=registration.person),
        ]
        list(pool.map(run, verbs))
    registration.refresh_from_db()
    assert (registration.is_cancelled, registration.attended_at) == (True, None)

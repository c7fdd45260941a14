"""Reminders and thanks: who gets which, when on the clock in Amsterdam, and once whatever runs at the same time."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.mail.reminders import render_reminder, render_thanks
from events.models import Event, Registration
from events.operations import registrations as operations
from events.operations.meetings import call_off, save_event
from events.operations.reminders import due_at, send_reminders, send_thanks
from events.seats import Choice
from events.tasks import send_reminders as task
from members.models import Person
from members.operations import choose_mail, stop_mail
from noord.outbox.models import Mail
from tests.factories import amsterdam, make_block, make_event, make_member, make_session
from tests.factories import make_registration as make_row

pytestmark = pytest.mark.django_db
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def make_registration(event: Event, person: Person | None = None, **fields) -> Registration:
    """Make a row of somebody who registered a month before."""
    return make_row(event, person, **{"queued_at": event.start - timedelta(days=30)} | fields)


def register_earlier(event: Event, **choice) -> Registration:
    """Register somebody with the verb, a day before now."""
    with time_machine.travel(NOW - timedelta(days=1)):
        return operations.register(event=event, person=make_member(), **choice)


def starts_in(**delta) -> Event:
    start = NOW + timedelta(**delta)
    return make_event(start=start, end=start + timedelta(hours=3), title="Vervolg", slug="vervolg")


def queued() -> list[str]:
    """Return which reminders are in the outbox, and to whom."""
    return sorted(f"{mail.params['reminder']} {mail.to}" for mail in Mail.objects.filter(kind="events.reminder"))


def letter():
    return render_reminder(**Mail.objects.filter(kind="events.reminder").latest("pk").params)


@pytest.mark.parametrize(
    ("delta", "expected"),
    [
        ({"days": 7, "seconds": 1}, []),
        ({"days": 7}, ["week"]),
        ({"days": 6, "seconds": 1}, ["week"]),
        ({"days": 6}, []),
        ({"days": 1, "seconds": 1}, []),
        ({"days": 1}, ["day"]),
        ({"seconds": 1}, ["day"]),
        ({"seconds": 0}, []),
    ],
)
def test_reminder_comes_a_week_and_a_day_before(delta, expected):
    make_registration(starts_in(**delta))
    for _again in range(2):
        send_reminders(now=NOW)
    assert [line.split()[0] for line in queued()] == expected


def test_each_gets_both_reminders_once(clock):
    event = starts_in(days=7)
    registration = make_registration(event)
    for hours in range(0, 170, 8):
        clock.move_to(NOW + timedelta(hours=hours))
        send_reminders(now=timezone.now())
    assert queued() == [f"day {registration.person.email}", f"week {registration.person.email}"]


def test_no_week_reminder_when_the_day_reminder_is_due():
    event = starts_in(hours=20)
    make_registration(event)
    send_reminders(now=NOW)
    event.refresh_from_db()
    assert (event.week_reminder_at, event.day_reminder_at) == (NOW, NOW)


@pytest.fixture(params=["UTC", "America/New_York"])
def zone_of_the_machine(request, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("zone_of_the_machine")
@pytest.mark.parametrize(
    ("start", "due"),
    [
        (amsterdam(2027, 3, 28, 14), datetime(2027, 3, 27, 13, tzinfo=UTC)),  # 23 hours before
        (amsterdam(2027, 10, 31, 14), datetime(2027, 10, 30, 12, tzinfo=UTC)),  # 25 hours before
        (amsterdam(2028, 3, 1, 9), datetime(2028, 2, 29, 8, tzinfo=UTC)),
        (amsterdam(2028, 1, 1, 9), datetime(2027, 12, 31, 8, tzinfo=UTC)),
    ],
)
def test_a_day_before_is_the_same_time_on_the_clock(start, due):
    event = make_event(start=start)
    make_registration(event)
    assert due_at(event.start, 1) == due
    send_reminders(now=due - timedelta(seconds=1))
    assert queued() == []
    send_reminders(now=due)
    assert [line.split()[0] for line in queued()] == ["day"]


def test_a_week_before_over_the_change_is_found_in_time():
    make_registration(make_event(start=amsterdam(2027, 11, 1, 14)))
    send_reminders(now=amsterdam(2027, 10, 25, 14))
    assert len(queued()) == 1


def test_only_who_has_a_seat_and_wants_it_is_reminded():
    event = starts_in(days=7)
    wanted = make_registration(event)
    for status in (Registration.Status.WAITING, Registration.Status.CANCELLED):
        make_registration(event, status=status)
    stop_mail(person=make_registration(event).person, kind="reminders")
    stop_mail(person=make_registration(event, make_member(email=None)).person, kind="news")
    assert send_reminders(now=NOW) == 1
    assert queued() == [f"week {wanted.person.email}"]


@pytest.mark.parametrize("status", [Event.Status.DRAFT, Event.Status.CANCELLED])
def test_no_reminder_of_a_meeting_that_is_not_published(status):
    event = starts_in(days=1)
    Event.objects.filter(pk=event.pk).update(status=status)
    make_registration(event)
    assert send_reminders(now=NOW) == 0


def test_who_registers_later_gets_none_for_a_moment_that_has_passed(clock):
    event = starts_in(days=7)
    send_reminders(now=NOW)
    late = make_registration(event, queued_at=NOW + timedelta(minutes=30))
    send_reminders(now=NOW + timedelta(hours=1))
    assert queued() == []
    send_reminders(now=NOW + timedelta(days=6))
    assert queued() == [f"day {late.person.email}"]


@pytest.mark.parametrize(
    ("starts", "registered", "expected"),
    [
        # Published late: who registers is not reminded at the next beat, but is the day before.
        ({"days": 2}, {"minutes": 5}, []),
        ({"days": 6, "hours": 12}, {"minutes": 5}, []),
        ({"days": 6, "hours": 12}, {"hours": 13}, ["week"]),
        ({"days": 6, "hours": 12}, {"hours": 11}, []),
        ({"hours": 20}, {"hours": 3}, []),
        ({"days": 1}, {"hours": 13}, ["day"]),
        ({"days": 1}, {"hours": 11}, []),
    ],
)
def test_who_has_just_registered_is_not_reminded(starts, registered, expected):
    event = starts_in(**starts)
    make_registration(event, queued_at=NOW - timedelta(**registered))
    send_reminders(now=NOW)
    assert [line.split()[0] for line in queued()] == expected


def test_who_has_just_got_a_seat_from_the_waiting_list_is_not_reminded():
    make_registration(starts_in(days=7), promoted_at=NOW - timedelta(hours=1))
    assert send_reminders(now=NOW) == 0


@given(
    published=st.integers(0, 9 * 24),
    registered=st.lists(st.integers(0, 14 * 24), min_size=1, max_size=3),
    step=st.integers(5, 30),
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_reminders_leave_in_time_and_never_to_who_has_just_registered(clock, published, registered, step):
    """Hours before the start, whenever a meeting is published, people register and the beat comes."""
    with transaction.atomic():
        Person.objects.all().delete()
        event = starts_in(days=15)
        for before in registered:
            make_registration(event, queued_at=event.start - timedelta(hours=min(before, published)))
        for before in range(published, -1, -step):
            now = event.start - timedelta(hours=before)
            known = set(Mail.objects.filter(kind="events.reminder").values_list("pk", flat=True))
            _remind_known(event, now)
            for mail in Mail.objects.filter(kind="events.reminder").exclude(pk__in=known):
                row = Registration.objects.get(pk=mail.params["registration"])
                earliest, latest = (6 * 24, 7 * 24) if mail.params["reminder"] == "week" else (0, 24)
                assert earliest < before <= latest
                assert now - row.queued_at >= timedelta(hours=12)
        transaction.set_rollback(True)


def _remind_known(event: Event, now: datetime) -> None:
    """Let the beat come; who registers after this moment is not there yet."""
    later = Registration.objects.filter(event=event, queued_at__gt=now)
    waiting = list(later.values_list("pk", flat=True))
    later.update(status=Registration.Status.CANCELLED)
    send_reminders(now=now)
    Registration.objects.filter(pk__in=waiting).update(status=Registration.Status.CONFIRMED)


def test_another_day_has_its_own_reminders_and_another_hour_has_not():
    event = starts_in(days=7)
    registration = make_registration(event)
    send_reminders(now=NOW)
    event.refresh_from_db()
    event.end += timedelta(minutes=30)
    save_event(event=event)
    assert send_reminders(now=NOW) == 0
    event.start, event.end = event.start - timedelta(hours=14), event.end - timedelta(hours=14)
    save_event(event=event)
    assert (event.week_reminder_at, event.day_reminder_at) == (None, None)
    assert send_reminders(now=NOW) == 1
    old, new = Mail.objects.filter(params__registration=registration.pk, kind="events.reminder").order_by("pk")
    assert render_reminder(**old.params) is None
    assert render_reminder(**new.params).subject.startswith("Over 6 dagen: ")


def test_day_that_comes_back_is_not_reminded_of_twice():
    event = starts_in(days=6, hours=12)  # 1 o'clock at night in Amsterdam
    make_registration(event)
    for hours in (0, -2, 2):
        event.refresh_from_db()
        event.start, event.end = event.start + timedelta(hours=hours), event.end + timedelta(hours=hours)
        save_event(event=event)
        send_reminders(now=NOW)
    assert len(queued()) == 2


def test_an_old_page_in_the_administration_does_not_make_reminders_leave_again():
    event = starts_in(days=7)
    make_registration(event)
    stale = Event.objects.get(pk=event.pk)
    assert send_reminders(now=NOW) == 1
    save_event(event=stale)
    assert send_reminders(now=NOW) == 0


def test_reminder_says_when_where_which_session_and_how_to_stop():
    event = starts_in(days=7)
    event.online_url = "https://overleg.example/kamer"
    event.save()
    block = make_block(event)
    session = make_session(block, title="Het Kindpakket", room="Zaal 2")
    register_earlier(event, choices={block.pk: Choice(session.pk)})
    send_reminders(now=NOW)
    message = letter()
    assert message.subject == "Over een week: Vervolg, 8 maart 2027"
    for line in [
        "Wanneer: maandag 8 maart 2027, 13.00 - 16.00 uur",
        "Waar: Tolbert",
        "Het Kindpakket, Zaal 2",
        "https://overleg.example/kamer",
        "/agenda/vervolg/mijn-aanmelding/",
        message.unsubscribe_url,
    ]:
        assert line in message.text
    assert "/mail/stop/reminders-" in message.unsubscribe_url
    assert message.list_id == "herinneringen"
    assert message.calendar == b""


@pytest.mark.parametrize(
    ("later", "word"),
    [
        ({}, "Over een week"),
        ({"days": 2}, "Over 5 dagen"),
        ({"days": 6}, "Morgen"),
        ({"days": 6, "hours": 23}, "Vandaag"),
    ],
)
def test_reminder_that_is_late_says_what_is_true_then(clock, later, word):
    make_registration(starts_in(days=7))
    send_reminders(now=NOW)
    clock.move_to(NOW + timedelta(**later))
    assert letter().subject.startswith(f"{word}: ")


def test_week_reminder_that_is_very_late_makes_room_for_the_day_reminder(clock):
    make_registration(starts_in(days=7))
    send_reminders(now=NOW)
    clock.move_to(NOW + timedelta(days=6))
    send_reminders(now=timezone.now())
    week, day = Mail.objects.filter(kind="events.reminder").order_by("pk")
    assert render_reminder(**week.params) is None
    assert render_reminder(**day.params).subject.startswith("Morgen: ")


@pytest.mark.parametrize("what", ["cancel", "call_off", "begin", "stop"])
def test_reminder_that_waits_is_dropped_when_it_is_no_longer_needed(clock, what):
    event = starts_in(days=7)
    registration = register_earlier(event)
    send_reminders(now=NOW)
    assert letter()
    match what:
        case "cancel":
            operations.cancel(registration=registration, by=registration.person)
        case "call_off":
            call_off(event=event)
        case "begin":
            clock.move_to(event.start)
        case "stop":
            choose_mail(person=registration.person, invitations=True, topics=True, reminders=False, news=True)
    assert letter() is None


def test_preference_does_not_stop_mail_about_the_registration():
    person = make_member()
    choose_mail(person=person, invitations=False, topics=False, reminders=False, news=False)
    operations.register(event=starts_in(days=30), person=person)
    assert Mail.objects.get().kind == "events.registration"


def test_thanks_come_once_when_the_report_is_there():
    event = starts_in(days=-2)
    registration = make_registration(event)
    make_registration(event, status=Registration.Status.WAITING)
    assert send_thanks(now=NOW) == 0
    Event.objects.filter(pk=event.pk).update(report="Wat we bespraken.")
    assert [send_thanks(now=NOW), send_thanks(now=NOW)] == [1, 0]
    message = render_thanks(**Mail.objects.get().params)
    assert message.subject == "Bedankt, het verslag staat klaar: Vervolg, 27 februari 2027"
    assert "/agenda/vervolg/#verslag" in message.text
    assert message.unsubscribe_url in message.text
    stop_mail(person=registration.person, kind="reminders")
    assert render_thanks(**Mail.objects.get().params) is None


@pytest.mark.parametrize(("days", "count"), [(-31, 0), (-29, 1), (1, 0)])
def test_thanks_come_within_thirty_days_after_the_end(days, count):
    event = starts_in(days=days)
    Event.objects.filter(pk=event.pk).update(report="Wat we bespraken.")
    make_registration(event)
    assert send_thanks(now=NOW) == count


def test_number_of_queries_does_not_grow_with_the_people(django_assert_max_num_queries):
    event = starts_in(days=7)
    for _ in range(20):
        make_registration(event)
    with django_assert_max_num_queries(12):
        send_reminders(now=NOW)
    assert len(queued()) == 20


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("mail_waits")
def test_two_beats_and_many_workers_at_once_remind_once():
    event = starts_in(days=7)
    over = make_event(start=NOW - timedelta(days=1), report="Wat we bespraken.")
    for _ in range(10):
        make_registration(event)
        make_registration(over)
    barrier = Barrier(8)

    def run(_number: int) -> None:
        barrier.wait()
        try:
            task()
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(run, range(8)))
    assert Mail.objects.filter(kind="events.reminder").count() == 10
    assert Mail.objects.filter(kind="events.thanks").count() == 10

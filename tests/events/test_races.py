"""Many people at once on PostgreSQL: real threads, real connections, one barrier."""

import random

import pytest
from django.test import Client
from django.urls import reverse

from events.models import Event, Registration, SessionChoice
from events.operations import registrations as operations
from events.seats import Choice
from members.models import Person, Position
from noord.outbox.models import Mail
from tests.factories import make_block, make_event, make_member, make_organisation, make_session
from tests.threads import all_at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("mail_waits")]

CROWD, SEATS, SESSION_SEATS = 200, 50, 25


def make_crowd(count: int) -> list[Person]:
    organisation = make_organisation()
    people = Person.objects.bulk_create(
        Person(email=f"menigte-{n}@voorbeeld.example", name=f"Menigte {n}") for n in range(count)
    )
    Position.objects.bulk_create(Position(person=person, organisation=organisation) for person in people)
    return people


def check_the_promises(event: Event, waiting: int) -> None:
    registrations = event.registrations.current().order_by("queued_at", "pk")
    statuses = list(registrations.values_list("status", flat=True))
    assert statuses == ["confirmed"] * SEATS + ["waiting"] * waiting
    places = list(event.registrations.in_line().with_place().values_list("place", flat=True))
    assert places == list(range(1, waiting + 1))
    for session in event.items.all():
        assert session.occupied_by.count() <= SESSION_SEATS
    assert not SessionChoice.objects.filter(seat__isnull=False).exclude(registration__status="confirmed").exists()


def test_two_hundred_people_for_fifty_seats_then_fifty_cancellations():
    event = make_event(capacity=SEATS)
    block = make_block(event)
    sessions = [make_session(block, capacity=SESSION_SEATS) for _ in range(2)]
    people = make_crowd(CROWD)

    def register(number: int) -> Registration:
        wish = Choice(sessions[number % 2].pk, sessions[1 - number % 2].pk)
        return operations.register(event=event, person=people[number], choices={block.pk: wish})

    results = all_at_once(register, CROWD)
    assert sorted(result.status for result in results) == ["confirmed"] * SEATS + ["waiting"] * (CROWD - SEATS)
    check_the_promises(event, CROWD - SEATS)
    assert [session.occupied_by.count() for session in sessions] == [SESSION_SEATS, SESSION_SEATS]
    assert Mail.objects.count() == CROWD

    # Fifty of those with a seat, so that fifty seats come free while others are being given out.
    leaving = random.Random(7).sample([result for result in results if result.is_confirmed], 50)
    all_at_once(lambda number: operations.cancel(registration=leaving[number], by=leaving[number].person), 50)
    check_the_promises(event, CROWD - SEATS - 50)
    assert [session.occupied_by.count() for session in sessions] == [SESSION_SEATS, SESSION_SEATS]
    assert Mail.objects.filter(params__news="promoted").count() == 50


def test_cancelling_while_others_register_never_loses_a_seat():
    event = make_event(capacity=10)
    people = make_crowd(60)
    first = [operations.register(event=event, person=person) for person in people[:20]]

    def work(number: int) -> object:
        if number < 20:
            return operations.cancel(registration=first[number], by=people[number])
        return operations.register(event=event, person=people[number])

    all_at_once(work, 60)
    assert event.registrations.confirmed().count() == 10
    assert event.registrations.waiting().count() == 30
    assert event.registrations.filter(status="cancelled").count() == 20


def test_pressing_the_button_twenty_times_at_once_is_one_registration_and_one_mail():
    event = make_event(capacity=5)
    person = make_member()
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    name, value = next((key, morsel.value) for key, morsel in client.cookies.items() if "session" in key)

    def press(_number: int) -> int:
        browser = Client()
        browser.cookies[name] = value
        return browser.post(reverse("events:register", args=[event.slug]), {"one_click": "1"}).status_code

    assert all_at_once(press, 20) == [302] * 20
    assert (event.registrations.count(), Mail.objects.count()) == (1, 1)

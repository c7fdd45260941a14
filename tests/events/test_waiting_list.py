"""The waiting list as a state machine: whatever people do in whatever order, the seats stay right."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.models import Registration
from events.operations import registrations as operations
from events.operations.meetings import save_event
from events.seats import Choice
from tests.factories import make_block, make_event, make_member, make_organisation, make_session

pytestmark = pytest.mark.django_db

PEOPLE = 6
steps = st.lists(
    st.one_of(
        st.tuples(st.just("register"), st.integers(0, PEOPLE - 1), st.integers(0, 2)),
        st.tuples(st.just("cancel"), st.integers(0, PEOPLE - 1), st.just(0)),
        st.tuples(st.just("capacity"), st.integers(0, 4), st.just(0)),
    ),
    max_size=12,
)


@pytest.fixture
def stage(db):
    organisation = make_organisation()
    event = make_event(capacity=2)
    block = make_block(event)
    sessions = [make_session(block, capacity=1), make_session(block, capacity=2)]
    return event, block, sessions, [make_member(organisation=organisation) for _ in range(PEOPLE)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_any_order_of_steps_keeps_the_promises(stage, steps):
    event, block, sessions, people = stage
    Registration.objects.all().delete()
    event.capacity = highest = 2
    save_event(event=event)
    model: list[int] = []  # who is registered, in order of arrival
    for verb, number, wish in steps:
        if verb == "capacity":
            event.capacity = number
            save_event(event=event)
            seated = sum(status == "confirmed" for status in _statuses(event).values())
            highest = max(number, seated)
        elif verb == "register":
            choices = {block.pk: Choice(sessions[wish].pk)} if wish < 2 else {}
            operations.register(event=event, person=people[number], choices=choices)
            if number not in model:
                model.append(number)
        else:
            registration = Registration.objects.filter(event=event, person=people[number]).first()
            if registration:
                operations.cancel(registration=registration, by=people[number])
            if number in model:
                model.remove(number)
        _check(event, sessions, people, model, highest)


def _statuses(event):
    return dict(event.registrations.current().order_by("queued_at", "pk").values_list("person", "status"))


def _check(event, sessions, people, model, highest):
    event.refresh_from_db()
    statuses = _statuses(event)
    # The line is the order of arrival; nobody is lost and nobody counted twice.
    assert list(statuses) == [people[number].pk for number in model]
    confirmed = [person for person, status in statuses.items() if status == "confirmed"]
    waiting = [person for person, status in statuses.items() if status == "waiting"]
    # No seat above the capacity, unless it was lowered under people who sat there already.
    assert len(confirmed) <= max(event.capacity, highest)
    # Nobody waits while a seat is free, and who waits came after everybody with a seat.
    assert not waiting or len(confirmed) >= event.capacity
    assert list(statuses) == confirmed + waiting
    for session in sessions:
        taken = session.occupied_by.all()
        assert len(taken) <= session.capacity
        assert all(choice.registration.is_confirmed for choice in taken)
        awaited = session.first_choices.filter(seat=None, registration__status="confirmed")
        assert not awaited or len(taken) == session.capacity

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from events import rules
from events.mail.registrations import KIND, render
from events.models import Event, Registration, RegistrationReason
from events.operations import by_hand
from events.operations import registrations as operations
from events.seats import Choice
from noord.domain import DomainError
from noord.outbox.models import Mail
from tests.factories import (
    make_block,
    make_event,
    make_member,
    make_programme_manager,
    make_sector,
    make_session,
)

pytestmark = pytest.mark.django_db
Kind = RegistrationReason.Kind


@pytest.fixture
def sector():
    return make_sector()


@pytest.fixture
def manager(sector):
    return make_programme_manager(sector)


def make_full(sector, capacity: int = 1, waiting: int = 2, **fields) -> tuple[Event, list[Registration]]:
    """Make a meeting without a free seat; return it with the waiting list in its order."""
    event = make_event(capacity=capacity, sectors=[sector], **fields)
    for _ in range(capacity):
        operations.register(event=event, person=make_member())
    return event, [operations.register(event=event, person=make_member()) for _ in range(waiting)]


def reasons(registration: Registration) -> list[tuple]:
    return list(registration.reasons.values_list("kind", "text", "by"))


def letters(person) -> list[str]:
    """Return the news of the mails that would leave now; one about an older version does not."""
    queued = Mail.objects.filter(to=person.email, kind=KIND).order_by("pk")
    return [mail.params["news"] for mail in queued if render(**mail.params)]


def test_add_person_above_capacity_gives_a_seat_and_keeps_the_reason(sector, manager):
    event, line = make_full(sector)
    person = make_member()
    added = by_hand.add_person(event=event, person=person, by=manager, above_capacity_reason=" Spreekt zelf ")
    added.refresh_from_db()
    assert added.is_confirmed
    assert (added.registered_by, added.promoted_at) == (manager, None)
    assert reasons(added) == [(Kind.ABOVE_CAPACITY, "Spreekt zelf", manager.pk)]
    assert letters(person) == ["registered"]
    assert [row.pk for row in event.registrations.in_line()] == [row.pk for row in line]


def test_add_person_without_a_reason_waits_and_with_a_free_seat_needs_none(sector, manager):
    event, _line = make_full(sector, waiting=0)
    assert by_hand.add_person(event=event, person=make_member(), by=manager).is_waiting
    roomy = make_event(capacity=5, sectors=[sector])
    added = by_hand.add_person(
        event=roomy, person=make_member(), by=manager, above_capacity_reason="Voor de zekerheid"
    )
    assert added.is_confirmed
    assert reasons(added) == []


def test_add_person_twice_changes_nothing(sector, manager):
    event, _line = make_full(sector)
    person = make_member()
    first = by_hand.add_person(event=event, person=person, by=manager, above_capacity_reason="Spreker")
    again = by_hand.add_person(event=event, person=person, by=manager, above_capacity_reason="Spreker")
    assert again.version == first.version
    assert len(reasons(first)) == 1


def test_add_person_after_closing(sector, manager):
    event = make_event(sectors=[sector], registration_closes=timezone.now() - timedelta(hours=1))
    assert by_hand.add_person(event=event, person=make_member(), by=manager).is_confirmed


def test_promote_gives_a_seat_past_who_is_ahead(sector, manager):
    _event, (first, second) = make_full(sector)
    by_hand.promote(registration=second, by=manager, reason="Geeft de workshop")
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.is_waiting, second.is_confirmed, second.promoted_at is not None) == (True, True, True)
    assert reasons(second) == [(Kind.OUT_OF_TURN, "Geeft de workshop", manager.pk)]
    assert letters(second.person) == ["promoted"]
    version = second.version
    by_hand.promote(registration=second, by=manager, reason="Nog eens")
    second.refresh_from_db()
    assert (second.version, len(reasons(second))) == (version, 1)


def test_promote_takes_the_session_that_was_chosen_while_waiting(sector, manager):
    event = make_event(capacity=1, sectors=[sector])
    block = make_block(event)
    full, other = make_session(block, capacity=1), make_session(block, capacity=1)
    operations.register(event=event, person=make_member(), choices={block.pk: Choice(full.pk)})
    waiting = operations.register(event=event, person=make_member(), choices={block.pk: Choice(full.pk, other.pk)})
    by_hand.promote(registration=waiting, by=manager, reason="Spreker")
    assert waiting.choices.get().seat == other


@pytest.mark.parametrize("reason", ["", "   "])
def test_promote_without_a_reason_is_refused(sector, manager, reason):
    _event, line = make_full(sector)
    with pytest.raises(DomainError, match="Geef een reden"):
        by_hand.promote(registration=line[0], by=manager, reason=reason)
    line[0].refresh_from_db()
    assert line[0].is_waiting


def test_promote_who_cancelled_or_after_the_end_is_refused(sector, manager):
    event, (first, second) = make_full(sector)
    operations.cancel(registration=first, by=first.person)
    with pytest.raises(DomainError, match="heeft zich afgemeld"):
        by_hand.promote(registration=first, by=manager, reason="Spreker")
    Event.objects.filter(pk=event.pk).update(start=timezone.now() - timedelta(hours=3), end=timezone.now())
    with pytest.raises(DomainError, match="is geweest"):
        by_hand.promote(registration=second, by=manager, reason="Spreker")


def test_by_hand_is_for_the_organisers_alone(sector):
    event, line = make_full(sector)
    stranger = make_programme_manager(make_sector())
    for verb in (
        lambda: by_hand.promote(registration=line[0], by=stranger, reason="Vriend"),
        lambda: by_hand.promote(registration=line[0], by=line[0].person, reason="Ik"),
        lambda: by_hand.move(registration=line[0], sessions={}, by=stranger),
        lambda: by_hand.add_person(event=event, person=line[0].person, by=stranger, above_capacity_reason="Vriend"),
    ):
        with pytest.raises(DomainError, match="Alleen de organisatie"):
            verb()


@pytest.fixture
def rounds(sector):
    event = make_event(sectors=[sector])
    block = make_block(event)
    sessions = [make_session(block, title=f"Sessie {letter}", capacity=1) for letter in "ABC"]
    return event, block, sessions


def test_move_gives_the_seat_left_behind_to_who_waits_for_it(rounds, manager):
    event, block, (a, b, _c) = rounds
    sits = operations.register(event=event, person=make_member(), choices={block.pk: Choice(a.pk, b.pk)})
    waits = operations.register(event=event, person=make_member(), choices={block.pk: Choice(a.pk)})
    by_hand.move(registration=sits, sessions={block.pk: b.pk}, by=manager)
    choice = sits.choices.get()
    assert (choice.seat, choice.first, choice.second) == (b, b, None)
    assert waits.choices.get().seat == a
    assert letters(sits.person) == ["moved"]
    assert letters(waits.person) == ["session"]


def test_move_to_a_full_session_asks_a_reason_and_keeps_it(rounds, manager):
    event, block, (a, b, _c) = rounds
    operations.register(event=event, person=make_member(), choices={block.pk: Choice(b.pk)})
    mover = operations.register(event=event, person=make_member(), choices={block.pk: Choice(a.pk)})
    with pytest.raises(DomainError, match="Sessie B is vol"):
        by_hand.move(registration=mover, sessions={block.pk: b.pk}, by=manager)
    by_hand.move(registration=mover, sessions={block.pk: b.pk}, by=manager, full_session_reason="Rolstoel")
    assert mover.choices.get().seat == b
    assert reasons(mover) == [(Kind.FULL_SESSION, "Sessie B: Rolstoel", manager.pk)]


def test_move_to_where_one_is_changes_nothing_and_who_had_no_choice_gets_one(rounds, manager):
    event, block, (a, _b, _c) = rounds
    person = operations.register(event=event, person=make_member())
    moved = by_hand.move(registration=person, sessions={block.pk: a.pk}, by=manager)
    assert person.choices.get().seat == a
    assert by_hand.move(registration=person, sessions={block.pk: a.pk}, by=manager).version == moved.version


def test_move_to_a_session_of_another_meeting_or_from_the_waiting_list_is_refused(rounds, sector, manager):
    event, block, (a, _b, _c) = rounds
    other = make_session(make_block(make_event(sectors=[sector])))
    person = operations.register(event=event, person=make_member())
    with pytest.raises(DomainError, match="niet meer in het programma"):
        by_hand.move(registration=person, sessions={block.pk: other.pk}, by=manager)
    Registration.objects.filter(pk=person.pk).update(status="waiting")
    with pytest.raises(DomainError, match="Alleen wie een plek heeft"):
        by_hand.move(registration=person, sessions={block.pk: a.pk}, by=manager)


@pytest.mark.parametrize(
    ("fields", "taken", "waiting", "begins"),
    [
        ({"status": "draft"}, 0, 3, "Niemand krijgt een plek, want de bijeenkomst is nog niet gepubliceerd."),
        ({"status": "cancelled"}, 0, 3, "Niemand krijgt nog een plek, want de bijeenkomst gaat niet door."),
        ({"capacity": 50}, 52, 0, "Niemand wacht op een plek."),
        ({"capacity": 50}, 52, 3, "Er is geen plek vrij (plekken: 50, bezet: 52). Als 3 mensen zich "),
        ({"capacity": 50}, 50, 3, "Er is geen plek vrij (plekken: 50, bezet: 50). Als 1 persoon zich "),
        ({"capacity": 50}, 49, 3, "Er is een plek vrij."),
        ({"capacity": None}, 49, 3, "Er is een plek vrij."),
    ],
)
def test_why_nobody_is_promoted(fields, taken, waiting, begins):
    event = make_event(**fields)
    said = rules.why_nobody_is_promoted(event, taken=taken, waiting=waiting, now=timezone.now())
    assert said.startswith(begins)
    assert said.count(". ") <= 1


def test_why_nobody_is_promoted_once_it_has_begun_or_is_over():
    event = make_event(capacity=1)
    begun = rules.why_nobody_is_promoted(event, taken=1, waiting=1, now=event.start)
    over = rules.why_nobody_is_promoted(event, taken=1, waiting=1, now=event.end)
    assert begun.startswith("De bijeenkomst is begonnen")
    assert over == "Niemand krijgt nog een plek, want de bijeenkomst is voorbij."


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("mail_waits")
@pytest.mark.parametrize("attempt", range(5))
def test_promote_while_the_person_cancels_leaves_one_truth(attempt):
    sector = make_sector()
    manager = make_programme_manager(sector)
    event, (first, second) = make_full(sector)
    barrier = Barrier(2)

    def run(verb) -> str:
        barrier.wait()
        try:
            verb()
        except DomainError as error:
            return str(error)
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(2) as pool:
        cancelled = pool.submit(run, lambda: operations.cancel(registration=second, by=second.person))
        promoted = pool.submit(run, lambda: by_hand.promote(registration=second, by=manager, reason="Spreker"))
        assert cancelled.result() == ""
        was_late = promoted.result() != ""
    second.refresh_from_db()
    first.refresh_from_db()
    assert second.is_cancelled
    assert second.reasons.exists() != was_late
    # The one seat: it came back to nobody but the first in line, and only when it had been given above capacity.
    assert event.registrations.confirmed().count() == 1
    assert first.is_waiting


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("mail_waits")
def test_promote_while_a_seat_comes_free_gives_two_people_a_seat_once():
    sector = make_sector()
    manager = make_programme_manager(sector)
    event, (first, second) = make_full(sector)
    leaving = event.registrations.confirmed().get()
    barrier = Barrier(2)

    def run(verb) -> None:
        barrier.wait()
        try:
            verb()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(
            pool.map(
                run,
                [
                    lambda: operations.cancel(registration=leaving, by=manager),
                    lambda: by_hand.promote(registration=second, by=manager, reason="Spreker"),
                ],
            )
        )
    confirmed = set(event.registrations.confirmed().values_list("pk", flat=True))
    assert confirmed in ({second.pk}, {first.pk, second.pk})

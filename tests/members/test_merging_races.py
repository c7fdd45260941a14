"""Two people who merge at the same moment, on PostgreSQL: nothing is half done, and nobody sees a 500."""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError, Thread
from time import sleep

import pytest
from django.db import connection, transaction
from django.test import Client

from events.models import Event
from members.merging import merge, moving
from members.merging.verbs import BUSY, CHANGED_MEANWHILE
from members.models import Merge, Person
from noord.domain import DomainError
from tests.factories import make_event, make_organisation, make_person, make_registration
from tests.members.test_merging import merging_url, snapshot
from tests.threads import all_at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def make_boss(name: str) -> Person:
    return make_person(name=name, is_staff=True, is_superuser=True)


def crossed(*wanted: tuple[Person, Person, Person]) -> list[object]:
    """Merge all of (keep, gone, by) at once; return for each its Merge or the sentence that refused it."""

    def work(number: int) -> object:
        keep, gone, by = wanted[number]
        try:
            return merge(keep=keep, gone=gone, by=by)
        except DomainError as error:
            return str(error)

    return all_at_once(work, len(wanted))


def people_at_one_meeting(number: int) -> list[Person]:
    """Make people who share everything that a merge locks: an organisation, and the same meetings."""
    organisation = make_organisation()
    people = [make_person(organisation=organisation) for _n in range(number)]
    for event in (make_event(), make_event()):
        for n, person in enumerate(people):
            make_registration(event, person, registered_by=people[n - 1])
    return people


@pytest.mark.parametrize("attempt", range(3))
def test_one_into_the_other_and_back_at_once_is_one_merge(attempt):
    one, other = people_at_one_meeting(2)
    results = crossed((one, other, make_boss("Een")), (other, one, make_boss("Twee")))
    done = [result for result in results if isinstance(result, Merge)]
    assert [result for result in results if result not in done] == [str(CHANGED_MEANWHILE)]
    kept = Person.objects.get(pk__in=[one.pk, other.pk])
    assert (kept.pk, kept.registrations.count(), kept.positions.count()) == (done[0].kept_id, 2, 1)


@pytest.mark.parametrize("attempt", range(3))
def test_one_into_another_that_goes_into_a_third_at_once(attempt):
    one, other, third = people_at_one_meeting(3)
    results = crossed((other, one, make_boss("Een")), (third, other, make_boss("Twee")))
    left = Person.objects.filter(pk__in=[one.pk, other.pk, third.pk])
    if all(isinstance(result, Merge) for result in results):  # the first went before the second
        assert [person.pk for person in left] == [third.pk]
    else:  # the second was sooner: whom the first would join is not there any more
        assert (results[0], isinstance(results[1], Merge)) == (str(CHANGED_MEANWHILE), True)
        assert {person.pk for person in left} == {one.pk, third.pk}
    assert {(person.registrations.count(), person.positions.count()) for person in left} == {(2, 1)}


def test_two_who_merge_each_other_away_do_not_wait_for_each_other(monkeypatch):
    """Each writes in the history under the name of the one that the other takes away."""
    first, second = make_boss("Een"), make_boss("Twee")
    barrier, position = Barrier(2), moving._hooks["members.position"]

    def meet(merging, rows, field):
        with suppress(BrokenBarrierError):  # one of them waits at the door, as it should
            barrier.wait(timeout=2)
        position(merging, rows, field)

    monkeypatch.setitem(moving._hooks, "members.position", meet)
    for boss in (first, second):
        boss.positions.create(organisation=make_organisation())
    results = crossed((make_person(), second, first), (make_person(), first, second))
    assert sorted(isinstance(result, Merge) for result in results) == [False, True]
    assert str(CHANGED_MEANWHILE) in results
    assert Person.objects.filter(pk__in=[first.pk, second.pk]).count() == 1


def wait_the_other_way_round(monkeypatch, event: Event, keep: Person) -> Thread:
    """Let somebody hold the meeting and want the person, while the merge holds the person and wants the meeting."""
    barrier = Barrier(2)

    def register() -> None:
        with transaction.atomic():
            Event.objects.select_for_update().get(pk=event.pk)
            barrier.wait(timeout=20)
            Person.objects.select_for_update().get(pk=keep.pk)
        connection.close()

    registering = moving._hooks["events.registration"]

    def meet(merging, rows, field):
        if field.name == "person":
            barrier.wait(timeout=20)
            sleep(1.5)  # whoever begins to wait last is the one whom PostgreSQL sends away (deadlock_timeout, 1 s)
        registering(merging, rows, field)

    monkeypatch.setitem(moving._hooks, "events.registration", meet)
    other = Thread(target=register)
    other.start()
    return other


def test_deadlock_is_a_sentence_and_nothing_is_lost(monkeypatch):
    boss, event = make_boss("Beheer"), make_event()
    keep, gone = make_person(organisation=make_organisation()), make_person(organisation=make_organisation())
    make_registration(event, gone)
    before = snapshot()
    other = wait_the_other_way_round(monkeypatch, event, keep)
    with pytest.raises(DomainError, match=str(BUSY)):
        merge(keep=keep, gone=gone, by=boss)
    other.join(timeout=20)
    assert (other.is_alive(), snapshot()) == (False, before)
    monkeypatch.undo()
    assert merge(keep=keep, gone=gone, by=boss).can_be_undone  # once more, as the sentence says


def test_deadlock_leaves_the_choices_on_the_page(monkeypatch):
    client, event = Client(), make_event()
    client.force_login(make_boss("Beheer"))
    keep, gone = make_person(name="Jan de Vries", phone="06"), make_person(name="J. de Vries", phone="050")
    make_registration(event, keep)
    other = wait_the_other_way_round(monkeypatch, event, gone)
    chosen = {"keep": gone.pk, "field_name": keep.pk, "field_phone": gone.pk}
    response = client.post(merging_url(keep, gone), chosen)
    other.join(timeout=20)
    assert [str(message) for message in response.context["messages"]] == [str(BUSY)]
    ticked = {row[0]: row[4] for row in response.context["fields"]}
    assert (response.context["kept"], ticked["name"], ticked["phone"]) == (1, 0, 1)
    assert Person.objects.filter(pk__in=[keep.pk, gone.pk]).count() == 2

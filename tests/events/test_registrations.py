from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone, translation

from events.models import Event, Registration
from events.operations import registrations as operations
from events.operations.meetings import call_off, publish, save_event
from events.seats import Choice
from noord.domain import DomainError
from noord.outbox.models import Mail
from tests.factories import (
    make_block,
    make_event,
    make_member,
    make_organisation,
    make_person,
    make_programme_manager,
    make_sector,
    make_session,
)

pytestmark = pytest.mark.django_db


def statuses(event: Event) -> list[tuple[str, str]]:
    return list(event.registrations.order_by("queued_at", "pk").values_list("person__name", "status"))


def news() -> list[tuple[str, str]]:
    return [(mail.to, mail.params["news"]) for mail in Mail.objects.order_by("pk")]


def register_people(event: Event, *names: str) -> list[Registration]:
    people = [make_member(name=name, email=f"{name}@voorbeeld.example") for name in names]
    return [operations.register(event=event, person=person) for person in people]


def test_register_gives_a_seat_and_one_mail():
    event = make_event(capacity=2)
    (registration,) = register_people(event, "anna")
    assert (registration.status, registration.version, registration.registered_by) == ("confirmed", 1, None)
    assert news() == [("anna@voorbeeld.example", "registered")]


def test_register_twice_changes_nothing():
    event = make_event(capacity=1)
    (first,) = register_people(event, "anna")
    again = operations.register(event=event, person=first.person)
    assert (again.pk, again.version, Registration.objects.count(), Mail.objects.count()) == (first.pk, 1, 1, 1)


def test_register_when_full_joins_the_waiting_list_in_order():
    event = make_event(capacity=1)
    register_people(event, "anna", "bo", "cas")
    assert statuses(event) == [("anna", "confirmed"), ("bo", "waiting"), ("cas", "waiting")]
    places = list(event.registrations.with_place().order_by("pk").values_list("place", flat=True))
    assert places == [0, 1, 2]


def test_cancel_gives_the_seat_to_the_first_in_line():
    event = make_event(capacity=1)
    anna, *_others = register_people(event, "anna", "bo", "cas")
    Mail.objects.all().delete()
    operations.cancel(registration=anna, by=anna.person)
    assert statuses(event) == [("anna", "cancelled"), ("bo", "confirmed"), ("cas", "waiting")]
    assert news() == [("anna@voorbeeld.example", "cancelled"), ("bo@voorbeeld.example", "promoted")]


def test_cancel_twice_changes_nothing():
    event = make_event(capacity=1)
    (anna,) = register_people(event, "anna")
    operations.cancel(registration=anna, by=anna.person)
    again = operations.cancel(registration=anna, by=anna.person)
    assert (again.version, again.status_changes, Mail.objects.count()) == (2, 1, 2)


def test_cancel_and_register_again_joins_the_end_under_a_higher_sequence():
    event = make_event(capacity=1)
    anna, _bo = register_people(event, "anna", "bo")
    operations.cancel(registration=anna, by=anna.person)
    again = operations.register(event=event, person=anna.person)
    assert (again.pk, again.status, again.sequence) == (anna.pk, "waiting", 2)
    assert statuses(event) == [("bo", "confirmed"), ("anna", "waiting")]


def test_cancel_somebody_elses_registration_is_refused():
    (anna,) = register_people(make_event(), "anna")
    with pytest.raises(DomainError):
        operations.cancel(registration=anna, by=make_member())
    anna.refresh_from_db()
    assert anna.status == "confirmed"


def test_raise_capacity_promotes_and_lower_evicts_nobody():
    event = make_event(capacity=1)
    register_people(event, "anna", "bo", "cas")
    event.capacity = 2
    save_event(event=event)
    assert [status for _name, status in statuses(event)] == ["confirmed", "confirmed", "waiting"]
    event.capacity = 1
    save_event(event=event)
    assert [status for _name, status in statuses(event)] == ["confirmed", "confirmed", "waiting"]
    event.capacity = None
    save_event(event=event)
    assert [status for _name, status in statuses(event)] == ["confirmed", "confirmed", "confirmed"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"status": Event.Status.CANCELLED}, "This meeting is cancelled. You do not need to do anything."),
        ({"status": Event.Status.DRAFT}, "This meeting is not for you. Look in the agenda for meetings that are."),
        ({"registration_opens": timezone.now() + timedelta(days=1)}, "Registration is not open yet. Try again later."),
        (
            {"registration_closes": timezone.now() - timedelta(days=1)},
            "Registration is closed. Ask the organisers whether you can still come.",
        ),
    ],
)
def test_register_is_refused_with_a_reason(fields, sentence):
    event = make_event(**fields)
    with translation.override("en"), pytest.raises(DomainError, match=sentence):
        register_people(event, "anna")
    assert (Registration.objects.count(), Mail.objects.count()) == (0, 0)


def test_register_for_a_meeting_of_others_is_refused():
    event = make_event(audience=Event.Audience.HOSTS, sectors=[make_sector()])
    with pytest.raises(DomainError):
        register_people(event, "anna")


def test_register_a_colleague_tells_them_and_they_can_undo_it():
    organisation = make_organisation()
    me = make_member(organisation=organisation, name="ik")
    colleague = make_member(organisation=organisation, email="collega@voorbeeld.example")
    registration = operations.register(event=make_event(), person=colleague, by=me)
    assert (registration.registered_by, news()) == (me, [("collega@voorbeeld.example", "registered")])
    assert operations.cancel(registration=registration, by=colleague).status == "cancelled"


def test_register_somebody_of_another_organisation_is_refused():
    with pytest.raises(DomainError):
        operations.register(event=make_event(), person=make_member(), by=make_member())


def test_manager_adds_people_after_closing_and_others_do_not():
    sector = make_sector()
    event = make_event(sectors=[sector], registration_closes=timezone.now() - timedelta(hours=1))
    manager = make_programme_manager(sector)
    guest = make_person()
    assert operations.register(event=event, person=guest, by=manager).status == "confirmed"
    with pytest.raises(DomainError):
        operations.register(event=event, person=make_member(), by=make_programme_manager(make_sector()))


def test_hand_over_gives_the_seat_and_the_session_past_the_waiting_list():
    organisation = make_organisation()
    me = make_member(organisation=organisation)
    colleague = make_member(organisation=organisation)
    event = make_event(capacity=1)
    block = make_block(event)
    session = make_session(block, capacity=1)
    mine = operations.register(event=event, person=me, choices={block.pk: Choice(session.pk)})
    (other,) = register_people(event, "anna")
    theirs = operations.register(event=event, person=colleague)
    assert theirs.status == "waiting"
    theirs = operations.hand_over(registration=mine, to=colleague, by=me)
    mine.refresh_from_db()
    other.refresh_from_db()
    assert (theirs.status, mine.status, mine.replaced_by, other.status) == (
        "confirmed", "cancelled", colleague, "waiting",
    )  # fmt: skip
    assert [(choice.first, choice.seat) for choice in theirs.choices.all()] == [(session, session)]


def test_choose_a_full_session_gives_the_second_choice_or_a_place_in_its_line():
    event = make_event()
    block = make_block(event)
    small, large = make_session(block, capacity=1), make_session(block, capacity=1)
    wish = {block.pk: Choice(small.pk, large.pk)}
    people = [make_member() for _ in range(3)]
    registrations = [operations.register(event=event, person=person, choices=wish) for person in people]
    seats = [registration.choices.get().seat for registration in registrations]
    assert seats == [small, large, None]
    operations.cancel(registration=registrations[1], by=people[1])
    assert registrations[2].choices.get().seat == large
    assert news()[-1] == (people[2].email, "session")


def test_change_frees_the_seat_in_the_session_for_who_waits():
    event = make_event()
    block = make_block(event)
    first, second = make_session(block, capacity=1), make_session(block, capacity=5)
    anna = operations.register(event=event, person=make_member(), choices={block.pk: Choice(first.pk)})
    bo = operations.register(event=event, person=make_member(), choices={block.pk: Choice(first.pk)})
    assert bo.choices.get().seat is None
    operations.change(registration=anna, choices={block.pk: Choice(second.pk)})
    assert (anna.choices.get().seat, bo.choices.get().seat) == (second, first)


def test_change_to_the_same_choice_is_no_news():
    event = make_event()
    block = make_block(event)
    session = make_session(block, capacity=1)
    anna = operations.register(event=event, person=make_member(), choices={block.pk: Choice(session.pk)})
    operations.change(registration=anna, choices={block.pk: Choice(session.pk)}, dietary_wish="noten")
    anna.refresh_from_db()
    assert (anna.version, anna.dietary_wish, Mail.objects.count()) == (1, "noten", 1)


def test_register_without_a_session_is_refused_when_the_meeting_asks_for_one():
    event = make_event(session_required=True)
    block = make_block(event)
    session = make_session(block)
    with pytest.raises(DomainError):
        operations.register(event=event, person=make_member())
    assert Registration.objects.count() == 0
    assert operations.register(event=event, person=make_member(), choices={block.pk: Choice(session.pk)}).is_confirmed


def test_choose_a_session_of_another_meeting_is_refused():
    event, other = make_event(), make_event()
    block = make_block(event)
    make_session(block)
    foreign = make_session(make_block(other))
    with pytest.raises(DomainError):
        operations.register(event=event, person=make_member(), choices={block.pk: Choice(foreign.pk)})


def test_promotion_gives_the_remembered_session_too():
    event = make_event(capacity=1)
    block = make_block(event)
    session = make_session(block, capacity=1)
    (anna,) = register_people(event, "anna")
    bo = operations.register(event=event, person=make_member(), choices={block.pk: Choice(session.pk)})
    assert (bo.status, bo.choices.get().seat) == ("waiting", None)
    operations.cancel(registration=anna, by=anna.person)
    bo.refresh_from_db()
    assert (bo.status, bo.choices.get().seat) == ("confirmed", session)
    assert [entry for entry in news() if entry[0] == bo.person.email] == [
        (bo.person.email, "registered"),
        (bo.person.email, "promoted"),
    ]


def test_sequence_rises_with_time_and_place_and_with_nothing_else():
    event = make_event()
    event.title = "Andere titel"
    assert save_event(event=event).sequence == 0
    event.start += timedelta(minutes=30)
    assert save_event(event=event).sequence == 1
    event.place = "Assen"
    assert save_event(event=event).sequence == 2
    event.capacity = 3
    assert save_event(event=event).sequence == 2


def test_call_off_tells_everyone_once():
    event = make_event(capacity=1)
    register_people(event, "anna", "bo")
    Mail.objects.all().delete()
    assert (call_off(event=event), call_off(event=event)) == (2, 0)
    assert sorted(news()) == [("anna@voorbeeld.example", "called_off"), ("bo@voorbeeld.example", "called_off")]
    event.refresh_from_db()
    assert (event.status, event.sequence) == ("cancelled", 1)


def test_publish_shows_a_draft_and_refuses_a_cancelled_meeting():
    assert publish(event=make_event(status=Event.Status.DRAFT)).status == Event.Status.PUBLISHED
    with pytest.raises(DomainError):
        publish(event=make_event(status=Event.Status.CANCELLED))


def test_register_with_sessions_takes_few_queries(django_assert_max_num_queries):
    event = make_event(capacity=10)
    block = make_block(event)
    session = make_session(block, capacity=1)
    person = make_member()
    with django_assert_max_num_queries(10):
        operations.register(event=event, person=person, choices={block.pk: Choice(session.pk)})


def test_promotion_raises_the_sequence_for_a_calendar_that_knew_it_as_an_option():
    event = make_event(capacity=1)
    anna, bo = register_people(event, "anna", "bo")
    assert (anna.sequence, bo.sequence) == (0, 0)
    operations.cancel(registration=anna, by=anna.person)
    bo = event.registrations.get(person=bo.person)
    assert (bo.status, bo.sequence) == ("confirmed", 1)


def test_hand_over_to_somebody_who_may_not_know_of_the_meeting_is_refused():
    organisation, sector = make_organisation(), make_sector()
    me, colleague = make_member(organisation=organisation), make_member(organisation=organisation)
    sector.people.add(me)
    event = make_event(audience=Event.Audience.HOSTS, sectors=[sector])
    mine = operations.register(event=event, person=me)
    with pytest.raises(DomainError):
        operations.hand_over(registration=mine, to=colleague, by=me)
    assert not Event.objects.visible_to(colleague).exists()


def test_colleague_who_cancelled_is_not_put_back_by_another():
    organisation = make_organisation()
    me, colleague = make_member(organisation=organisation), make_member(organisation=organisation)
    event = make_event()
    registration = operations.register(event=event, person=colleague, by=me)
    operations.cancel(registration=registration, by=colleague)
    with pytest.raises(DomainError):
        operations.register(event=event, person=colleague, by=me)
    assert operations.register(event=event, person=colleague).is_confirmed


def test_slug_that_another_address_hides_is_refused():
    event = make_event(slug="antwoord")
    with pytest.raises(ValidationError):
        event.full_clean()


def test_registration_closes_before_the_meeting_starts():
    event = make_event()
    event.registration_closes = event.end
    with pytest.raises(ValidationError):
        event.full_clean()

"""SQL that is made once: the same rows as the queryset, with the values of this moment, and no clock inside."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import Value
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from events.models import Event, Registration
from members.models import Person
from noord.prepared import Prepared
from tests.factories import make_event, make_member, make_person, make_registration

pytestmark = pytest.mark.django_db


def make_question() -> Prepared:
    return Prepared(
        lambda person, now: Event.objects.visible_to(person).upcoming(now).with_seats().with_management(person)
    )


def test_answers_as_the_queryset_for_each_person_and_moment(django_assert_num_queries):
    question = make_question()
    for_all, for_members = make_event(), make_event(audience="members")
    draft = make_event(status="draft")
    make_registration(for_members)
    member, stranger, chief = make_member(), make_person(), make_person(is_superuser=True)
    now = timezone.now()
    for person in (member, stranger, chief, AnonymousUser(), stranger, member):
        rows = question.all(person=person, now=now)
        expected = Event.objects.visible_to(person).upcoming(now).with_seats().with_management(person)
        assert [(row, row.seats_taken, row.can_manage) for row in rows] == [
            (row, row.seats_taken, row.can_manage) for row in expected
        ]
    assert question.all(person=chief, now=now) == [for_all, for_members, draft]
    assert question.all(person=chief, now=for_all.end + timedelta(hours=1)) == []
    with django_assert_num_queries(1):
        question.first(person=member, now=now)


def test_makes_new_sql_every_day():
    question = make_question()
    with time_machine.travel(datetime(2026, 3, 2, 11, tzinfo=UTC), tick=False):
        event, member = make_event(audience="members"), make_member()
        assert question.all(person=member, now=timezone.now()) == [event]
        member.positions.update(start="2026-01-01", end="2026-03-02")
    with time_machine.travel(datetime(2026, 3, 3, 11, tzinfo=UTC), tick=False):
        assert question.all(person=member, now=timezone.now()) == []


def test_gives_rows_of_values_in_their_order():
    event = make_event(title='Een "titel" met %s en prepared-value-0')
    question = Prepared(lambda title: Event.objects.filter(title=title).values_list("title", Value("x"), "pk"))
    assert question.all(title=event.title) == [(event.title, "x", event.pk)]
    assert question.all(title="prepared-value-0") == []


@pytest.mark.django_db(transaction=True)
def test_refuses_a_lock_outside_a_transaction():
    question = Prepared(lambda title: Event.objects.select_for_update().filter(title=title))
    event = make_event()
    with transaction.atomic():
        assert question.all(title=event.title) == [event]
    with pytest.raises(TransactionManagementError):
        question.all(title=event.title)


def test_refuses_a_clock_inside():
    with pytest.raises(ValueError, match="clock"):
        Prepared(lambda person: Event.objects.visible_to(person).upcoming()).all(person=AnonymousUser())


def test_refuses_a_value_that_was_changed_on_the_way():
    with pytest.raises(ValueError, match="does not use now"):
        Prepared(lambda now: Event.objects.filter(end__gt=now - timedelta(days=1))).all(now=timezone.now())
    with pytest.raises(ValueError, match="does not use title"):
        Prepared(lambda title: Event.objects.filter(title__contains=title)).all(title="x")


def test_refuses_to_look_at_more_of_a_person_than_the_key():
    make_registration(make_event())
    with pytest.raises(Person.DoesNotExist):
        Prepared(lambda person: Registration.objects.filter(person__name=person.name)).all(person=make_person())


def test_answers_when_another_thread_forgets_at_that_moment():
    class Forgetful(dict):
        def __contains__(self, key):
            found = super().__contains__(key)
            self.clear()
            return found

        def __setitem__(self, key, value):
            super().__setitem__(key, value)
            self.clear()

    event = make_event()
    question = Prepared(lambda slug: Event.objects.filter(slug=slug))
    question.known = Forgetful()
    for _ in range(2):
        assert question.all(slug=event.slug) == [event]


def test_answers_once_more_with_nothing_when_there_can_be_no_rows():
    question = Prepared(lambda slugs: Event.objects.filter(slug__in=slugs))
    for _ in range(2):
        assert question.all(slugs=()) == []


def test_leaves_out_what_it_only_sorts_by():
    first, second = make_event(title="B"), make_event(title="A")
    question = Prepared(
        lambda slug: Event.objects.exclude(slug=slug).extra(order_by=["title"]).distinct().values_list("pk")
    )
    assert question.all(slug="-") == [(second.pk,), (first.pk,)]

"""Contact with organisations, and prospective members: what the verbs do and the questions that are asked."""

from datetime import date, timedelta

import pytest
import time_machine
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from members import operations, rules
from members.models import ContactMoment, Membership, Organisation
from noord.domain import DomainError
from tests.factories import amsterdam, make_organisation, make_person

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 10)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(amsterdam(2026, 3, 10, 9), tick=False):
        yield


def record(organisation: Organisation | None = None, **fields) -> ContactMoment:
    """Record a phone call of today."""
    fields = {"by": make_person(), "kind": "phone"} | fields
    return operations.record_contact(organisation=organisation or make_organisation(), **fields)


def test_record_contact_keeps_what_was_said_and_what_follows():
    organisation, by = make_organisation(), make_person()
    person = make_person(organisation=organisation)
    moment = record(
        organisation,
        by=by,
        person=person,
        note=" Gebeld. ",
        next_step="Agenda sturen",
        next_on=date(2026, 3, 12),
    )
    moment.refresh_from_db()
    assert (moment.organisation, moment.person, moment.by, moment.kind) == (organisation, person, by, "phone")
    assert (moment.happened_on, moment.note) == (TODAY, "Gebeld.")
    assert (moment.next_step, moment.next_on, moment.is_open) == ("Agenda sturen", date(2026, 3, 12), True)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"happened_on": date(2026, 3, 11)}, rules.NOT_YET),
        ({"next_step": "Bellen"}, rules.STEP_WITHOUT_DAY),
        ({"next_on": date(2026, 3, 12)}, rules.DAY_WITHOUT_STEP),
        ({"next_step": "Bellen", "next_on": date(2026, 3, 9)}, rules.STEP_TOO_EARLY),
    ],
)
def test_record_contact_refuses_what_cannot_be_right(fields, sentence):
    with pytest.raises(DomainError) as refusal:
        record(**fields)
    assert (str(refusal.value), ContactMoment.objects.exists()) == (str(sentence), False)


def test_record_contact_refuses_somebody_of_another_organisation():
    with pytest.raises(DomainError, match=str(rules.NOT_OF_ORGANISATION)):
        record(person=make_person(organisation=make_organisation()))


@pytest.mark.parametrize(
    "fields",
    [
        {"next_step": "Bellen"},
        {"next_on": date(2026, 3, 12)},
        {"next_step": "Bellen", "next_on": date(2026, 3, 9)},
        {"next_done_at": amsterdam(2026, 3, 10)},
    ],
)
def test_contact_moment_is_refused_by_the_database_too(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        ContactMoment.objects.create(organisation=make_organisation(), happened_on=TODAY, **fields)


def test_finish_step_counts_the_first_time():
    moment = record(next_step="Bellen", next_on=TODAY)
    operations.finish_step(moment=moment)
    with time_machine.travel(amsterdam(2026, 3, 11)):
        assert operations.finish_step(moment=moment).next_done_at == amsterdam(2026, 3, 10, 9)


def test_finish_step_is_in_the_history():
    moment = operations.finish_step(moment=record(next_step="Bellen", next_on=TODAY))
    assert "next_done_at" in LogEntry.objects.get_for_object(moment).latest("pk").changes


def test_finish_step_leaves_a_moment_without_a_step():
    assert operations.finish_step(moment=record()).next_done_at is None


def test_open_steps_are_in_the_order_in_which_they_are_due():
    mine, other = make_person(), make_person()
    late = record(by=mine, happened_on=date(2026, 2, 1), next_step="Bellen", next_on=date(2026, 3, 1))
    later = record(by=mine, next_step="Mailen", next_on=date(2026, 3, 20))
    of_other = record(by=other, next_step="Langsgaan", next_on=TODAY)
    operations.finish_step(moment=record(by=mine, next_step="Klaar", next_on=TODAY))
    record(by=mine)
    steps = ContactMoment.objects
    assert list(steps.open_steps()) == [late, of_other, later]
    assert list(steps.open_steps(mine)) == [late, later]
    assert list(steps.next_steps_due(TODAY)) == [late, of_other]
    assert list(steps.next_steps_due(date(2026, 3, 9))) == [late]


def test_members_without_contact_since_a_day():
    never, long_ago, that_day = (make_organisation() for _ in range(3))
    record(make_organisation(is_member=False), happened_on=date(2020, 1, 1))
    record(long_ago, happened_on=date(2025, 9, 9))
    record(that_day, happened_on=date(2025, 9, 9))
    record(that_day, happened_on=date(2025, 9, 10))
    assert set(Organisation.objects.without_contact_since(date(2025, 9, 10))) == {never, long_ago}


def test_with_last_contact_tells_the_newest_contact_and_the_first_open_step():
    organisation = make_organisation()
    record(organisation, happened_on=date(2026, 3, 1), next_step="Tweede", next_on=date(2026, 3, 20))
    record(organisation, happened_on=date(2026, 2, 1), next_step="Eerste", next_on=date(2026, 3, 12))
    found = Organisation.objects.with_last_contact().get()
    assert (found.last_contact_on, found.next_step, found.next_on) == (
        date(2026, 3, 1),
        "Eerste",
        date(2026, 3, 12),
    )


def test_new_members_in_a_year_are_not_those_who_stay():
    new, back, stays, old, later = (make_organisation(is_member=False) for _ in range(5))
    for organisation, start, end in [
        (new, TODAY, None),
        (later, TODAY + timedelta(days=1), None),
        (back, date(2020, 1, 1), date(2022, 12, 31)),
        (back, date(2026, 1, 1), None),
        (stays, date(2020, 1, 1), date(2025, 12, 31)),
        (stays, date(2026, 1, 1), None),
        (old, date(2025, 12, 31), None),
    ]:
        Membership.objects.create(organisation=organisation, start=start, end=end)
    assert set(Organisation.objects.new_members_in(2026)) == {new, back}


def test_move_prospect_begins_and_moves_one():
    organisation = make_organisation(is_member=False)
    operations.move_prospect(organisation=organisation, stage="known")
    with time_machine.travel(amsterdam(2026, 4, 1)):
        moved = operations.move_prospect(organisation=organisation, stage="guest")
    assert (moved.prospect_since, moved.prospect_stage) == (TODAY, "guest")
    assert list(Organisation.objects.prospects()) == [organisation]


def test_move_prospect_refuses_a_member_and_a_stage_that_is_none():
    with pytest.raises(DomainError, match=str(rules.IS_MEMBER)):
        operations.move_prospect(organisation=make_organisation(), stage="known")
    with pytest.raises(DomainError, match=str(rules.NO_SUCH_STAGE)):
        operations.move_prospect(organisation=make_organisation(is_member=False), stage="")


def test_start_membership_ends_the_prospect():
    organisation = make_organisation(is_member=False, expected_on=TODAY, prospect_since=TODAY)
    operations.move_prospect(organisation=organisation, stage="decided")
    operations.start_membership(organisation=organisation, start=date(2027, 1, 1))
    organisation.refresh_from_db()
    assert (organisation.prospect_since, organisation.prospect_stage, organisation.expected_on) == (None, "", None)


@pytest.mark.parametrize(("end", "stage"), [(TODAY - timedelta(days=1), "decided"), (TODAY, ""), (None, "")])
def test_start_membership_of_the_past_leaves_the_prospect(end, stage):
    organisation = make_organisation(is_member=False)
    operations.move_prospect(organisation=organisation, stage="decided")
    operations.start_membership(organisation=organisation, start=date(2020, 1, 1), end=end)
    organisation.refresh_from_db()
    assert organisation.prospect_stage == stage


def test_stage_without_a_prospect_is_refused_but_not_by_the_database():
    with pytest.raises(ValidationError):
        make_organisation(is_member=False, prospect_stage="known").full_clean()
    # So ends the version before this one a prospect: it knows of no stage.
    one = operations.move_prospect(organisation=make_organisation(is_member=False), stage="known")
    Organisation.objects.filter(pk=one.pk).update(prospect_since=None)
    assert not Organisation.objects.prospects().exists()


def test_prospect_begins_at_the_first_stage():
    organisation = make_organisation(is_member=False, prospect_since=TODAY)
    organisation.full_clean()
    assert organisation.prospect_stage == "known"

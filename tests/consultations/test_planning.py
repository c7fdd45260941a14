"""Making questions, opening them, reminding, closing, and the outcome with its mails."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from consultations import audience
from consultations.models import Consultation, OutcomeAction
from consultations.operations import planning, running
from consultations.operations.answering import Reply, answer
from knowledge_groups.models import GroupMembership
from members.models import MailPreferences, Person
from noord.domain import DomainError
from noord.outbox.models import Mail
from tests.factories import (
    amsterdam,
    make_chair,
    make_consultation,
    make_event,
    make_group,
    make_member,
    make_organisation,
    make_participant,
    make_person,
    make_programme_manager,
    make_question,
    make_sector,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def sector():
    return make_sector()


@pytest.fixture
def chair(sector):
    return make_chair(sector)


def plan(home, **fields) -> planning.Plan:
    defaults = {
        "title": "Rol van ICT Noord",
        "background": "",
        "voice": "person",
        "is_anonymous": False,
        "closes_at": timezone.now() + 14 * DAY,
    }
    return planning.Plan(**defaults | {"home": home} | fields)


def test_make_is_for_who_has_a_role_there(sector, chair):
    group, event = make_group(), make_event(sectors=[sector])
    lead = make_participant(group)
    GroupMembership.objects.filter(person=lead).update(role="lead")
    boss = Person.objects.create_superuser("beheer@noord.example", name="Beheer")
    people = {
        "chair": chair, "manager": make_programme_manager(sector), "lead": lead,
        "participant": make_participant(group), "other": make_chair(make_sector()), "boss": boss,
    }  # fmt: skip
    made = {}
    for name, person in people.items():
        for home in (sector, group, event, None):
            try:
                with transaction.atomic():
                    planning.make(plan=plan(home), by=person)
            except DomainError:
                continue
            made.setdefault(name, []).append(home)
    assert made == {
        "chair": [sector, event], "manager": [sector, event], "lead": [group], "boss": [sector, group, event, None],
    }  # fmt: skip


def test_homes_of_are_where_make_succeeds(sector, chair):
    group, event = make_group(), make_event(sectors=[sector])
    make_event(sectors=[sector], start=timezone.now() - 60 * DAY)
    make_event(sectors=[make_sector()])
    assert planning.homes_of(chair) == [sector, event]
    lead = make_participant(group)
    assert planning.homes_of(lead) == []
    GroupMembership.objects.filter(person=lead).update(role="coordinator")
    assert planning.homes_of(lead) == [group]


@pytest.mark.parametrize(
    "fields",
    [
        {"audience": "sector"},
        {"audience": "network", "for_sector": True},
        {"audience": "present", "for_sector": True},
        {"opened_at": 1, "closes_at": 0},
        {"closed_at": 1},
        {"outcome_at": 1, "outcome": "Zo"},
        {"outcome_at": 1, "closed_at": 1, "opened_at": -1},
    ],
)
def test_database_refuses_nonsense(sector, fields):
    now = timezone.now()
    fields = {name: now + value * DAY if isinstance(value, int) and name.endswith("_at") else value
              for name, value in fields.items()}  # fmt: skip
    if fields.get("for_sector"):
        fields["for_sector"] = sector
    with pytest.raises(IntegrityError), transaction.atomic():
        Consultation.objects.create(**{"title": "X", "audience": "network", "closes_at": now + 5 * DAY} | fields)


def test_questions_are_moved_rewritten_and_taken_out_in_a_draft_only(sector, chair):
    consultation = planning.make(plan=plan(sector), by=chair)
    rows = [
        planning.write_question(consultation=consultation, by=chair, text=text, kind="open")
        for text in ("A", "B", "C")
    ]
    planning.move_question(question=rows[2], up=True, by=chair)
    planning.move_question(question=rows[0], up=True, by=chair)  # is the first: stays
    planning.write_question(
        consultation=consultation, by=chair, question=rows[0], text="A!", kind="one", options=("Ja", "Nee")
    )
    planning.remove_question(question=rows[1], by=chair)
    assert [(row.text, [str(option) for option in row.options.all()]) for row in consultation.questions.all()] == [
        ("A!", ["Ja", "Nee"]), ("C", []),
    ]  # fmt: skip
    planning.open_to_members(consultation=consultation, by=chair)
    for work in (
        lambda: planning.write_question(consultation=consultation, by=chair, text="D", kind="open"),
        lambda: planning.move_question(question=rows[2], up=True, by=chair),
        lambda: planning.remove_question(question=rows[2], by=chair),
        lambda: planning.rewrite(consultation=consultation, plan=plan(sector, is_anonymous=True), by=chair),
        lambda: planning.discard(consultation=consultation, by=chair),
    ):
        with pytest.raises(DomainError):
            work()


def test_open_is_refused_when_it_is_not_ready(sector, chair):
    empty = make_consultation(sector)
    with pytest.raises(DomainError, match="Voeg eerst een vraag toe"):
        planning.open_to_members(consultation=empty, by=chair)
    short = make_consultation(sector)
    make_question(short, kind="one", options=("Ja",))
    with pytest.raises(DomainError, match="minstens twee antwoorden"):
        planning.open_to_members(consultation=short, by=chair)
    late = make_consultation(sector, closes_at=timezone.now())
    make_question(late)
    with pytest.raises(DomainError, match="einddatum is voorbij"):
        planning.open_to_members(consultation=late, by=chair)
    with pytest.raises(DomainError, match="Alleen wie hier voorzitter"):
        planning.open_to_members(consultation=late, by=make_chair(make_sector()))


def test_open_asks_everyone_of_the_audience_once_by_mail(sector, chair):
    member, quiet, without, closed = (
        make_member(),
        make_member(),
        make_person(email=None),
        make_member(is_active=False),
    )
    sector.people.add(member, quiet, without, closed)
    MailPreferences.objects.create(person=quiet, topics=False)
    consultation = make_consultation(sector)
    make_question(consultation)
    assert planning.open_to_members(consultation=consultation, by=chair) == 2
    assert set(consultation.participations.values_list("person", flat=True)) == {
        chair.pk, member.pk, quiet.pk, without.pk
    }  # fmt: skip
    assert set(Mail.objects.values_list("to", flat=True)) == {chair.email, member.email}
    with pytest.raises(DomainError, match="staan al open"):
        planning.open_to_members(consultation=consultation, by=chair)


def test_audience_of_organisations_is_asked_through_who_speaks_for_them(sector, chair):
    member, other = make_organisation(), make_organisation()
    outsider = make_organisation(is_member=False)
    sector.organisations.add(member, other, outsider)
    contact = make_person(organisation=member)
    contact.positions.update(is_main_contact=True)
    make_person(organisation=member)
    make_person(organisation=other)
    consultation = make_consultation(sector, voice="organisation")
    make_question(consultation)
    assert planning.open_to_members(consultation=consultation, by=chair) == 1
    assert set(consultation.participations.values_list("organisation", flat=True)) == {member.pk, other.pk}
    assert list(audience.without_speaker(consultation)) == [other]


def open_for(sector, chair, count: int, *, closes_at) -> Consultation:
    sector.people.add(*(make_member() for _ in range(count - 1)))
    consultation = make_consultation(sector, closes_at=closes_at)
    make_question(consultation)
    planning.open_to_members(consultation=consultation, by=chair)
    return Consultation.objects.get(pk=consultation.pk)


def mails(step: str) -> set[str]:
    return set(Mail.objects.filter(params__step=step).values_list("to", flat=True))


def test_the_clock_reminds_the_silent_once(sector, chair):
    with time_machine.travel(amsterdam(2027, 3, 1, 12), tick=False):
        consultation = open_for(sector, chair, 4, closes_at=amsterdam(2027, 3, 31, 17))
        question = consultation.questions.get()
        answer(consultation=consultation, person=chair, replies={question.pk: Reply(text="Ja")})
    silent = set(consultation.participations.silent().values_list("person__email", flat=True))
    queued = []
    # The clock changes on 28 March: it is still the morning, three days before.
    for moment in (amsterdam(2027, 3, 27, 23), amsterdam(2027, 3, 28, 1), amsterdam(2027, 3, 28, 12),
                   amsterdam(2027, 3, 28, 12, 1), amsterdam(2027, 3, 30, 12)):  # fmt: skip
        with time_machine.travel(moment, tick=False):
            running.keep_time(now=timezone.now())
        queued.append(len(mails("reminder")))
    assert (queued, mails("reminder")) == ([0, 0, 3, 3, 3], silent)


def test_the_clock_does_not_remind_of_what_is_open_for_a_few_days(sector, chair):
    consultation = open_for(sector, chair, 3, closes_at=timezone.now() + 2 * DAY)
    with time_machine.travel(consultation.closes_at - timedelta(hours=1)):
        running.keep_time(now=timezone.now())
    assert mails("reminder") == set()


def test_remind_by_hand_goes_to_the_silent_once(sector, chair):
    consultation = open_for(sector, chair, 3, closes_at=timezone.now() + 14 * DAY)
    question = consultation.questions.get()
    answer(consultation=consultation, person=chair, replies={question.pk: Reply(text="Ja")})
    assert running.remind(consultation=consultation, by=chair) == 2
    assert chair.email not in mails("again")
    with pytest.raises(DomainError, match="Dat kan één keer"):
        running.remind(consultation=consultation, by=chair)


def test_close_twice_changes_nothing_and_never_opens_again(sector, chair):
    consultation = open_for(sector, chair, 2, closes_at=timezone.now() + 14 * DAY)
    first = running.close(consultation=consultation, by=chair).closed_at
    assert running.close(consultation=consultation, by=chair).closed_at == first
    with pytest.raises(DomainError):
        planning.open_to_members(consultation=consultation, by=chair)


def test_outcome_is_told_once_and_its_actions_are_kept(sector, chair):
    consultation = open_for(sector, chair, 2, closes_at=timezone.now() + 14 * DAY)
    due = date(2027, 6, 1)
    with pytest.raises(DomainError, match="Sluit eerst de vragen"):
        running.publish_outcome(consultation=consultation, by=chair, text="Zo")
    running.close(consultation=consultation, by=chair)
    with pytest.raises(DomainError, match="Schrijf wat de uitkomst is"):
        running.publish_outcome(consultation=consultation, by=chair, text="  ")
    actions = [running.PlannedAction("Afspraken maken", "gemeente Assen", due)]
    told = running.publish_outcome(consultation=consultation, by=chair, text="Zo", actions=actions)
    assert len(mails("outcome")) == 2
    action = told.actions.get()
    running.finish_action(action=action, done=True, by=chair)
    again = [
        running.PlannedAction("Afspraken vastleggen", "gemeente Assen", due, pk=action.pk),
        running.PlannedAction("Nieuws brengen", "Samenwerking Noord", due + DAY),
    ]
    read = running.mark_of(told, told.actions.all())
    told = running.publish_outcome(consultation=consultation, by=chair, text="Zo, en anders", actions=again, read=read)
    rows = [(row.what, row.owner, row.due, row.done_at is None) for row in OutcomeAction.objects.all()]
    assert rows == [
        ("Afspraken vastleggen", "gemeente Assen", due, False),
        ("Nieuws brengen", "Samenwerking Noord", due + DAY, True),
    ]
    assert Mail.objects.filter(params__step="outcome").count() == 2
    ids = [row.pk for row in OutcomeAction.objects.all()]
    read = running.mark_of(told, told.actions.all())
    running.publish_outcome(consultation=consultation, by=chair, text="Zo", emptied=ids[:1], read=read)
    assert [row.pk for row in OutcomeAction.objects.all()] == ids[1:]


def test_outcome_of_who_did_not_read_the_last_one_is_refused(sector, chair):
    consultation = open_for(sector, chair, 2, closes_at=timezone.now() + 14 * DAY)
    running.close(consultation=consultation, by=chair)
    due = date(2027, 6, 1)
    told = running.publish_outcome(
        consultation=consultation, by=chair, text="Zo", actions=[running.PlannedAction("Dit", "iemand", due)]
    )
    read = running.mark_of(told, told.actions.all())
    running.finish_action(action=told.actions.get(), done=True, by=chair)
    more = [running.PlannedAction("Dat", "iemand", due)]
    running.publish_outcome(consultation=consultation, by=chair, text="Zo", actions=more, read=read)
    for late in ("", read):
        with pytest.raises(running.OutcomeChanged, match="Iemand anders heeft de uitkomst gewijzigd"):
            running.publish_outcome(consultation=consultation, by=chair, text="Anders", read=late)
    assert (Consultation.objects.get().outcome, consultation.actions.count()) == ("Zo", 2)


def test_finish_action_that_was_taken_away_meanwhile_is_refused(sector, chair):
    consultation = open_for(sector, chair, 2, closes_at=timezone.now() + 14 * DAY)
    running.close(consultation=consultation, by=chair)
    actions = [running.PlannedAction("Dit", "iemand", date(2027, 6, 1))]
    told = running.publish_outcome(consultation=consultation, by=chair, text="Zo", actions=actions)
    action = told.actions.get()
    told.actions.all().delete()
    with pytest.raises(DomainError, match="weggehaald"):
        running.finish_action(action=action, done=True, by=chair)

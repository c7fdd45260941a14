"""The steps towards a meeting: the right people, at the right time, each once."""

from collections import Counter
from datetime import timedelta

import pytest
import time_machine

from events.cycle import Step
from events.models import Event, ProgrammeItem, TopicPresenter, TopicStep
from events.operations import meetings, reminders
from events.operations import topic_steps as operations
from events.topic_status import load_numbers
from events.topic_steps_shown import steps_of
from members.models import MailPreferences, Membership
from noord.domain import DomainError
from noord.outbox.models import Mail
from noord.outbox.renderers import renderer_of
from tests.events.test_races import all_at_once
from tests.factories import (
    amsterdam,
    make_block,
    make_chair,
    make_event,
    make_group,
    make_member,
    make_organisation,
    make_participant,
    make_programme_manager,
    make_registration,
    make_sector,
    make_session,
    make_topic,
)

pytestmark = pytest.mark.django_db

MEETING = amsterdam(2027, 1, 7, 13, 30)
CALL, REMIND = amsterdam(2026, 11, 12, 9), amsterdam(2026, 11, 23, 9)
ESCALATE, AGENDA = amsterdam(2026, 12, 7, 9), amsterdam(2026, 12, 31, 9)
A_WEEK, FIVE_MINUTES = timedelta(weeks=1), timedelta(minutes=5)


class People:
    """A sector with a chair, a programme manager and two people on its list, one of whom also is in a group."""

    def __init__(self) -> None:
        self.sector, self.group = make_sector(), make_group()
        self.chair, self.manager = make_chair(self.sector), make_programme_manager(self.sector)
        self.listed, self.both = make_member(), make_participant(self.group)
        self.lead = make_participant(self.group)
        self.lead.group_memberships.update(role="lead")
        self.sector.people.add(self.listed, self.both)
        self.names = {getattr(self, name).email: name for name in ("chair", "manager", "listed", "both", "lead")}


@pytest.fixture
def people():
    with time_machine.travel(amsterdam(2026, 1, 1), tick=False):
        return People()


def make_meeting(people, *, groups=(), **fields) -> Event:
    kind = Event.Kind.JOINT if groups else Event.Kind.SECTOR
    return make_event(**{"sectors": [people.sector], "groups": groups, "kind": kind, "start": MEETING} | fields)


def take(now) -> int:
    with time_machine.travel(now, tick=False):
        return operations.take_steps(now=now)


def told(people, *kinds) -> dict[str, list[str]]:
    """Return who was written to by step, in order of their names."""
    found: dict[str, list[str]] = {}
    for mail in Mail.objects.filter(kind="events.topic_step").order_by("pk"):
        found.setdefault(mail.params["step"], []).append(people.names[mail.to])
    return {step: sorted(names) for step, names in found.items()}


@pytest.mark.parametrize(
    ("moment", "step", "who"),
    [
        (CALL, "call", ["chair"]),
        (REMIND, "remind", ["chair"]),
        (ESCALATE, "escalate", ["manager"]),
    ],
)
def test_step_is_taken_at_nine_on_its_day_and_once(people, moment, step, who):
    event = make_meeting(people)
    for earlier in ("call", "remind"):
        if earlier != step and moment > CALL:
            TopicStep.objects.create(event=event, kind=earlier, at=CALL)
    assert take(moment - FIVE_MINUTES) == 0
    take(moment)
    take(moment + FIVE_MINUTES)
    take(moment + timedelta(days=1))
    assert told(people) == {step: who}


def test_whole_cycle_without_a_topic_asks_the_chairs_twice_and_the_manager_once(people):
    make_meeting(people)
    moment = CALL - A_WEEK
    while moment < MEETING + A_WEEK:
        take(moment)
        moment += timedelta(hours=12)
    assert told(people) == {"call": ["chair"], "remind": ["chair"], "escalate": ["manager"]}
    assert list(TopicStep.objects.values_list("kind", "people", "is_stopped")) == [
        ("call", 1, False),
        ("remind", 1, False),
        ("escalate", 1, False),
    ]


def test_nobody_is_reminded_when_there_is_a_topic(people):
    make_topic(people.sector, event=make_meeting(people))
    assert [take(moment) for moment in (CALL, REMIND, ESCALATE)] == [1, 0, 0]


def test_reminder_comes_after_all_when_the_only_topic_is_withdrawn(people):
    topic = make_topic(people.sector, event=make_meeting(people))
    take(REMIND)
    topic.status = "withdrawn"
    topic.save()
    take(REMIND + timedelta(days=2))
    assert told(people) == {"remind": ["chair"]}


def test_meeting_that_was_planned_late_asks_the_chairs_and_warns_the_manager_the_next_morning(people):
    make_meeting(people)
    evening, morning = ESCALATE + timedelta(days=1, hours=14), ESCALATE + timedelta(days=2)
    assert [take(moment) for moment in (evening, morning - FIVE_MINUTES)] == [0, 0]
    assert [take(morning + timedelta(days=days)) for days in range(3)] == [2, 0, 0]
    assert told(people) == {"call": ["chair"], "escalate": ["manager"]}


def test_meeting_that_was_published_on_the_evening_of_its_deadline_waits_for_the_morning(people):
    make_meeting(people)
    assert [take(ESCALATE + timedelta(hours=hours)) for hours in (14, 24)] == [0, 2]


def test_what_was_missed_is_not_made_up_for_once_the_agenda_is_fixed(people):
    make_meeting(people)
    assert take(AGENDA) == 0


@pytest.mark.parametrize("asked", [["call"], ["remind"], ["call", "remind"]])
def test_chairs_who_were_asked_are_not_asked_again_after_the_deadline(people, asked):
    event = make_meeting(people)
    for kind in asked:
        TopicStep.objects.create(event=event, kind=kind, at=CALL)
    take(ESCALATE)
    assert told(people) == {"escalate": ["manager"]}


@pytest.mark.parametrize("stopped", [False, True])
def test_leads_of_a_group_get_one_mail_about_a_late_meeting(people, stopped):
    """They hear both the call and the warning."""
    event = make_meeting(people, sectors=[], groups=[people.group])
    if stopped:
        TopicStep.objects.create(event=event, kind="escalate", is_stopped=True)
    take(ESCALATE + timedelta(days=1))
    assert told(people) == {"call" if stopped else "escalate": ["lead"]}


def test_late_meeting_with_a_topic_asks_nobody(people):
    make_topic(people.sector, event=make_meeting(people))
    assert take(ESCALATE + timedelta(days=1)) == 0


@pytest.mark.parametrize(
    "fields", [{"status": "draft"}, {"status": "cancelled"}, {"kind": Event.Kind.CONGRESS}, {"sectors": []}]
)
def test_nothing_is_asked_about_other_meetings(people, fields):
    make_meeting(people, **fields)
    assert take(CALL) == 0


def test_input_is_asked_ten_minutes_after_the_choice_of_everyone_once(people):
    """Two hosts know the same person; two topics chosen within ten minutes are one mail."""
    event = make_meeting(people, groups=[people.group])
    chosen = ESCALATE + timedelta(hours=1)
    make_topic(people.sector, event=event, status="planned", decided_at=chosen)
    assert take(chosen + timedelta(minutes=9)) == 0
    make_topic(people.group, event=event, status="planned", decided_at=chosen + timedelta(minutes=9))
    take(chosen + timedelta(minutes=10))
    make_topic(people.sector, event=event, status="planned", decided_at=chosen + timedelta(hours=1))
    take(chosen + timedelta(hours=2))
    assert told(people) == {"input": ["both", "chair", "lead", "listed", "manager"]}


def test_input_is_not_asked_of_who_stopped_these_mails(people):
    MailPreferences.objects.create(person=people.listed, topics=False)
    make_topic(people.sector, event=make_meeting(people), status="planned", decided_at=ESCALATE)
    take(ESCALATE + timedelta(hours=1))
    assert told(people)["input"] == ["both", "chair", "manager"]


@pytest.mark.parametrize("left", ["position", "membership"])
def test_input_is_not_asked_of_who_no_longer_works_at_a_member(people, left):
    """Their name still stands on the list. A role ends on its own day."""
    for person in (people.listed, people.chair):
        rows = (
            person.positions
            if left == "position"
            else Membership.objects.filter(organisation__positions__person=person)
        )
        rows.update(end=ESCALATE.date() - timedelta(days=1))
    make_topic(people.sector, event=make_meeting(people), status="planned", decided_at=ESCALATE)
    take(ESCALATE + timedelta(hours=1))
    assert told(people) == {"input": ["both", "chair", "manager"]}


def test_agenda_goes_to_who_comes_instead_of_the_reminder(people):
    event = make_meeting(people)
    make_registration(event, people.listed, queued_at=CALL)
    make_registration(event, people.both, queued_at=CALL, status="waiting")
    for moment in (AGENDA, AGENDA + timedelta(hours=5)):
        take(moment)
        with time_machine.travel(moment, tick=False):
            reminders.send_reminders(now=moment)
    assert told(people) == {"agenda": ["listed"]}
    assert Counter(Mail.objects.values_list("kind", flat=True)) == {"events.topic_step": 1}


def remind(now) -> int:
    with time_machine.travel(now, tick=False):
        return reminders.send_reminders(now=now)


def test_agenda_goes_to_who_wants_no_reminders_too(people):
    event = make_meeting(people)
    MailPreferences.objects.create(person=people.listed, topics=False, reminders=False)
    make_registration(event, people.listed, queued_at=CALL)
    take(AGENDA)
    assert told(people) == {"agenda": ["listed"]}
    assert read(people, AGENDA, Step.AGENDA).subject.startswith("De agenda: ")
    assert remind(AGENDA + timedelta(hours=5)) == 0


def test_agenda_waits_for_the_morning_after_somebody_registered(people):
    event = make_meeting(people)
    assert take(AGENDA) == 0
    make_registration(event, people.listed, queued_at=AGENDA + timedelta(hours=1))
    assert take(AGENDA + timedelta(hours=2)) == 0
    assert remind(AGENDA + timedelta(hours=5)) == 0
    make_registration(event, people.both, queued_at=AGENDA + timedelta(hours=20))
    assert [take(AGENDA + timedelta(days=days)) for days in (1, 2)] == [2, 0]
    assert told(people) == {"agenda": ["both", "listed"]}


def test_who_registers_after_an_early_agenda_is_reminded_a_week_before(people):
    event = make_meeting(people)
    make_registration(event, people.listed, queued_at=CALL)
    with time_machine.travel(ESCALATE, tick=False):
        assert operations.send_step(event=event, step=Step.AGENDA, by=people.chair) == 1
    make_registration(event, people.both, queued_at=ESCALATE + timedelta(days=1))
    week_before = MEETING - A_WEEK
    for moment in (AGENDA, week_before, week_before + timedelta(minutes=10), week_before + timedelta(hours=20)):
        take(moment)
        remind(moment)
    assert told(people) == {"agenda": ["listed"]}
    assert [people.names[mail.to] for mail in Mail.objects.filter(kind="events.reminder")] == ["both"]


def test_reminder_of_a_new_day_goes_to_who_had_the_agenda_too(people):
    event = make_meeting(people)
    make_registration(event, people.listed, queued_at=CALL)
    with time_machine.travel(ESCALATE, tick=False):
        operations.send_step(event=event, step=Step.AGENDA, by=people.chair)
        event.refresh_from_db()
        event.start, event.end = event.start + A_WEEK, event.end + A_WEEK
        meetings.save_event(event=event)
    assert [take(AGENDA + A_WEEK), remind(MEETING)] == [0, 1]


def test_reminder_goes_when_somebody_stopped_the_agenda(people):
    event = make_meeting(people)
    make_registration(event, people.listed, queued_at=CALL)
    with time_machine.travel(AGENDA - timedelta(days=2), tick=False):
        operations.stop_step(event=event, step=Step.AGENDA, by=people.chair)
    moment = AGENDA + timedelta(hours=5)
    take(moment)
    with time_machine.travel(moment, tick=False):
        reminders.send_reminders(now=moment)
    assert Counter(Mail.objects.values_list("kind", flat=True)) == {"events.reminder": 1}


def test_moving_the_meeting_moves_its_steps_and_repeats_none(people):
    event = make_meeting(people)
    take(CALL)
    with time_machine.travel(CALL + timedelta(days=1), tick=False):
        event.start, event.end = event.start + 4 * A_WEEK, event.end + 4 * A_WEEK
        meetings.save_event(event=event)
    # The call of the new day would have been on 10 December, the reminder is two weeks before 4 January.
    for moment in (REMIND, amsterdam(2026, 12, 10, 9), amsterdam(2026, 12, 20, 9), amsterdam(2026, 12, 21, 9)):
        take(moment)
    assert told(people) == {"call": ["chair"], "remind": ["chair"]}
    assert TopicStep.objects.get(kind="remind").at == amsterdam(2026, 12, 21, 9)


# By hand


def test_send_step_by_hand_is_not_repeated_by_the_portal(people):
    event = make_meeting(people)
    with time_machine.travel(CALL - A_WEEK, tick=False):
        assert operations.send_step(event=event, step=Step.CALL, by=people.manager) == 1
        with pytest.raises(DomainError, match="Deze stap is al gezet"):
            operations.send_step(event=event, step=Step.CALL, by=people.chair)
        with pytest.raises(DomainError, match="Deze stap is al gezet"):
            operations.stop_step(event=event, step=Step.CALL, by=people.chair)
    take(CALL)
    assert told(people) == {"call": ["chair"]}
    assert TopicStep.objects.get().by == people.manager


def test_stopped_step_does_not_happen_until_somebody_sends_it(people):
    event = make_meeting(people)
    with time_machine.travel(CALL - A_WEEK, tick=False):
        for _time in range(2):
            operations.stop_step(event=event, step=Step.CALL, by=people.chair)
    take(CALL)
    assert told(people) == {}
    with time_machine.travel(CALL + timedelta(days=1), tick=False):
        operations.send_step(event=event, step=Step.CALL, by=people.chair)
    assert told(people) == {"call": ["chair"]}


@pytest.mark.parametrize("verb", [operations.send_step, operations.stop_step])
def test_steps_by_hand_are_for_chairs_and_managers(people, verb):
    event = make_meeting(people)
    with time_machine.travel(CALL, tick=False):
        with pytest.raises(DomainError, match="Alleen een voorzitter of de programmamanager verstuurt"):
            verb(event=event, step=Step.CALL, by=people.listed)
        with pytest.raises(DomainError, match="niet gepubliceerd"):
            verb(event=make_meeting(people, status="draft"), step=Step.CALL, by=people.chair)
    assert TopicStep.objects.count() == 0


def test_input_by_hand_needs_a_topic(people):
    with time_machine.travel(CALL, tick=False), pytest.raises(DomainError, match="nog geen onderwerp gekozen"):
        operations.send_step(event=make_meeting(people), step=Step.INPUT, by=people.chair)


@pytest.mark.parametrize(
    ("step", "status", "moment", "reason"),
    [
        (Step.CALL, "new", CALL, None),
        (Step.CALL, "planned", CALL, "al een onderwerp gekozen"),
        (Step.CALL, "new", ESCALATE, "al een onderwerp voorgesteld"),
        (Step.CALL, "withdrawn", AGENDA, "agenda van deze bijeenkomst staat vast"),
        (Step.REMIND, "withdrawn", CALL, None),
        (Step.REMIND, "new", CALL, "al een onderwerp voorgesteld"),
        (Step.REMIND, "planned", ESCALATE, "al een onderwerp gekozen"),
        (Step.REMIND, "withdrawn", AGENDA, "agenda van deze bijeenkomst staat vast"),
        (Step.ESCALATE, "discussed", CALL, "al een onderwerp voorgesteld"),
        (Step.ESCALATE, "planned", ESCALATE, "al een onderwerp gekozen"),
        (Step.ESCALATE, "declined", AGENDA, None),
        (Step.INPUT, "new", ESCALATE, "nog geen onderwerp gekozen"),
    ],
)
def test_step_by_hand_that_makes_no_sense_is_refused_and_not_offered(people, step, status, moment, reason):
    event = make_meeting(people)
    make_topic(people.sector, event=event, status=status, decline_reason="Past niet.")
    with time_machine.travel(moment, tick=False):
        load_numbers(event)
        assert {shown.step: shown.may_send for shown in steps_of(event, moment)}[step] == (reason is None)
        if reason:
            with pytest.raises(DomainError, match=reason):
                operations.send_step(event=event, step=step, by=people.manager)
        else:
            assert operations.send_step(event=event, step=step, by=people.manager) == 1
            assert read(people, moment, step)
    assert TopicStep.objects.exists() == (reason is None)


@pytest.mark.parametrize("step", [Step.CALL, Step.AGENDA])
def test_step_by_hand_that_nobody_would_hear_is_not_spent(people, step):
    event = make_meeting(people)
    people.sector.roles.filter(role="chair").delete()
    with time_machine.travel(CALL - A_WEEK, tick=False), pytest.raises(DomainError, match="niemand om dit naar"):
        operations.send_step(event=event, step=step, by=people.manager)
    assert not TopicStep.objects.exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_beats_at_once_take_a_step_once():
    with time_machine.travel(amsterdam(2026, 1, 1), tick=False):
        people = People()
    make_meeting(people)
    with time_machine.travel(CALL, tick=False):
        queued = all_at_once(lambda _number: operations.take_steps(now=CALL), 8)
    assert sorted(queued) == [0] * 7 + [1]
    assert told(people) == {"call": ["chair"]}


def test_take_steps_asks_as_much_for_one_meeting_as_for_three(people, django_assert_num_queries):
    for number in (1, 2):
        for _meeting in range(number):
            make_meeting(people)
        with time_machine.travel(CALL - A_WEEK, tick=False), django_assert_num_queries(2):
            operations.take_steps(now=CALL - A_WEEK)


# What they say


def read(people, moment, step: Step):
    """Return the text of the one mail of this step, written at the moment."""
    mail = Mail.objects.filter(params__step=str(step)).first()
    with time_machine.travel(moment, tick=False):
        return renderer_of(mail.kind).write(**mail.params)


def test_call_says_until_when_topics_can_be_proposed(people, settings):
    settings.SITE_URL = "https://portal.example"
    make_meeting(people, title="Sectoroverleg", slug="sectoroverleg")
    take(CALL)
    message = read(people, CALL, Step.CALL)
    assert message.subject == "Stel een onderwerp voor: Sectoroverleg, 7 januari 2027"
    assert "Op donderdag 7 januari 2027 is er een bijeenkomst waarvan jij voorzitter bent." in message.text
    assert "Voorstellen kan tot en met maandag 7 december 2026." in message.text
    assert "https://portal.example/agenda/sectoroverleg/onderwerpen/" in message.text
    assert not message.unsubscribe_url


def test_warning_and_call_say_what_is_true_on_their_day(people):
    event = make_meeting(people)
    late, early = ESCALATE + timedelta(days=1), ESCALATE - timedelta(days=1)
    take(late)
    call = read(people, late, Step.CALL)
    assert "Het onderwerp had op maandag 7 december 2026 bekend moeten zijn." in call.text
    assert "nog een voorstellen, tot en met woensdag 30 december 2026." in call.text
    known = {
        early: "moet op maandag 7 december 2026 bekend zijn, en niemand heeft er nog een voorgesteld.",
        ESCALATE: "Vandaag moet het onderwerp bekend zijn voor de bijeenkomst op donderdag 7 januari 2027.",
        late: "had op maandag 7 december 2026 bekend moeten zijn, en niemand heeft er een voorgesteld.",
    }
    for moment, sentence in known.items():
        assert sentence in read(people, moment, Step.ESCALATE).text
    make_topic(people.sector, event=event)
    assert read(people, late, Step.CALL) is None


def test_input_names_the_topic_its_presenters_and_the_last_day(people, settings):
    event = make_meeting(people)
    topic = make_topic(
        people.sector,
        event=event,
        title="Digitale crisis",
        status="planned",
        decided_at=ESCALATE,
        seeks_presenter=True,
    )
    TopicPresenter.objects.create(proposal=topic, organisation=make_organisation(name="Provincie Drenthe"))
    take(ESCALATE + timedelta(hours=1))
    message = read(people, ESCALATE + timedelta(hours=1), Step.INPUT)
    assert message.subject.startswith("Geef je input: ")
    for sentence in (
        "Digitale crisis",
        "Wie presenteert: Provincie Drenthe",
        "Er wordt nog iemand gezocht die presenteert. Ben jij dat?",
        "Geef je input tot en met woensdag 6 januari 2027: een vraag, een idee of een casus.",
        f"{settings.SITE_URL}{topic.get_absolute_url()}",
    ):
        assert sentence in message.text
    assert message.unsubscribe_url
    assert message.list_id == "onderwerpen"


def test_agenda_shows_the_programme(people):
    event = make_meeting(people)
    make_registration(event, people.listed, queued_at=CALL)
    ProgrammeItem.objects.create(event=event, title="Welkom", start=MEETING, kind="welcome")
    block = make_block(event, start=MEETING + timedelta(minutes=30))
    make_session(block, title="Kindpakket")
    make_session(block, title="Interreg")
    take(AGENDA)
    message = read(people, AGENDA, Step.AGENDA)
    assert message.subject.startswith("De agenda: ")
    assert "13.30 uur: Welkom" in message.text
    assert "14.00 uur: Tegelijk: Kindpakket en Interreg" in message.text
    assert not message.unsubscribe_url


@pytest.mark.parametrize(
    "change",
    [
        lambda event, people: Event.objects.filter(pk=event.pk).update(status="cancelled"),
        lambda event, people: make_topic(people.sector, event=event),
        lambda event, people: type(people.chair).objects.filter(pk=people.chair.pk).update(is_active=False),
    ],
)
def test_mail_that_is_no_longer_needed_is_not_written(people, change):
    event = make_meeting(people)
    take(REMIND)
    change(event, people)
    assert read(people, REMIND, Step.REMIND) is None

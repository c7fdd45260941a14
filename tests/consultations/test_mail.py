"""The mails: what they say, whom they reach when they leave late, and how one stops them."""

from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from consultations.mail import NAMED, Step, render, render_named
from consultations.models import Consultation
from consultations.operations import planning, running
from consultations.operations.answering import Reply, answer, name_substitute
from members.models import MailPreferences
from noord.outbox.abouts import name_abouts
from noord.outbox.models import Mail
from tests.factories import (
    amsterdam,
    make_chair,
    make_consultation,
    make_member,
    make_organisation,
    make_person,
    make_question,
    make_sector,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def chair():
    return make_chair(make_sector(name="Overheden"), name="Peter Proef")


@pytest.fixture
def consultation(chair) -> Consultation:
    sector = chair.sector_roles.get().sector
    sector.people.add(make_member(name="Anna Proef"))
    with time_machine.travel(amsterdam(2027, 3, 1, 12), tick=False):
        row = make_consultation(
            sector, title="Rol van ICT Noord", background="Een stap verder.", closes_at=amsterdam(2027, 3, 31, 17),
            made_by=chair,
        )  # fmt: skip
        make_question(row)
        planning.open_to_members(consultation=row, by=chair)
    return Consultation.objects.get(pk=row.pk)


def params(consultation: Consultation, step: Step) -> list[dict]:
    people = consultation.participations.order_by("pk").values_list("person", flat=True)
    return [{"consultation": consultation.pk, "step": str(step), "person": pk} for pk in people]


def test_mail_asks_with_background_deadline_and_a_way_to_stop(consultation, chair):
    with time_machine.travel(amsterdam(2027, 3, 2, 12), tick=False):
        message = next(one for one in render(params(consultation, Step.ASKED)) if "Anna Proef" in one.text)
    assert message.subject == "Vraag aan de leden: Rol van ICT Noord"
    for text in (
        "Een stap verder.",
        "Je antwoordt voor jezelf.",
        "Antwoorden kan tot en met woensdag 31 maart 2027, 17.00 uur.",
        f"/vragen/{consultation.pk}/",
        "omdat je op de lijst van Overheden staat",
    ):
        assert text in message.text
        assert text in message.html.replace("\N{NO-BREAK SPACE}", " ")
    assert (message.list_id, message.reply_to) == ("vragen", chair.email)
    assert Client().post(message.unsubscribe_url.partition("http://127.0.0.1:8000")[2]).status_code == 200
    assert MailPreferences.objects.get().topics is False


def test_reminder_says_the_last_day(consultation):
    subjects = []
    for moment in (amsterdam(2027, 3, 28, 12), amsterdam(2027, 3, 31, 9)):
        with time_machine.travel(moment, tick=False):
            subjects.append(render(params(consultation, Step.REMINDER))[0].subject)
    assert subjects == ["Antwoord uiterlijk 31 maart 2027: Rol van ICT Noord", "Antwoord vandaag: Rol van ICT Noord"]


@pytest.mark.parametrize("step", [Step.ASKED, Step.REMINDER, Step.AGAIN])
def test_mail_that_leaves_late_skips_who_answered_stopped_or_went_and_is_none_after_closing(consultation, step):
    with time_machine.travel(amsterdam(2027, 3, 5), tick=False):
        rows = [row.person for row in consultation.participations.order_by("pk").select_related("person")]
        asked = params(consultation, step)
        assert [message is None for message in render(asked)] == [False, False]
        answer(consultation=consultation, person=rows[0], replies={consultation.questions.get().pk: Reply(text="Ja")})
        assert [message is None for message in render(asked)] == [True, False]
        MailPreferences.objects.create(person=rows[1], topics=False)
        assert render(asked) == [None, None]
        MailPreferences.objects.all().delete()
    with time_machine.travel(consultation.closes_at):
        assert render(asked) == [None, None]
    assert render([{"consultation": 0, "step": str(step), "person": 1}]) == [None]


def test_outcome_is_mailed_with_its_text(consultation, chair):
    with time_machine.travel(amsterdam(2027, 3, 5), tick=False):
        running.close(consultation=consultation, by=chair)
        assert render(params(consultation, Step.OUTCOME)) == [None, None]
        running.publish_outcome(consultation=consultation, by=chair, text="ICT Noord wordt een kennisgroep.")
        messages = render(params(consultation, Step.OUTCOME))
    assert {message.subject for message in messages} == {"De uitkomst: Rol van ICT Noord"}
    assert all("ICT Noord wordt een kennisgroep." in message.text for message in messages)


def test_everyone_gets_each_step_once_and_it_is_found_by_its_title(consultation):
    with time_machine.travel(amsterdam(2027, 3, 28, 12), tick=False):
        for _ in range(3):
            running.keep_time(now=timezone.now())
    keys = sorted(Mail.objects.values_list("key", flat=True))
    people = list(consultation.participations.values_list("person", flat=True))
    assert keys == sorted(
        f"consultation:{consultation.pk}:{step}:{pk}" for step in ("asked", "reminder") for pk in people
    )
    about = f"consultation:{consultation.pk}"
    assert set(Mail.objects.values_list("about", "is_bulk")) == {(about, True)}
    assert name_abouts([about]) == {about: "Rol van ICT Noord"}


def test_batch_of_mails_costs_the_same_for_one_and_for_three(chair, consultation, django_assert_num_queries):
    sector = chair.sector_roles.get().sector
    for count in (1, 3):
        sector.people.add(*(make_member() for _ in range(count)))
        people = list(sector.people.values_list("pk", flat=True))
        asked = [{"consultation": consultation.pk, "step": "asked", "person": pk} for pk in people]
        with time_machine.travel(amsterdam(2027, 3, 5) + timedelta(hours=count)), django_assert_num_queries(2):
            assert None not in render(asked)


@pytest.fixture
def named(chair) -> dict:
    """What a main contact needs to name a colleague, on 2 March 2027."""
    sector, organisation = chair.sector_roles.get().sector, make_organisation(name="gemeente Assen")
    sector.organisations.add(organisation)
    contact = make_person(organisation=organisation, name="Anna Proef")
    contact.positions.update(is_main_contact=True)
    with time_machine.travel(amsterdam(2027, 3, 2, 12), tick=False):
        consultation = make_consultation(
            sector, title="Rol van ICT Noord", background="Een stap verder.", closes_at=amsterdam(2027, 3, 31, 17),
            made_by=chair, voice="organisation",
        )  # fmt: skip
        make_question(consultation)
        planning.open_to_members(consultation=consultation, by=chair)
        colleague = make_person(organisation=organisation, name="Bo Proef")
        yield {"consultation": consultation, "colleague": colleague, "by": contact, "organisation": organisation}


def test_substitute_hears_that_the_answer_is_asked_of_them(named, chair):
    for _ in range(2):
        name_substitute(**named)
    consultation, colleague, organisation = named["consultation"], named["colleague"], named["organisation"]
    mail = Mail.objects.get(kind=NAMED)
    assert (mail.to, mail.key, mail.about, mail.is_bulk) == (
        colleague.email,
        f"consultation:{consultation.pk}:named:{colleague.pk}:{organisation.pk}",
        f"consultation:{consultation.pk}",
        False,
    )
    assert mail.params == {
        "consultation": consultation.pk, "person": colleague.pk, "organisation": organisation.pk,
    }  # fmt: skip
    message = render_named(**mail.params)
    assert message.subject == "Je kunt antwoorden voor gemeente Assen: Rol van ICT Noord"
    for text in (
        "Bo Proef",
        "Anna Proef laat jou antwoorden voor gemeente Assen.",
        "Een stap verder.",
        "Je organisatie geeft één antwoord. Wie het eerst is, geeft het: jij of de eerste contactpersoon.",
        "Antwoorden kan tot en met woensdag 31 maart 2027, 17.00 uur.",
        f"/vragen/{consultation.pk}/?voor={organisation.pk}",
        "omdat een collega jou koos om te antwoorden",
    ):
        assert text in message.text
        assert text in message.html.replace("\N{NO-BREAK SPACE}", " ")
    assert "anoniem" not in message.text
    assert (message.list_id, message.reply_to) == ("vragen", chair.email)


@pytest.mark.parametrize("what", ["taken back", "another", "answered", "left", "stopped", "closed", "gone"])
def test_mail_to_a_substitute_that_leaves_late_is_none_when_nothing_is_left_to_do(named, chair, what):
    name_substitute(**named)
    consultation, colleague = named["consultation"], named["colleague"]
    params = Mail.objects.get(kind=NAMED).params
    match what:
        case "taken back":
            name_substitute(**named | {"colleague": None})
        case "another":
            name_substitute(**named | {"colleague": make_person(organisation=named["organisation"])})
        case "answered":
            replies = {consultation.questions.get().pk: Reply(text="Ja")}
            answer(consultation=consultation, person=named["by"], replies=replies)
        case "left":
            colleague.positions.update(end=timezone.localdate() - timedelta(days=1))
        case "stopped":
            MailPreferences.objects.create(person=colleague, topics=False)
        case "closed":
            running.close(consultation=consultation, by=chair)
        case "gone":
            params |= {"consultation": 0}
    assert render_named(**params) is None


def test_substitute_named_for_a_second_organisation_hears_of_that_one_too(named, chair):
    name_substitute(**named)
    other = make_organisation(name="gemeente Emmen")
    chair.sector_roles.get().sector.organisations.add(other)
    for person, is_main_contact in ((named["by"], True), (named["colleague"], False)):
        person.positions.create(organisation=other, start=date(2020, 1, 1), is_main_contact=is_main_contact)
    name_substitute(**named | {"organisation": other})
    subjects = [render_named(**mail.params).subject for mail in Mail.objects.filter(kind=NAMED).order_by("pk")]
    assert subjects == [
        "Je kunt antwoorden voor gemeente Assen: Rol van ICT Noord",
        "Je kunt antwoorden voor gemeente Emmen: Rol van ICT Noord",
    ]


def test_substitute_gets_no_mail_when_the_answer_is_in_or_there_is_no_address(named):
    name_substitute(**named | {"colleague": make_person(organisation=named["organisation"], email=None)})
    consultation = named["consultation"]
    answer(
        consultation=consultation, person=named["by"],
        replies={consultation.questions.get().pk: Reply(text="Ja")},
    )  # fmt: skip
    name_substitute(**named)
    assert not Mail.objects.filter(kind=NAMED).exists()

"""A topic from the first call to the programme: proposed, talked about, chosen, and everyone hears of it once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta

import pytest
import time_machine
from django.utils import timezone

from events.models import Event, TopicProposal
from events.operations.topic_steps import take_steps
from members.models import Person
from noord.dates import AMSTERDAM, day_long
from noord.outbox.tasks import send_outbox
from tests.browser.letters import Mailboxes
from tests.browser.visitor import Visitor
from tests.factories import make_chair, make_event, make_member, make_organisation, make_programme_manager, make_sector

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Browsers = Callable[..., Visitor]
TITLE = "Digitale crisis"


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let it be this moment, for the portal too: it runs in this process."""
    with time_machine.travel(moment, tick=True):
        yield


def run_the_beat() -> int:
    """Do what Celery beat does: take the steps that are due, and send what waits."""
    queued = take_steps(now=timezone.now())
    send_outbox.apply()
    return queued


def listed(sector, email: str, **fields) -> Person:
    person = make_member(email=email, **fields)
    sector.people.add(person)
    return person


@pytest.fixture
def people() -> dict[str, Person]:
    """Two chairs, a programme manager and two members of Overheden; nobody else may hear anything."""
    sector = make_sector(name="Overheden", slug="overheden")
    listed(make_sector(), "vreemd@noord.example")
    return {
        "first": make_chair(sector, email="een@noord.example", name="Eva Eerst"),
        "second": make_chair(sector, email="twee@noord.example", name="Ties Tweede"),
        "manager": make_programme_manager(sector, email="manager@noord.example"),
        "asks": listed(sector, "vraagt@noord.example", organisation=make_organisation(name="gemeente Vraagstad")),
        "answers": listed(sector, "antwoordt@noord.example", name="Anna Antwoord"),
    }


@pytest.fixture
def event(people: dict[str, Person]) -> Event:
    day = timezone.localdate() + timedelta(weeks=6)
    start = datetime.combine(day, time(13, 30), AMSTERDAM)
    sector = people["first"].sector_roles.get().sector
    return make_event(sectors=[sector], kind=Event.Kind.SECTOR, start=start, slug="overleg", title="Het overleg")


def test_topic_goes_from_proposal_to_programme(people, event: Event, visitor: Browsers, mailboxes: Mailboxes):
    first, second = visitor(people["first"]), visitor(people["second"], javascript=False)
    asks, answers = visitor(people["asks"]), visitor(people["answers"], width=390, color_scheme="dark")
    outsider = visitor()

    # Six weeks ahead the chairs have been asked, in the first hour of the day, each once, and one of them proposes.
    with at(datetime.combine(timezone.localdate(), time(9, 30), AMSTERDAM)):
        assert run_the_beat() == 2
    for who in ("first", "second"):
        called = mailboxes.take(people[who].email)
        assert "/agenda/overleg/onderwerpen/" in called.text
    first.visit("/onderwerpen/")
    first.sees("Er is nog geen onderwerp voorgesteld.")
    first.click("Het overleg")
    assert first.status_box.startswith("Nog ")
    first.fill("Onderwerp", TITLE)
    first.fill("Waarom nu?", "Wat doe je als alle systemen uitvallen?")
    first.page.get_by_label("Wij willen dit zelf presenteren").check()
    first.click("Stel dit voor")
    first.sees("Je onderwerp is voorgesteld.", f"Wie presenteert: {people['first'].organisation}.")
    topic = TopicProposal.objects.get()

    # Two members give their input: one asks, the other supports and answers on a phone.
    asks.visit("/agenda/overleg/")
    asks.click("Onderwerpen en input")
    asks.click(f"Steun dit onderwerp : {TITLE}")
    asks.sees("Je steunt dit")
    asks.click(f"Nog geen ideeën. Geef jij het eerste? : {TITLE}")
    asks.choose("Een vraag")
    asks.fill("Je tekst", "Wie bel je als eerste?")
    asks.click("Plaats mijn input")
    asks.sees("Dank je wel. Je input staat hieronder.", "van jou")
    answers.visit("/onderwerpen/")
    answers.click("Het overleg")
    answers.click(TITLE)
    answers.sees("Deelnemer, gemeente")
    answers.sees_no("gemeente Vraagstad")
    answers.click("Geef antwoord : Wie bel je als eerste?")
    answers.fill("Je tekst", "De wethouder. We hebben een lijst op papier.")
    answers.page.get_by_label("Mijn naam mag erbij staan").check()
    answers.click("Plaats mijn input")
    answers.sees("Anna Antwoord")
    answers.click("Steun dit onderwerp")
    answers.sees("2 mensen steunen dit", "Jij bent een van hen.")
    answers.photograph("topic-390-dark")
    asks.visit(f"/onderwerpen/{topic.pk}/")
    asks.sees("Antwoord op:", "De wethouder.", "Anna Antwoord")
    assert (run_the_beat(), mailboxes.are_empty()) == (0, True)

    # A month ahead the other chair chooses, without JavaScript.
    with at(datetime.combine(event.prepare_by, time(10), AMSTERDAM)):
        assert (run_the_beat(), mailboxes.are_empty()) == (0, True)
        second.visit("/agenda/overleg/onderwerpen/")
        assert second.status_box.startswith("Actie nodig Kies een onderwerp voor ")
        second.click(f"Kies dit onderwerp : {TITLE}")
        second.sees("Ongeveer tien minuten later krijgen 5 mensen een mail: geef je input.")
        second.fill("Hoe laat begint het?", "14.00")
        second.fill("Zaal", "Raadzaal")
        second.click("Kies dit onderwerp", within="main form")
        second.sees(f"Dit onderwerp staat in het programma van {event.title}.", "Gepland")
        assert second.status_box.startswith("Het onderwerp is gekozen")
        outsider.visit("/agenda/overleg/")
        outsider.sees("14.00 uur", TITLE, str(people["first"].organisation), "Raadzaal")
        assert (run_the_beat(), mailboxes.are_empty()) == (0, True)

    # Ten minutes later everyone concerned hears of it, once.
    with at(datetime.combine(event.prepare_by, time(10, 15), AMSTERDAM)):
        assert run_the_beat() == 5
        for person in people.values():
            letter = mailboxes.take(person.email)
            assert letter.subject.startswith("Geef je input: Het overleg")
            assert (TITLE in letter.text, f"/onderwerpen/{topic.pk}/" in letter.text) == (True, True)
        assert (run_the_beat(), mailboxes.are_empty()) == (0, True)
        second.visit("/agenda/overleg/onderwerpen/")
        second.sees(f"Op {day_long(event.prepare_by)} gestuurd naar 5 mensen, door het portaal.")


def test_draft_is_proposed_later_and_withdrawn_with_a_question(people, event: Event, visitor: Browsers):
    member = visitor(people["asks"], width=390)
    member.visit("/onderwerpen/")
    member.click("Stel een onderwerp voor")
    member.click("Bewaar als concept")
    member.sees("Er gaat 1 ding niet goed")
    assert member.page.title().startswith("Fout: ")
    member.fill("Onderwerp", "Werkplek")
    member.click("Bewaar als concept")
    member.sees("Je concept is bewaard. Alleen jij ziet het.")
    member.click("Schrijf verder en stel het voor")
    member.fill("Waarom nu?", "Wat houden we van het thuiswerken?")
    member.page.get_by_label("Voor welke bijeenkomst?").select_option(str(event.pk))
    member.click("Stel dit voor")
    member.sees("Nog iemand gezocht die presenteert.")
    member.click("Trek het in")
    member.click("Trek mijn onderwerp in")
    member.sees("Je onderwerp is ingetrokken.", "Ingetrokken")

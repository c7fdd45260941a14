"""The steps towards a meeting, as its chairs see and run them."""

import pytest

from events.models import TopicStep
from noord.outbox.models import Mail
from tests.events.topic_pages.stage import CHOOSING, login, make_meeting, page, words
from tests.factories import amsterdam, make_registration, make_topic

pytestmark = pytest.mark.django_db


def test_steps_show_when_whether_by_whom_and_to_how_many(sector, chair, time_machine):
    event = make_meeting(sector)
    TopicStep.objects.create(event=event, kind="call", people=2, at=amsterdam(2021, 8, 19, 9))
    TopicStep.objects.create(event=event, kind="remind", is_stopped=True, by=chair, at=amsterdam(2021, 8, 30))
    seen = page(chair, "/agenda/oktober/onderwerpen/")
    assert (
        "Vraag de voorzitters om onderwerpen Op donderdag 19 augustus 2021 gestuurd naar 2 mensen, door het portaal. "
        "Herinner de voorzitters: er is nog geen onderwerp Gestopt door Vera Voorzitter op maandag 30 augustus 2021. "
        "Stuur nu : Herinner de voorzitters: er is nog geen onderwerp "
        "Waarschuw de programmamanager: er is nog geen onderwerp Gaat vanzelf op dinsdag 14 september 2021, als er "
        "dan nog geen onderwerp is. Stuur nu, of stop : Waarschuw de programmamanager: er is nog geen onderwerp "
        "Vraag de leden om input Gaat vanzelf, ongeveer tien minuten nadat er een onderwerp is gekozen. "
        "Stop : Vraag de leden om input Stuur de agenda aan iedereen die komt Gaat vanzelf op donderdag 7 oktober "
        "2021. Stuur nu, of stop : Stuur de agenda aan iedereen die komt"
    ) in seen
    make_topic(sector, event=event)
    assert "Nu niet nodig: er is een onderwerp. Anders gaat het op dinsdag 14 september 2021." in page(
        chair, "/agenda/oktober/onderwerpen/"
    )
    time_machine.move_to(CHOOSING, tick=False)
    TopicStep.objects.all().delete()
    assert "Is niet gestuurd, en gaat niet meer vanzelf." in page(chair, "/agenda/oktober/onderwerpen/")


def test_steps_of_a_late_meeting_go_the_next_morning(sector, chair, time_machine):
    make_meeting(sector)
    time_machine.move_to(CHOOSING, tick=False)
    waits = "Gaat vanzelf op donderdag 16 september 2021"
    seen = page(chair, "/agenda/oktober/onderwerpen/")
    assert f"Vraag de voorzitters om onderwerpen {waits}. " in seen
    assert "er is nog geen onderwerp Is niet gestuurd, en gaat niet meer vanzelf." in seen
    assert (
        f"Waarschuw de programmamanager: er is nog geen onderwerp {waits}, als er dan nog geen onderwerp is." in seen
    )
    time_machine.move_to(amsterdam(2021, 9, 16, 8), tick=False)
    assert "Vraag de voorzitters om onderwerpen Gaat vandaag vanzelf." in page(chair, "/agenda/oktober/onderwerpen/")
    time_machine.move_to(amsterdam(2021, 10, 6, 12), tick=False)
    assert "Waarschuw de programmamanager: er is nog geen onderwerp Is niet gestuurd" in page(
        chair, "/agenda/oktober/onderwerpen/"
    )


def test_step_is_sent_by_hand_after_seeing_to_how_many_people(sector, chair, member):
    event = make_meeting(sector)
    make_registration(event, member)
    path = "/agenda/oktober/onderwerpen/stap/agenda/"
    client = login(chair)
    assert "Dit gaat naar 1 persoon." in words(client.get(path))
    assert not Mail.objects.exists()
    assert client.post(path).status_code == 404
    response = client.post(path, {"send": "1"}, follow=True)
    assert "Er gaat 1 mail weg." in words(response)
    assert "gestuurd naar 1 persoon, door Vera Voorzitter" in words(response)
    assert [mail.to for mail in Mail.objects.all()] == [member.email]
    assert "Deze stap is al gezet." in words(client.post(path, {"send": "1"}, follow=True))


def test_step_is_stopped_by_hand(sector, chair):
    event = make_meeting(sector)
    client = login(chair)
    client.post("/agenda/oktober/onderwerpen/stap/oproep/", {"stop": "1"})
    step = event.topic_steps.get()
    assert (step.kind, step.is_stopped, step.by) == ("call", True, chair)
    assert client.get("/agenda/oktober/onderwerpen/stap/call/").status_code == 404


def test_step_is_nothing_for_a_member(sector, member):
    make_meeting(sector)
    assert login(member).post("/agenda/oktober/onderwerpen/stap/oproep/", {"stop": "1"}).status_code == 404
    assert not TopicStep.objects.exists()

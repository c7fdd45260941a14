"""Choosing a topic, leaving it or declining it."""

from datetime import timedelta

import pytest

from events.models import Event, ProgrammeItem, TopicPresenter, TopicProposal, TopicStep
from noord.outbox.models import Mail
from tests.events.topic_pages.stage import CHOOSING, PROPOSING, login, make_meeting, page, say, words
from tests.factories import (
    amsterdam,
    make_block,
    make_chair,
    make_programme_manager,
    make_sector,
    make_topic,
)

pytestmark = pytest.mark.django_db


def test_choose_puts_the_topic_in_the_programme(sector, chair, member, time_machine):
    event = make_meeting(sector)
    topic = make_topic(sector, event=event, title="Digitale crisis", reason="Het gebeurt vaker.")
    TopicPresenter.objects.create(proposal=topic, organisation=member.organisation)
    time_machine.move_to(CHOOSING, tick=False)
    client, path = login(chair), f"/onderwerpen/{topic.pk}/kiezen/"
    response = client.get(path)
    assert (
        f"Het onderwerp komt in het programma van de bijeenkomst. Wie presenteert: {member.organisation}. "
        "Ongeveer tien minuten later krijgen 2 mensen een mail: geef je input."
    ) in words(response)
    form = response.context["form"]
    assert (form["place"].value(), form["text"].value()) == (str(event.pk), "Het gebeurt vaker.")
    data = {"place": str(event.pk), "start": "14.30", "room": "Zaal 1", "text": "Voor iedereen."}
    response = client.post(path, data, follow=True)
    assert response.redirect_chain == [("/agenda/oktober/onderwerpen/", 302)]
    item = event.items.get()
    assert (item.title, item.start, item.room, item.text, item.topic_proposal) == (
        *("Digitale crisis", amsterdam(2021, 10, 14, 14, 30), "Zaal 1", "Voor iedereen."),
        topic,
    )
    assert "Dit onderwerp is al gepland." in words(client.get(path))
    assert "Dit onderwerp staat in het programma van Sectoroverleg Overheden." in page(
        member, f"/onderwerpen/{topic.pk}/"
    )


def test_choose_puts_the_topic_beside_other_sessions(sector, time_machine):
    event = make_meeting(sector)
    block = make_block(event, title="Ronde 1")
    topic = make_topic(sector)
    manager = make_programme_manager(sector)
    client, path = login(manager), f"/onderwerpen/{topic.pk}/kiezen/"
    place = f"{event.pk}-{block.pk}"
    assert [
        label.replace("\xa0", " ") for _value, label in client.get(path).context["form"].fields["place"].choices
    ] == [
        "Kies een bijeenkomst",
        "14 oktober 2021, Sectoroverleg Overheden: voor iedereen",
        "14 oktober 2021, Sectoroverleg Overheden: tegelijk met Ronde 1 14.30 uur",
    ]
    response = client.post(path, {"place": place, "start": "14.30"})
    assert "Bij sessies die tegelijk zijn" in words(response)
    client.post(path, {"place": place})
    item = event.items.get()
    assert (item.kind, item.block, item.topic_proposal) == (ProgrammeItem.Kind.SESSION, block, topic)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"place": ""}, "Kies voor welke bijeenkomst dit onderwerp is."),
        ({"start": "12.00"}, "De bijeenkomst is van 13.30 uur tot 15.30 uur. Kies een tijd daartussen."),
        (
            {"start": "15.00"},
            "Dit onderwerp duurt 45 minuten en de bijeenkomst is om 15.30 uur afgelopen. Kies een eerdere tijd.",
        ),
        ({"start": "half drie"}, "Schrijf de tijd zo: 14.30."),
        ({"place": "9999999"}, "Voor deze bijeenkomst kun je nu niet kiezen."),
    ],
)
def test_choose_says_what_is_wrong(sector, data, said):
    event = make_meeting(sector)
    topic = make_topic(sector, event=event)
    client = login(make_programme_manager(sector))
    response = client.post(f"/onderwerpen/{topic.pk}/kiezen/", {"place": str(event.pk)} | data)
    assert said in words(response)
    assert not event.items.exists()


def test_choose_in_a_full_programme_asks_for_a_time_and_keeps_what_was_typed(sector):
    event = make_meeting(sector)
    ProgrammeItem.objects.create(event=event, title="Pauze", start=amsterdam(2021, 10, 14, 15), end=event.end)
    topic = make_topic(sector, event=event)
    client, path = login(make_programme_manager(sector)), f"/onderwerpen/{topic.pk}/kiezen/"
    response = client.post(path, {"place": str(event.pk), "room": "Zaal 1"})
    assert response.context["form"].errors == {
        "start": ["Het programma is vol: aan het eind is geen 45 minuten meer over. Kies zelf een tijd."]
    }
    assert response.context["form"]["room"].value() == "Zaal 1"
    client.post(path, {"place": str(event.pk), "start": "14.00"})
    assert TopicProposal.objects.get().item.start == amsterdam(2021, 10, 14, 14)


@pytest.mark.parametrize("start", ["", "13.30"])
def test_choose_a_topic_longer_than_the_meeting_says_what_helps(sector, start):
    event = make_meeting(sector)
    topic = make_topic(sector, event=event, minutes=180)
    client = login(make_programme_manager(sector))
    response = client.post(f"/onderwerpen/{topic.pk}/kiezen/", {"place": str(event.pk), "start": start})
    said = (
        "Dit onderwerp duurt 180 minuten: langer dan de bijeenkomst. Vraag wie het voorstelde om het korter te maken."
    )
    assert response.context["form"].errors == {"start": [said]}


def test_choose_too_early_says_from_when(sector, chair):
    topic = make_topic(sector, event=make_meeting(sector))
    assert "Kiezen kan vanaf dinsdag 14 september 2021" in page(chair, f"/onderwerpen/{topic.pk}/kiezen/")


def test_choose_for_another_meeting_is_never_done_by_accident(sector, chair):
    topic = make_topic(sector, event=make_meeting(sector))
    make_meeting(sector, slug="september", start=PROPOSING + timedelta(days=20))
    client, path = login(chair), f"/onderwerpen/{topic.pk}/kiezen/"
    response = client.get(path)
    assert response.context["form"]["place"].value() == ""
    assert "Sectoroverleg Overheden: Kiezen kan vanaf dinsdag 14 september 2021" in words(response)
    assert "Kies voor welke bijeenkomst dit onderwerp is." in words(client.post(path, {"place": ""}))


def test_choose_a_second_topic_mails_nobody_again(sector, chair, time_machine):
    event = make_meeting(sector)
    TopicStep.objects.create(event=event, kind="input", people=2)
    topic = make_topic(sector, event=event)
    time_machine.move_to(CHOOSING, tick=False)
    assert "De leden zijn al om input gevraagd." in page(chair, f"/onderwerpen/{topic.pk}/kiezen/")


def test_decline_asks_for_a_reason_and_tells_the_proposer(sector, chair, member):
    topic = make_topic(sector, by=member)
    client, path = login(chair), f"/onderwerpen/{topic.pk}/niet-kiezen/"
    assert "Schrijf waarom dit onderwerp niet is gekozen." in words(client.post(path, {"reason": " "}))
    client.post(path, {"reason": "Dit hadden we in maart."})
    assert "Dit onderwerp is niet gekozen. De reden: Dit hadden we in maart." in page(
        member, f"/onderwerpen/{topic.pk}/"
    )
    assert [mail.to for mail in Mail.objects.all()] == [member.email]


def test_leave_on_the_wish_list_takes_it_out_of_the_programme(sector, chair, time_machine):
    event = make_meeting(sector)
    item = ProgrammeItem.objects.create(event=event, title="Digitale crisis", start=event.start)
    topic = make_topic(sector, event=event, status="planned", item=item, title="Digitale crisis")
    time_machine.move_to(CHOOSING, tick=False)
    client, path = login(chair), f"/onderwerpen/{topic.pk}/wensenlijst/"
    assert "Het gaat uit het programma van Sectoroverleg Overheden." in words(client.get(path))
    client.post(path)
    topic.refresh_from_db()
    assert (topic.status, topic.event, event.items.count()) == ("discussed", None, 0)
    assert "Digitale crisis Besproken" in page(chair, "/sectoren/overheden/onderwerpen/")


def test_summary_stands_above_the_input(sector, chair, member):
    topic = make_topic(sector)
    say(topic, member)
    login(chair).post(f"/onderwerpen/{topic.pk}/samenvatten/", {"text": "Begin klein."})
    seen = page(member, f"/onderwerpen/{topic.pk}/")
    assert "Samenvatting van de voorzitter Begin klein. dinsdag 7 september 2021 Ideeën en vragen Voorgesteld" in seen


@pytest.mark.parametrize("verb", ["kiezen", "wensenlijst", "niet-kiezen", "samenvatten"])
def test_decisions_are_nothing_for_a_member(sector, member, verb):
    topic = make_topic(sector, by=member)
    before = TopicProposal.objects.values().get()
    data = {"reason": "Nee", "text": "Nee", "place": "1"}
    assert login(member).post(f"/onderwerpen/{topic.pk}/{verb}/", data).status_code == 404
    assert TopicProposal.objects.values().get() == before


def test_other_hosts_chair_decides_and_is_not_led_to_a_wish_list_of_others(sector, time_machine):
    other = make_sector(name="Veiligheid", slug="veiligheid")
    event = make_meeting(sector, other, kind=Event.Kind.JOINT)
    topic = make_topic(sector, event=event)
    chair = make_chair(other)
    time_machine.move_to(CHOOSING, tick=False)
    html = login(chair).get(f"/onderwerpen/{topic.pk}/").content.decode()
    assert ("/kiezen/" in html, "/sectoren/overheden/onderwerpen/" in html) == (True, False)
    login(chair).post(f"/onderwerpen/{topic.pk}/kiezen/", {"place": str(event.pk)})
    assert event.items.count() == 1

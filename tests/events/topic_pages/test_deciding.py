"""Choosing a topic, leaving it or declining it."""

from datetime import timedelta

import pytest

from events.hosts import load_hosts, load_hosts_of
from events.models import Event, ProgrammeItem, TopicInput, TopicPresenter, TopicProposal, TopicStep
from noord.outbox.models import Mail
from tests.events.topic_pages.stage import CHOOSING, PROPOSING, login, make_meeting, meanwhile, page, say, words
from tests.factories import (
    amsterdam,
    make_block,
    make_chair,
    make_group,
    make_member,
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


@pytest.mark.parametrize(
    ("verb", "data"), [("niet-kiezen", {"reason": "Een lang verhaal"}), ("samenvatten", {"text": "Een lang verhaal"})]
)
def test_decision_that_comes_too_late_keeps_what_was_typed(sector, chair, verb, data):
    topic = make_topic(sector)
    with meanwhile(lambda: TopicProposal.objects.update(status="withdrawn")):
        response = login(chair).post(f"/onderwerpen/{topic.pk}/{verb}/", data)
    assert "Een lang verhaal</textarea>" in response.content.decode()
    assert "Dit onderwerp is nog niet voorgesteld, of het is ingetrokken." in words(response)


def test_decline_twice_says_which_reason_the_proposer_got(sector, chair, member):
    topic = make_topic(sector, by=member)
    client, path = login(chair), f"/onderwerpen/{topic.pk}/niet-kiezen/"
    for _time in range(2):
        assert client.post(path, {"reason": "Dit hadden we in maart."}).url == f"/onderwerpen/{topic.pk}/"
    response = client.post(path, {"reason": "Te duur."})
    said = "Dit onderwerp is al afgewezen. De indiener kreeg deze reden: Dit hadden we in maart."
    assert (said in words(response), "Te duur.</textarea>" in response.content.decode()) == (True, True)
    assert [mail.to for mail in Mail.objects.all()] == [member.email]


def test_summary_of_two_chairs_at_once_keeps_both_texts(sector, chair, time_machine):
    topic = make_topic(sector)
    path = f"/onderwerpen/{topic.pk}/samenvatten/"
    clients = [login(chair), login(make_chair(sector))]
    read = [client.get(path).context["form"]["read_at"].value() for client in clients]
    clients[0].post(path, {"text": "Begin klein.", "read_at": read[0]})
    time_machine.move_to(PROPOSING + timedelta(minutes=1), tick=False)
    response = clients[1].post(path, {"text": "Begin groot.", "read_at": read[1]})
    assert "Begin groot.</textarea>" in response.content.decode()
    assert "Iemand anders heeft de samenvatting aangepast terwijl jij schreef." in words(response)
    assert "Deze samenvatting staat nu op de pagina van het onderwerp: Begin klein." in words(response)
    assert TopicProposal.objects.get().summary == "Begin klein."
    again = response.context["form"]["read_at"].value()
    assert f'<input type="hidden" name="read_at" value="{again}"' in response.content.decode()
    both = {"text": "Begin klein, denk groot.", "read_at": again}
    for _time in range(2):  # pressing twice is no conflict
        assert clients[1].post(path, both).url == f"/onderwerpen/{topic.pk}/"
    assert TopicProposal.objects.get().summary == "Begin klein, denk groot."
    later = clients[0].get(path).context["form"]["read_at"].value()
    clients[0].post(path, {"text": "", "read_at": later})
    assert (TopicProposal.objects.get().summary, TopicProposal.objects.get().summary_at) == ("", None)


@pytest.mark.parametrize("status", ["new", "planned"])
def test_leave_on_the_wish_list_of_the_other_host_leads_to_the_topics_of_the_meeting(sector, time_machine, status):
    other = make_sector(name="Veiligheid", slug="veiligheid")
    topic = make_topic(sector, event=make_meeting(sector, other, kind=Event.Kind.JOINT), status=status)
    time_machine.move_to(CHOOSING, tick=False)
    response = login(make_chair(other)).post(f"/onderwerpen/{topic.pk}/wensenlijst/", follow=True)
    assert response.redirect_chain == [("/agenda/oktober/onderwerpen/", 302)]
    assert "Dit onderwerp staat op de wensenlijst." in response.content.decode()


def test_leave_on_the_wish_list_at_the_same_time_as_the_other_host_says_so(sector, time_machine):
    other = make_sector(name="Veiligheid", slug="veiligheid")
    topic = make_topic(sector, event=make_meeting(sector, other, kind=Event.Kind.JOINT))
    client = login(make_chair(other))
    with meanwhile(lambda: TopicProposal.objects.update(event=None)):
        response = client.post(f"/onderwerpen/{topic.pk}/wensenlijst/", follow=True)
    assert response.redirect_chain == [("/agenda/oktober/onderwerpen/", 302)]


def test_choose_takes_along_who_offered_to_present(sector, chair, member, time_machine):
    event = make_meeting(sector)
    topic = make_topic(sector, event=event, seeks_presenter=True)
    other = make_member()
    say(topic, member, "Eerst dit", kind="present", shows_name=True)
    offer = say(topic, member, "Wij vertellen over onze oefening", kind="present", shows_name=True)
    say(topic, other, "Liever zonder naam", kind="present")
    say(topic, other, "Een idee", kind="idea", shows_name=True)
    time_machine.move_to(CHOOSING, tick=False)
    client, path = login(chair), f"/onderwerpen/{topic.pk}/kiezen/"
    response = client.get(path)
    label = f"Mia Lid, {member.organisation}: Wij vertellen over onze oefening"
    assert response.context["form"].fields["offers"].choices == [(offer.pk, label)]
    assert "Wil presenteren" in words(response)
    data = {"place": str(event.pk), "offers": [str(offer.pk)]}
    with meanwhile(lambda: TopicInput.objects.filter(pk=offer.pk).update(shows_name=False)):
        response = client.post(path, data)
    taken_back = "Iemand die wilde presenteren, doet dat toch niet."
    assert taken_back in words(response)
    say(topic, chair, "Ik kan het ook", kind="present")
    assert taken_back in words(client.post(path, data))
    assert not topic.presenters.exists()
    TopicInput.objects.filter(pk=offer.pk).update(shows_name=True)
    client.post(path, data)
    assert [(speaker.name, speaker.organisation, speaker.person) for speaker in event.items.get().speakers.all()] == [
        ("Mia Lid", member.organisation.name, member)
    ]
    topic.refresh_from_db()
    assert (topic.status, topic.seeks_presenter, topic.presenters.get().person) == ("planned", False, member)


def test_hosts_of_meetings_are_the_same_as_of_each(sector, django_assert_num_queries):
    both = make_meeting(make_sector(name="Zorg"), sector, groups=[make_group(name="Archief")])
    events = [both, make_meeting(sector, slug="later"), make_meeting(slug="zonder")]
    with django_assert_num_queries(1):
        load_hosts_of(events)
    assert [event.hosts for event in events] == [load_hosts(event) for event in Event.objects.order_by("pk")]

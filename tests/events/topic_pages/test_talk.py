"""Support for a topic, and what members say about it."""

import re
from datetime import timedelta

import pytest

from events.models import TopicSupport
from tests.events.topic_pages.stage import CHOOSING, MEETING, PROPOSING, login, make_meeting, page, say, words
from tests.factories import (
    make_member,
    make_organisation,
    make_person,
    make_topic,
)

pytestmark = pytest.mark.django_db


def test_support_is_given_and_taken_back_where_one_was(sector, member):
    topic = make_topic(sector, event=make_meeting(sector))
    client, path = login(member), f"/onderwerpen/{topic.pk}/steun/"
    response = client.post(path, {"wants": "1", "back": "/agenda/oktober/onderwerpen/"})
    assert response.url == f"/agenda/oktober/onderwerpen/#onderwerp-{topic.pk}"
    assert topic.supports.get().person == member
    html = client.get("/agenda/oktober/onderwerpen/").content.decode()
    assert 'name="wants" value="0" aria-pressed="true"' in html
    for elsewhere in ("https://kwaad.example/", "//kwaad.example/", "javascript:alert(1)", "\\\\kwaad.example"):
        assert client.post(path, {"wants": "0", "back": elsewhere}).url == f"/onderwerpen/{topic.pk}/"
    assert not topic.supports.exists()


def test_input_shows_no_name_without_consent(sector, chair, member):
    topic = make_topic(sector)
    office = make_person(organisation=make_organisation(kind="national_office"), name="Naamloos")
    sector.people.add(office)
    consenting = make_member(name="Met Naam")
    say(topic, member, "Van een lid")
    say(topic, office, "Van een dienst")
    say(topic, consenting, "Met naam", shows_name=True)
    say(topic, chair, "Van de voorzitter")
    say(topic, None, "Van niemand meer")
    seen = page(member, f"/onderwerpen/{topic.pk}/")
    assert (
        "Idee van jou Van een lid Deelnemer, gemeente, 7 september 2021 Wijzig : Van een lid Trek in : Van een lid "
        "Idee Van een dienst Deelnemer, landelijke dienst in het Noorden, 7 september 2021 "
        f"Idee Met naam Met Naam, {consenting.organisation}, 7 september 2021 "
        f"Idee Van de voorzitter Vera Voorzitter, {chair.organisation}, 7 september 2021 "
        "Idee Van niemand meer Deelnemer, 7 september 2021"
    ) in seen
    assert "Naamloos" not in seen


def test_input_is_given_and_answers_its_question(sector, chair, member):
    topic = make_topic(sector)
    path = f"/onderwerpen/{topic.pk}/"
    client = login(chair)
    response = client.post(path, {"kind": "question", "text": "Wie belt er?"})
    question = topic.inputs.get()
    assert response.url == f"{path}#input-{question.pk}"
    form = login(member).get(f"{path}?antwoord={question.pk}").context["form"]
    assert (form["kind"].value(), form["answers"].value()) == ("answer", str(question.pk))
    answered = {"kind": "answer", "answers": str(question.pk), "text": "De wethouder.", "shows_name": "on"}
    response = login(member).post(path, answered, follow=True)
    assert "Antwoord van jou Antwoord op: Wie belt er? De wethouder. Mia Lid," in words(response)


def test_input_says_what_is_wrong_and_keeps_the_text(sector, member):
    topic = make_topic(sector)
    question = say(topic, member, kind="question")
    client = login(member)
    response = client.post(
        f"/onderwerpen/{topic.pk}/", {"kind": "idea", "answers": str(question.pk), "text": "Lang verhaal"}
    )
    html = response.content.decode()
    assert ("<title>Fout: " in html, "Lang verhaal</textarea>" in html) == (True, True)
    assert "Alleen een antwoord hoort bij een vraag." in words(response)
    elsewhere = say(make_topic(sector), member, kind="question")
    client.post(f"/onderwerpen/{topic.pk}/", {"kind": "answer", "answers": str(elsewhere.pk), "text": "Fout"})
    client.post(f"/onderwerpen/{topic.pk}/", {"kind": "praise", "text": "Fout"})
    assert topic.inputs.count() == 1


def test_input_is_changed_and_withdrawn_for_all_to_see(sector, chair, member, time_machine):
    topic = make_topic(sector)
    given, answer = say(topic, member, "Eerst", kind="question"), None
    answer = say(topic, chair, "Zo dan", kind="answer", answers=given)
    client = login(member)
    time_machine.move_to(CHOOSING, tick=False)
    assert "Eerst</textarea>" in client.get(f"/onderwerpen/input/{given.pk}/").content.decode()
    response = client.post(f"/onderwerpen/input/{given.pk}/", {"text": "Daarna"}, follow=True)
    assert "Daarna Deelnemer, gemeente, 7 september 2021, aangepast op 15 september 2021" in words(response)
    assert "Trek mijn input in" in words(client.get(f"/onderwerpen/input/{given.pk}/intrekken/"))
    response = client.post(f"/onderwerpen/input/{given.pk}/intrekken/", follow=True)
    assert "Vraag Deelnemer, gemeente. Ingetrokken op 15 september 2021" in words(response)
    assert "Antwoord op: een vraag die is ingetrokken Zo dan" in words(response)
    assert client.get(f"/onderwerpen/input/{given.pk}/").status_code == 404
    assert client.post(f"/onderwerpen/input/{answer.pk}/", {"text": "Gekaapt"}).status_code == 404


def test_input_over_fifty_comes_in_pages_and_one_lands_on_ones_own(sector, member):
    topic = make_topic(sector)
    for number in range(50):
        say(topic, None, f"Idee nummer {number}", created_at=PROPOSING - timedelta(minutes=60 - number))
    client = login(member)
    response = client.post(f"/onderwerpen/{topic.pk}/", {"kind": "idea", "text": "De laatste"})
    assert response.url == f"/onderwerpen/{topic.pk}/?pagina=2#input-{topic.inputs.last().pk}"
    first, second = client.get(f"/onderwerpen/{topic.pk}/"), client.get(response.url)
    assert ("De laatste" in words(first), "De laatste" in words(second)) == (False, True)
    assert "Idee nummer 0 " in words(first)


@pytest.mark.parametrize(
    ("status", "supports", "filled"),
    [
        ("new", False, "Steun dit onderwerp"),
        ("new", True, "Plaats mijn input"),
        ("planned", False, "Plaats mijn input"),
    ],
)
def test_one_button_is_filled_support_first_and_then_input(sector, member, status, supports, filled):
    topic = make_topic(sector, event=make_meeting(sector), status=status)
    if supports:
        TopicSupport.objects.create(proposal=topic, person=member)
    html = login(member).get(f"/onderwerpen/{topic.pk}/").content.decode()
    buttons = re.findall(r'<button class="btn [^"]*btn-primary[^"]*"[^>]*>([^<]+)', html)
    assert [button for button in buttons if button in ("Steun dit onderwerp", "Plaats mijn input")] == [filled]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"status": "declined", "decline_reason": "Te smal."}, "Dit onderwerp gaat niet door"),
        ({"status": "planned"}, "De bijeenkomst over dit onderwerp is begonnen."),
    ],
)
@pytest.mark.parametrize("kind", ["idea", "answer"])
def test_input_that_comes_too_late_is_shown_with_the_reason(sector, member, time_machine, fields, said, kind):
    topic = make_topic(sector, event=make_meeting(sector), **fields)
    question = say(topic, member, "Wie belt er?", kind="question")
    time_machine.move_to(MEETING, tick=False)
    data = {"kind": kind, "answers": str(question.pk) if kind == "answer" else "", "text": "Een lang verhaal"}
    seen = words(login(member).post(f"/onderwerpen/{topic.pk}/", data))
    assert f"Er gaat 1 ding niet goed We hebben nog niets opgeslagen. {said}" in seen
    assert "Wat je schreef Kopieer je tekst als je die wilt houden. Een lang verhaal" in seen
    assert topic.inputs.get() == question


@pytest.mark.parametrize(
    ("fields", "moment"),
    [
        ({"status": "declined", "decline_reason": "Te smal."}, PROPOSING),
        ({"status": "withdrawn"}, PROPOSING),
        ({"status": "planned"}, MEETING),
    ],
)
def test_input_on_a_closed_topic_can_still_be_taken_back(sector, member, time_machine, fields, moment):
    topic = make_topic(sector, event=make_meeting(sector), **fields)
    given = say(topic, member, "Bel\nde wethouder", shows_name=True)
    time_machine.move_to(moment, tick=False)
    client, path = login(member), f"/onderwerpen/input/{given.pk}/"
    seen = words(client.get(f"/onderwerpen/{topic.pk}/"))
    assert "Verberg mijn naam : Bel de wethouder Trek in : Bel de wethouder" in seen
    response = client.get(path)
    assert list(response.context["form"].fields) == ["shows_name"]
    assert "Je kunt je naam nog verbergen, of je input intrekken. Bel de wethouder" in words(response)
    for data in ({"text": "Iets anders", "shows_name": ""}, {"text": "Bel\r\nde wethouder", "shows_name": "on"}):
        response = client.post(path, data)
        given.refresh_from_db()
        assert (given.text, given.edited_at) == ("Bel\nde wethouder", None)
        if data["text"] == "Iets anders":
            assert "Iets anders</textarea>" in response.content.decode()
    assert client.post(path, {"shows_name": ""}).url == f"/onderwerpen/{topic.pk}/#input-{given.pk}"
    given.refresh_from_db()
    assert (given.text, given.shows_name) == ("Bel\nde wethouder", False)
    assert "Verberg mijn naam" not in words(client.get(f"/onderwerpen/{topic.pk}/"))
    response = client.post(path, {"shows_name": "on"})
    given.refresh_from_db()
    assert (response.status_code, given.shows_name) == (200, False)
    client.post(f"{path}intrekken/")
    given.refresh_from_db()
    assert (given.text, given.withdrawn_at) == ("", moment)


def test_input_can_be_taken_back_by_who_left_who_reads_no_more_than_that(sector, member):
    topic = make_topic(sector, title="Geheim onderwerp")
    named, other = say(topic, member, "Met naam", shows_name=True), say(topic, member, "Zonder naam")
    assert "die ik niet meer zie" not in page(member, "/onderwerpen/")
    sector.people.remove(member)
    assert (
        "Mijn input bij onderwerpen die ik niet meer zie Zonder naam Idee, 7 september 2021 Trek in : Zonder naam "
        "Met naam Idee, 7 september 2021 Verberg mijn naam : Met naam Trek in : Met naam"
    ) in page(member, "/onderwerpen/")
    client, path = login(member), f"/onderwerpen/input/{named.pk}/"
    for address in (path, f"{path}intrekken/"):
        html = client.get(address).content.decode()
        assert ("Met naam" in html, "Geheim" in html, f"/onderwerpen/{topic.pk}/" in html) == (True, False, False)
    assert client.post(path, {"shows_name": ""}).url == "/onderwerpen/"
    assert client.post(f"/onderwerpen/input/{other.pk}/intrekken/").url == "/onderwerpen/"
    assert list(topic.inputs.values_list("text", "shows_name")) == [("Met naam", False), ("", False)]

"""The topics of one meeting: what its page says to whom."""

from datetime import timedelta

import pytest

from events.models import TopicPresenter, TopicSupport
from sectors.models import FocalPoint, SectorYear
from tests.events.topic_pages.stage import CHOOSING, MEETING, login, make_meeting, page, say, words
from tests.factories import (
    amsterdam,
    make_organisation,
    make_topic,
)

pytestmark = pytest.mark.django_db


def test_meeting_shows_the_page_of_the_design(sector, chair, member):
    event = make_meeting(sector)
    SectorYear.objects.create(sector=sector, year=2021)
    make_meeting(sector, start=MEETING - timedelta(days=60), slug="augustus")
    topic = make_topic(
        sector, event=event, by=chair, title="Digitale crisis", reason="Wat doe je als alles uitvalt?\n\nEn dan?"
    )
    topic.focal_point = FocalPoint.objects.create(sector=sector, year=2021, title="Crisis")
    topic.save()
    TopicPresenter.objects.create(proposal=topic, organisation=make_organisation(name="Veiligheidsregio Drenthe"))
    TopicSupport.objects.create(proposal=topic, person=chair)
    say(topic, member)
    seen = page(member, "/agenda/oktober/onderwerpen/")
    assert seen.startswith(
        "Home / Onderwerpen / Overheden Waar praten we over op 14 oktober? Sectoroverleg Overheden , donderdag "
        "14 oktober 2021, 13.30 - 15.30 uur , Tolbert. Bijeenkomst 2 van 8. Nog 7 dagen Voorstellen kan tot en met "
        "dinsdag 14 september 2021. Dat is een maand voor de bijeenkomst. Stel een onderwerp voor Stappen Voorstellen "
        "tot en met dinsdag 14 september 2021 Onderwerp kiezen De voorzitters, van dinsdag 14 september 2021 tot en "
        "met woensdag 6 oktober 2021 Ideeën en voorbereiding Alle leden, tot en met woensdag 13 oktober 2021 "
        "Bijeenkomst donderdag 14 oktober 2021 1 voorstel 1 steun Digitale crisis Nieuw Wat doe je als alles uitvalt? "
        f"Voorgesteld door: Vera Voorzitter, {chair.organisation}. Speerpunt van 2021: Crisis. Wie presenteert: "
        "Veiligheidsregio Drenthe. Steun dit onderwerp : Digitale crisis 1 idee : Digitale crisis Nieuw onderwerp"
    )
    assert "Wat het portaal stuurt" not in seen


@pytest.mark.parametrize(
    ("now", "planned", "who", "box"),
    [
        (amsterdam(2021, 9, 14, 12), False, "member", "Vandaag is de laatste dag Voorstellen kan tot en met dinsdag"),
        (
            CHOOSING,
            False,
            "chair",
            "Actie nodig Kies een onderwerp voor donderdag 14 oktober 2021. Kies een onderwerp",
        ),
        (amsterdam(2021, 9, 22, 12), False, "chair", "Te laat Kies een onderwerp voor donderdag"),
        (CHOOSING, False, "member", "De voorzitters kiezen nu Voorstellen kon tot en met dinsdag 14 september 2021."),
        (CHOOSING, True, "member", "Het onderwerp is gekozen Geef je input tot en met woensdag 13 oktober 2021."),
        (amsterdam(2021, 10, 8), True, "member", "De agenda ligt vast. Je kunt nog input geven tot en met woensdag"),
        (amsterdam(2021, 10, 8), False, "chair", "Kiezen kan niet meer De agenda van deze bijeenkomst ligt vast."),
        (MEETING, True, "member", "Deze bijeenkomst is begonnen of geweest Op de pagina van de bijeenkomst"),
    ],
)
def test_status_box_says_what_this_reader_can_do(sector, chair, member, time_machine, now, planned, who, box):
    make_topic(sector, event=make_meeting(sector), status="planned" if planned else "new")
    time_machine.move_to(now, tick=False)
    assert box in page({"chair": chair, "member": member}[who], "/agenda/oktober/onderwerpen/")


def test_status_box_of_a_late_meeting_asks_the_chair_to_propose(sector, chair, time_machine):
    make_meeting(sector)
    time_machine.move_to(CHOOSING, tick=False)
    seen = page(chair, "/agenda/oktober/onderwerpen/")
    assert "Er is nog geen onderwerp Er is nog geen onderwerp voor donderdag 14 oktober 2021. Stel er zelf een" in seen


def test_members_do_not_propose_where_only_chairs_do(sector, chair, member):
    make_meeting(sector)
    sector.members_may_propose = False
    sector.save()
    assert "De voorzitters stellen voor Hier stellen de voorzitters de onderwerpen voor." in page(
        member, "/agenda/oktober/onderwerpen/"
    )
    assert 'id="nieuw"' in login(chair).get("/agenda/oktober/onderwerpen/").content.decode()


def test_meeting_lists_the_chosen_first_and_then_by_support(sector, chair, member):
    event = make_meeting(sector)
    titles = {"Veel steun": "new", "Gekozen": "planned", "Weinig steun": "new", "Afgewezen": "declined"}
    topics = {
        title: make_topic(sector, event=event, title=title, status=status, decline_reason="Nee" * (status[0] == "d"))
        for title, status in titles.items()
    }
    for person in (chair, member):
        TopicSupport.objects.create(proposal=topics["Veel steun"], person=person)
        TopicSupport.objects.create(proposal=topics["Afgewezen"], person=person)
    make_topic(sector, event=event, title="Ingetrokken", status="withdrawn")
    make_topic(sector, event=event, title="Concept", status="draft", proposed_at=None, by=member)
    response = login(member).get("/agenda/oktober/onderwerpen/")
    assert [card.proposal.title for card in response.context["cards"]] == [
        "Gekozen",
        "Veel steun",
        "Weinig steun",
        "Afgewezen",
    ]
    assert "4 voorstellen" in words(response)


def test_chairs_see_the_button_to_choose_from_the_day_that_they_may(sector, chair, time_machine):
    topic = make_topic(sector, event=make_meeting(sector))
    link = f"/onderwerpen/{topic.pk}/kiezen/"
    early = login(chair).get("/agenda/oktober/onderwerpen/").content.decode()
    assert (link in early, "Kiezen kan vanaf dinsdag" in early) == (False, True)
    time_machine.move_to(CHOOSING, tick=False)
    assert link in login(chair).get("/agenda/oktober/onderwerpen/").content.decode()


def test_pages_of_a_long_list_follow_each_other(sector, member):
    event = make_meeting(sector)
    for number in range(11):
        make_topic(sector, event=event, title=f"Onderwerp {number}")
    client = login(member)
    first, second = (client.get(f"/agenda/oktober/onderwerpen/?pagina={number}") for number in (1, 2))
    assert (len(first.context["cards"]), len(second.context["cards"])) == (10, 1)
    assert ("Volgende pagina" in words(first), "Vorige pagina" in words(second)) == (True, True)
    for wrong in ("0", "3", "x", "-1", "9" * 30):
        assert client.get(f"/agenda/oktober/onderwerpen/?pagina={wrong}").status_code == 404

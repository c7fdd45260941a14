"""Wish lists, my topics, and the ways to them."""

import pytest
from django.test import Client

from events.models import Event
from tests.events.topic_pages.stage import login, make_meeting, page
from tests.factories import make_group, make_member, make_participant, make_sector, make_topic

pytestmark = pytest.mark.django_db


def test_wish_list_shows_where_meetings_stand_and_what_waits(sector, member):
    make_topic(sector, event=make_meeting(sector))
    make_topic(sector, title="Voor later", by=member)
    make_topic(make_sector(), title="Van een ander")
    seen = page(member, "/sectoren/overheden/onderwerpen/")
    assert (
        "Volgende bijeenkomsten do 14 okt Sectoroverleg Overheden Er is 1 onderwerp voorgesteld. Voorstellen kan tot "
        "en met dinsdag 14 september 2021. Op schema Wensenlijst"
    ) in seen
    assert "0 steun Voor later Nieuw Voorgesteld door: Deelnemer, gemeente." in seen
    assert "Van een ander" not in seen


def test_wish_list_of_a_group_is_for_its_people(member):
    group = make_group(name="ICT Noord", slug="ict-noord")
    make_topic(group, title="GGI-netwerk")
    path = "/kennisgroepen/ict-noord/onderwerpen/"
    assert "GGI-netwerk" in page(make_participant(group), path)
    assert login(member).get(path).status_code == 404


def test_my_topics_shows_my_meetings_drafts_and_proposals(sector, member):
    event = make_meeting(sector)
    make_meeting(make_sector(), slug="elders", title="Elders")
    make_topic(sector, event=event, title="Van mij", by=member)
    make_topic(sector, title="Mijn concept", by=member, status="draft", proposed_at=None)
    make_topic(sector, title="Van een ander")
    seen = page(member, "/onderwerpen/")
    assert (
        "Sectoroverleg Overheden Er is 1 onderwerp voorgesteld. Voorstellen kan tot en met dinsdag 14 september 2021. "
        "Op schema Mijn concepten Mijn concept Voor Overheden, gemaakt op 7 september 2021. Alleen jij ziet het. "
        "Mijn voorstellen Van mij Nieuw Sectoroverleg Overheden, 14 oktober 2021 Wensenlijsten"
    ) in seen
    assert ("Elders" in seen, "Van een ander" in seen) == (False, False)


def test_the_way_to_topics_is_for_the_people_of_the_hosts(sector, member):
    event = make_meeting(sector)
    stranger = make_member()
    pages = ("/agenda/oktober/", "/sectoren/overheden/")
    links = {
        "/agenda/oktober/": "/agenda/oktober/onderwerpen/",
        "/sectoren/overheden/": "/sectoren/overheden/onderwerpen/",
    }
    seen = {
        (who, path): f'href="{links[path]}"' in client.get(path).content.decode()
        for who, client in (("member", login(member)), ("stranger", login(stranger)), ("visitor", Client()))
        for path in pages
    }
    assert seen == {(who, path): who == "member" for who in ("member", "stranger", "visitor") for path in pages}
    assert "Onderwerpen en input Er is nog geen onderwerp voorgesteld." in page(member, event.get_absolute_url())
    assert ("/onderwerpen/" in Client().get("/").content.decode()) is False


def test_meeting_that_is_not_published_is_named_to_its_chairs_only(sector, chair, member):
    event = make_meeting(sector, status=Event.Status.DRAFT, title="Nog geheim")
    topic = make_topic(sector, by=member, event=event)
    own = make_topic(sector, by=chair, event=event)
    for person, named in ((member, False), (chair, True)):
        for path in (f"/onderwerpen/{topic.pk}/", f"/onderwerpen/{own.pk}/", "/onderwerpen/"):
            seen = page(person, path)
            assert ("Nog geheim" in seen, "14 oktober" in seen) == (named, named)
            assert ("Een bijeenkomst van Overheden" in seen) != named

"""Proposing a topic, changing it and taking it back."""

from datetime import timedelta

import pytest

from events.models import Event, TopicPresenter, TopicProposal
from sectors.models import FocalPoint
from tests.events.topic_pages.stage import CHOOSING, NEW, PROPOSING, login, make_meeting, meanwhile, page, words
from tests.factories import make_group, make_organisation, make_person, make_sector, make_topic

pytestmark = pytest.mark.django_db


def filled(event=None, **fields) -> dict:
    return {
        "title": "Digitale crisis",
        "reason": "Het gebeurt vaker.",
        "minutes": "45",
        "event": str(event.pk) if event else "",
    } | fields


def test_propose_from_the_page_of_the_meeting(sector, member):
    event = make_meeting(sector)
    client = login(member)
    form = client.get("/agenda/oktober/onderwerpen/").context["short_form"]
    data = {name: field.initial for name, field in form.fields.items() if field.initial} | form.initial
    response = client.post(NEW, data | {"title": "Digitale crisis", "reason": "Nu.", "presents": "on"}, follow=True)
    topic = TopicProposal.objects.get()
    assert response.redirect_chain == [(f"/onderwerpen/{topic.pk}/", 302)]
    assert (topic.event, topic.sector, topic.by, topic.status, topic.seeks_presenter, topic.minutes) == (
        *(event, sector, member, "new", False),
        45,
    )
    assert [presenter.organisation for presenter in topic.presenters.all()] == [member.organisation]


def test_propose_with_nobody_who_presents_asks_for_somebody(sector, member):
    login(member).post(NEW, filled(make_meeting(sector)))
    assert TopicProposal.objects.get().seeks_presenter


def test_propose_keeps_what_was_typed_after_an_error(sector, member):
    event = make_meeting(sector)
    response = login(member).post(NEW, filled(event, title="", reason="Heel veel tekst"))
    html = response.content.decode()
    assert "<title>Fout: " in html
    assert "Heel veel tekst</textarea>" in html
    assert f'value="{event.pk}" selected' in html
    assert not TopicProposal.objects.exists()


def test_propose_too_late_keeps_what_was_typed_and_offers_the_wish_list(sector, member, time_machine):
    event = make_meeting(sector)
    time_machine.move_to(CHOOSING, tick=False)
    client = login(member)
    assert "Voorstellen kon tot en met dinsdag 14 september 2021." in words(client.get(NEW))
    response = client.post(NEW, filled(event, reason="Heel veel tekst"))
    assert "Voor deze bijeenkomst kun je nu niet voorstellen. Kies een andere, of de wensenlijst." in words(response)
    assert "Heel veel tekst</textarea>" in response.content.decode()
    client.post("/onderwerpen/nieuw/?sector=overheden", filled(reason="Heel veel tekst"))
    assert TopicProposal.objects.wished().get().event is None


def test_draft_is_kept_with_a_title_alone_and_proposed_later(sector, member):
    event = make_meeting(sector)
    client = login(member)
    response = client.post(NEW, filled(event, reason="", draft="1"), follow=True)
    draft = TopicProposal.objects.get()
    assert (draft.status, draft.event) == ("draft", event)
    assert "Je concept is bewaard. Alleen jij ziet het." in words(response)
    assert "Mijn concepten Digitale crisis" in page(member, "/onderwerpen/")
    edit = f"/onderwerpen/{draft.pk}/wijzigen/"
    assert "Waarom nu?" in words(client.post(edit, filled(event, reason="")))
    client.post(edit, filled(event))
    assert [topic.status for topic in TopicProposal.objects.all()] == ["new"]


def test_draft_is_thrown_away_after_a_question(sector, member):
    draft = make_topic(sector, by=member, status="draft", proposed_at=None)
    client = login(member)
    assert "Gooi mijn concept weg" in words(client.get(f"/onderwerpen/{draft.pk}/intrekken/"))
    response = client.post(f"/onderwerpen/{draft.pk}/intrekken/", follow=True)
    assert "Je concept is weggegooid." in words(response)
    assert not TopicProposal.objects.exists()


def test_edit_keeps_the_person_of_an_organisation_that_still_presents(sector, member):
    organisation, other = make_organisation(), make_organisation()
    sector.organisations.add(organisation, other)
    topic = make_topic(sector, by=member)
    speaker = make_person(organisation=organisation)
    TopicPresenter.objects.create(proposal=topic, organisation=organisation, person=speaker)
    chosen = [str(organisation.pk), str(other.pk)]
    login(member).post(f"/onderwerpen/{topic.pk}/wijzigen/", filled(title="Anders", organisations=chosen))
    topic.refresh_from_db()
    assert (topic.title, topic.edited_at) == ("Anders", PROPOSING)
    assert set(topic.presenters.values_list("organisation", "person")) == {
        (organisation.pk, speaker.pk),
        (other.pk, None),
    }


def test_edit_of_a_decided_topic_is_refused_with_the_reason(sector, member):
    topic = make_topic(sector, by=member, status="declined", decline_reason="Nee")
    response = login(member).get(f"/onderwerpen/{topic.pk}/wijzigen/", follow=True)
    assert "Over dit onderwerp is al beslist." in words(response)


def test_withdraw_leaves_the_page_to_be_read(sector, member, chair):
    topic = make_topic(sector, by=member)
    login(member).post(f"/onderwerpen/{topic.pk}/intrekken/")
    assert "Ingetrokken" in page(chair, f"/onderwerpen/{topic.pk}/")


def test_focal_points_are_those_of_the_home_this_year_and_the_next(sector, member):
    other = make_sector()
    points = {
        title: FocalPoint.objects.create(sector=home, year=year, title=title)
        for title, home, year in [
            ("Van nu", sector, 2021),
            ("Van straks", sector, 2022),
            ("Van vroeger", sector, 2020),
            ("Samen", other, 2021),
            ("Van een ander", other, 2021),
        ]
    }
    points["Samen"].partner_sectors.add(sector, make_sector())
    form = login(member).get("/onderwerpen/nieuw/?sector=overheden").context["form"]
    assert [label for _pk, label in form.fields["focal_point"].choices] == [
        "Geen van deze",
        "Van nu (2021)",
        "Samen (2021)",
        "Van straks (2022)",
    ]
    response = login(member).post(
        "/onderwerpen/nieuw/?sector=overheden", filled(focal_point=str(points["Van een ander"].pk))
    )
    assert (response.status_code, TopicProposal.objects.count()) == (200, 0)
    response = login(member).post(
        "/onderwerpen/nieuw/?sector=overheden", filled(focal_point="9" * 30, organisations="9" * 30)
    )
    assert (response.status_code, TopicProposal.objects.count()) == (200, 0)


def test_new_without_a_home_lets_one_choose(sector, member):
    group = make_group(name="ICT Noord", slug="ict-noord")
    client = login(member)
    assert client.get("/onderwerpen/nieuw/").url == "/onderwerpen/nieuw/?sector=overheden"
    group.memberships.create(person=member, start=PROPOSING.date())
    html = client.get("/onderwerpen/nieuw/").content.decode()
    assert ('href="?sector=overheden"' in html, 'href="?groep=ict-noord"' in html) == (True, True)
    client.post("/onderwerpen/nieuw/?groep=ict-noord", filled())
    assert TopicProposal.objects.get().group == group


def test_joint_meeting_takes_the_topic_for_the_host_of_the_proposer(sector, member):
    other = make_sector(name="Aardgas")
    event = make_meeting(other, sector, kind=Event.Kind.JOINT)
    login(member).post(NEW, filled(event))
    assert TopicProposal.objects.get().sector == sector
    seen = page(member, "/agenda/oktober/onderwerpen/")
    assert "Onderwerpen / Overheden" in seen


def test_edit_of_a_proposal_without_input_is_there_to_see(sector, member):
    topic = make_topic(sector, edited_at=PROPOSING + timedelta(days=3))
    assert (
        "Ideeën en vragen Voorgesteld dinsdag 7 september 2021, aangepast op 10 september 2021 "
        "Niemand heeft nog iets gezegd."
    ) in page(member, f"/onderwerpen/{topic.pk}/")


def test_withdraw_while_a_chair_plans_says_so(sector, member):
    topic = make_topic(sector, by=member, event=make_meeting(sector))
    client = login(member)
    with meanwhile(lambda: TopicProposal.objects.update(status="planned")):
        response = client.post(f"/onderwerpen/{topic.pk}/intrekken/")
    assert response.url == f"/onderwerpen/{topic.pk}/"
    assert "Over dit onderwerp is al beslist." in client.get(response.url).content.decode()


def test_throw_a_draft_away_twice_at_once_says_so(sector, member):
    topic = make_topic(sector, by=member, status="draft", proposed_at=None)
    client = login(member)
    with meanwhile(lambda: TopicProposal.objects.all().delete()):
        response = client.post(f"/onderwerpen/{topic.pk}/intrekken/")
    assert response.url == "/onderwerpen/"
    assert "Je hebt dit concept al weggegooid." in client.get(response.url).content.decode()

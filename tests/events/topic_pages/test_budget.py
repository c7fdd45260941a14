"""What the pages of topics ask of the database: little, and the same however much there is."""

from datetime import timedelta

import pytest

from events.models import Event, ProgrammeItem, TopicPresenter, TopicProposal, TopicStep, TopicSupport
from sectors.models import FocalPoint, SectorYear
from tests.events.topic_pages.stage import CHOOSING, MEETING, NEW, PROPOSING, login, make_meeting, say
from tests.factories import (
    make_block,
    make_chair,
    make_organisation,
    make_person,
    make_sector,
    make_topic,
)

pytestmark = pytest.mark.django_db


def make_much(sector, number: int, chair) -> tuple[Event, TopicProposal]:
    event = make_meeting(sector, kind=Event.Kind.SECTOR)
    SectorYear.objects.create(sector=sector, year=2021)
    topics = [make_topic(sector, event=event, by=chair) for _ in range(number)]
    for n in range(number):
        make_meeting(sector, slug=f"later-{n}", start=MEETING + timedelta(days=30 * n + 30))
        past = make_meeting(sector, slug=f"eerder-{n}", start=MEETING - timedelta(days=30 * n + 60))
        item = ProgrammeItem.objects.create(event=past, title="Iets", start=past.start)
        item.speakers.create(name="Iemand", organisation="gemeente Assen")
        make_block(event)
        make_topic(sector, by=chair)
        make_topic(sector, by=chair, status="draft", proposed_at=None)
        FocalPoint.objects.create(sector=sector, year=2021, title=f"Punt {n}")
        sector.organisations.add(make_organisation())
        for topic in topics:
            question = say(topic, chair, f"Vraag {n}", kind="question")
            say(topic, chair, f"Antwoord {n}", kind="answer", answers=question)
            TopicPresenter.objects.create(proposal=topic, organisation=make_organisation(), person=make_person())
            TopicSupport.objects.create(proposal=topic, person=make_person())
    TopicStep.objects.create(event=event, kind="call", by=chair)
    return event, topics[0]


def count_of(sector, chair, number: int, django_assert_max_num_queries, time_machine) -> dict[str, int]:
    _event, topic = make_much(sector, number, chair)
    given = topic.inputs.first()
    time_machine.move_to(CHOOSING, tick=False)
    paths = {
        "meeting": "/agenda/oktober/onderwerpen/",
        "step": "/agenda/oktober/onderwerpen/stap/agenda/",
        "wish list": f"/sectoren/{sector.slug}/onderwerpen/",
        "mine": "/onderwerpen/",
        "topic": f"/onderwerpen/{topic.pk}/",
        "new": f"/onderwerpen/nieuw/?sector={sector.slug}",
        "new for a meeting": NEW,
        "edit": f"/onderwerpen/{topic.pk}/wijzigen/",
        "choose": f"/onderwerpen/{topic.pk}/kiezen/",
        "decline": f"/onderwerpen/{topic.pk}/niet-kiezen/",
        "input": f"/onderwerpen/input/{given.pk}/",
    }
    client = login(chair)
    found = {}
    for name, path in paths.items():
        with django_assert_max_num_queries(11) as queries:
            assert client.get(path).status_code == 200
        found[name] = len(queries)
    return found


def test_every_page_asks_little_and_the_same_at_1_and_3_rows(django_assert_max_num_queries, time_machine):
    found = []
    for number in (1, 3):
        time_machine.move_to(PROPOSING, tick=False)
        sector = make_sector()
        found.append(count_of(sector, make_chair(sector), number, django_assert_max_num_queries, time_machine))
        Event.objects.all().delete()
    assert found[0] == found[1]

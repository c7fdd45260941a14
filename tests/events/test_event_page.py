"""The page of a meeting: what it shows of the programme, and that it costs the same however much there is to show."""

import pytest

from events.models import ProgrammeItem, SessionChoice, Speaker
from tests.factories import (
    make_block,
    make_event,
    make_group,
    make_member,
    make_registration,
    make_sector,
    make_session,
)


def make_full_event(number: int):
    """Return a meeting with so many hosts, blocks, sessions, speakers, registrations and choices of session."""
    event = make_event(
        sectors=[make_sector() for _ in range(number)],
        groups=[make_group() for _ in range(number)],
        capacity=50,
        follow_up_of=make_event(),
    )
    ProgrammeItem.objects.create(event=event, title="Welkom", kind=ProgrammeItem.Kind.WELCOME, start=event.start)
    registrations = [make_registration(event) for _ in range(number)]
    for _ in range(number):
        block = make_block(event)
        for n in range(number):
            session = make_session(block, capacity=30, title=f"Sessie over <AVG> {n}")
            Speaker.objects.create(item=session, name="Demo Spreker", organisation="gemeente Assen")
        for registration in registrations:
            SessionChoice.objects.create(registration=registration, block=block, first=session, seat=session)
    return event, registrations[0].person


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 3])
def test_page_asks_the_same_of_the_database_whatever_there_is(client, django_assert_num_queries, number):
    event, person = make_full_event(number)
    with django_assert_num_queries(4):
        assert client.get(event.get_absolute_url()).status_code == 200
    client.force_login(person)
    with django_assert_num_queries(8):
        assert client.get(event.get_absolute_url()).status_code == 200
    event.sectors.first().people.add(person)  # who is shown where its topics stand
    with django_assert_num_queries(8):
        assert "Onderwerpen en input" in client.get(event.get_absolute_url()).content.decode()


@pytest.mark.django_db
def test_page_shows_the_sessions_with_speakers_seats_and_the_own_choice(client):
    event, person = make_full_event(1)
    ProgrammeItem.objects.filter(event=event, block__isnull=False).update(text="<b>Kort</b>", room="Zaal 2")
    session = (
        '<p class="mb-1">&lt;b&gt;Kort&lt;/b&gt;</p><p class="n-note mb-0">Demo Spreker (gemeente Assen)</p>'
        '<p class="n-note mb-0">Zaal 2</p><p class="n-seat is-open mb-0">Nog 29 van 30 plaatsen</p>'
    )
    visitor = client.get(event.get_absolute_url()).content.decode()
    client.force_login(person)
    participant = client.get(event.get_absolute_url()).content.decode()
    assert "<h3>Sessie over &lt;AVG&gt; 0</h3>" in visitor
    assert session in visitor
    assert session in participant
    assert f"<dd>{event.sectors.get()} en {event.groups.get()}</dd>" in visitor
    assert 'sprite.svg#in"/></svg>Jouw keuze</span></h3>' in participant
    assert "Jouw keuze" not in visitor


@pytest.mark.django_db
def test_page_is_never_that_of_somebody_else(client):
    """The SQL is kept between visits, the answers are not."""
    event, first = make_full_event(1)
    second = make_member()
    hidden = make_event(audience="hosts", sectors=event.sectors.all())
    make_registration(hidden, first)
    for person, status, words in [(first, 200, True), (second, 404, False), (first, 200, True)]:
        client.force_login(person)
        assert client.get(hidden.get_absolute_url()).status_code == status
        assert ("Jouw keuze" in client.get(event.get_absolute_url()).content.decode()) == words
    client.logout()
    assert client.get(hidden.get_absolute_url()).status_code == 404
    assert "Jouw keuze" not in client.get(event.get_absolute_url()).content.decode()

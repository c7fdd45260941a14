"""Speakers whom we know: tied to their person on the page of the meeting, by search."""

import pytest
from django.urls import reverse

from events.models import Speaker
from events.operations.planning import set_speakers
from events.speakers import Line
from tests.events.test_planning_pages import (  # noqa: F401 - fixtures too
    _before_the_meeting,
    _no_second_factor,
    add_line,
    client,
    client_of,
    event,
    opened,
    page,
    saved,
    sector,
)
from tests.factories import (
    make_block,
    make_event,
    make_event_manager,
    make_member,
    make_organisation,
    make_person,
    make_session,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def item():
    return make_session(make_block(make_event()))


def rows(item) -> list[tuple]:
    return [(row.name, row.role, row.organisation, row.person) for row in item.speakers.all()]


def test_set_speakers_ties_a_person_to_the_line_with_the_name(item):
    jan = make_person(name="Jan de Vries")
    set_speakers(item=item, lines=[Line("Piet"), Line("jan de vries", "cio", "UWV")], tie=[jan])
    assert rows(item) == [("Piet", "", "", None), ("jan de vries", "cio", "UWV", jan)]


def test_set_speakers_adds_a_line_for_who_is_not_there(item):
    jan = make_member(name="Jan de Vries", organisation=make_organisation(name="gemeente Assen"))
    set_speakers(item=item, lines=[Line("Piet")], tie=[jan])
    assert rows(item) == [("Piet", "", "", None), ("Jan de Vries", "", "gemeente Assen", jan)]


def test_set_speakers_gives_two_of_one_name_a_line_each(item):
    one, other = (make_person(name="Jan") for _ in range(2))
    set_speakers(item=item, lines=[Line("Jan")], tie=[one])
    set_speakers(item=item, lines=[Line("Jan")], tie=[other])
    assert rows(item) == [("Jan", "", "", one), ("Jan", "", "", other)]


def test_set_speakers_unties_who_is_taken_away_and_keeps_the_line(item):
    one, other = (make_person(name=name) for name in ("Jan", "Piet"))
    for person in (one, other):
        Speaker.objects.create(item=item, name=person.name, person=person)
    set_speakers(item=item, lines=[Line("Jan"), Line("Piet")], untie={one.pk})
    assert rows(item) == [("Jan", "", "", None), ("Piet", "", "", other)]


def test_new_speaker_is_tied_on_the_page_of_the_meeting(client, event):  # noqa: F811
    jan, els = make_person(name="Jan"), make_person(name="Els")
    data = opened(client, event)
    add_line(data, "items", kind="presentation", title="Kindpakket", start="14.00", end="14.30", position="0")
    data |= {"items-0-speakers": "Jan (cio, UWV)\r\nGast", "items-0-people": [jan.pk, els.pk]}
    saved(client, event, data)
    item = event.items.get()
    assert rows(item) == [("Jan", "cio", "UWV", jan), ("Gast", "", "", None), ("Els", "", "", els)]
    # The page shows them, and saving it untouched changes nothing; nor does taking a line away bring anybody back.
    data = opened(client, event)
    assert data["items-0-people"] == [str(jan.pk), str(els.pk)]
    saved(client, event, data)
    assert rows(item) == [("Jan", "cio", "UWV", jan), ("Gast", "", "", None), ("Els", "", "", els)]
    saved(client, event, opened(client, event) | {"items-0-speakers": "Gast\r\nEls"})
    assert rows(item) == [("Gast", "", "", None), ("Els", "", "", els)]
    saved(client, event, opened(client, event) | {"items-0-people": []})
    assert rows(item) == [("Gast", "", "", None), ("Els", "", "", None)]


def test_page_of_another_editor_takes_over_who_was_tied(client, event):  # noqa: F811
    jan = make_person(name="Jan")
    item = make_session(make_block(event))
    Speaker.objects.create(item=item, name="Jan")
    stale = opened(client, event)
    saved(client, event, opened(client, event) | {"items-0-people": [jan.pk]})
    response = client.post(page("change", event), stale | {"place": "Assen"})
    assert response.status_code == 200
    assert rows(item) == [("Jan", "", "", jan)]
    assert response.context["inline_admin_formsets"][1].formset.forms[0]["people"].value() == [str(jan.pk)]


@pytest.mark.parametrize("role", ["manager", "event manager"])
def test_people_are_found_by_a_part_of_the_name(client, role):  # noqa: F811
    jan = make_person(name="Jan de Vries")
    reader = client if role == "manager" else client_of(make_event_manager())
    about = {"app_label": "events", "model_name": "speaker", "field_name": "person", "term": "de vri"}
    response = reader.get(reverse("admin:autocomplete"), about)
    assert response.json()["results"] == [{"id": str(jan.pk), "text": "Jan de Vries"}]


def test_number_of_nobody_is_refused(client, event):  # noqa: F811
    make_session(make_block(event))
    response = client.post(page("change", event), opened(client, event) | {"items-0-people": ["0"]})
    assert response.status_code == 200
    assert list(response.context["inline_admin_formsets"][1].formset.errors[0]) == ["people"]

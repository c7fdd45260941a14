from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django.utils import timezone, translation

from events.agenda import ListedEvent, Question, load_events
from events.models import Event, Registration
from events.status import tag_for
from tests.factories import (
    amsterdam,
    make_event,
    make_group,
    make_member,
    make_person,
    make_registration,
    make_sector,
)

pytestmark = pytest.mark.django_db

AGENDA = "/agenda/"


def titles(response) -> list[str]:
    """Return the titles of the list, in their order."""
    html = response.content.decode()
    return [part.partition(">")[2].partition("<")[0] for part in html.split("<h3><a ")[1:]]


@pytest.fixture
def frozen():
    with time_machine.travel(amsterdam(2019, 2, 14, 12), tick=False):
        yield


def test_agenda_lists_what_comes_by_month(client, frozen):
    make_event(title="Maart", start=amsterdam(2019, 3, 7, 13, 30))
    make_event(title="Februari", start=amsterdam(2019, 2, 21, 9, 30))
    make_event(title="Geweest", start=amsterdam(2019, 2, 13, 9, 30))
    make_event(title="Nu bezig", start=amsterdam(2019, 2, 14, 11))
    response = client.get(AGENDA)
    assert titles(response) == ["Nu bezig", "Februari", "Maart"]
    assert [month.title for month in response.context["months"]] == ["Februari 2019", "Maart 2019"]
    html = response.content.decode()
    assert '<time class="n-date" datetime="2019-03-07">do<b>7</b>mrt</time>' in html
    assert "9.30 - 11.30" in html
    assert 'role="status"' in html
    assert "3 " in html.partition('role="status"')[2].partition("</p>")[0]


def test_agenda_shows_what_was_last_first(client, frozen):
    make_event(title="Komt", start=amsterdam(2019, 3, 7, 13, 30))
    make_event(title="Eerst", start=amsterdam(2018, 3, 7, 13, 30))
    make_event(title="Laatst", start=amsterdam(2019, 1, 7, 13, 30))
    assert titles(client.get(AGENDA, {"voorbij": "1"})) == ["Laatst", "Eerst"]


def test_agenda_of_a_month_shows_all_of_it_in_order(client, frozen):
    make_event(title="Eerste dag", start=amsterdam(2019, 2, 1))
    make_event(title="Laatste dag", start=amsterdam(2019, 2, 28, 21))
    make_event(title="Ervoor", start=amsterdam(2019, 1, 31, 21))
    make_event(title="Erna", start=amsterdam(2019, 3, 1))
    assert titles(client.get(AGENDA, {"maand": "2019-02"})) == ["Eerste dag", "Laatste dag"]


def test_agenda_filters_by_sector_group_and_kind(client):
    sector, group = make_sector(slug="overheden"), make_group(slug="ict-noord")
    make_event(title="Van de sector", sectors=[sector, make_sector()])
    make_event(title="Van de groep", groups=[group], kind=Event.Kind.CONGRESS)
    make_event(title="Van beide", sectors=[sector], groups=[group])
    assert titles(client.get(AGENDA, {"sector": "overheden"})) == ["Van de sector", "Van beide"]
    assert titles(client.get(AGENDA, {"groep": "ict-noord"})) == ["Van de groep", "Van beide"]
    assert titles(client.get(AGENDA, {"sector": "overheden", "groep": "ict-noord"})) == ["Van beide"]
    response = client.get(AGENDA, {"soort": "congress"})
    assert titles(response) == ["Van de groep"]
    html = response.content.decode()
    assert '<option value="congress" selected>' in html
    assert '<details class="n-box n-filter" open>' in html
    assert titles(client.get(AGENDA, {"sector": "", "groep": "", "soort": "", "maand": "", "pagina": ""})) != []


def test_agenda_filter_on_one_sector_keeps_the_names_of_the_other_hosts(client):
    sector = make_sector(slug="overheden", name="Overheden")
    make_event(sectors=[sector, make_sector(name="Veiligheid")], groups=[make_group(name="ICT Noord")])
    note = client.get(AGENDA, {"sector": "overheden"}).content.decode().partition('<ul class="n-list">')[2]
    for name in ("Overheden", "Veiligheid", "ICT Noord"):
        assert name in note


@pytest.mark.parametrize(
    "query",
    [
        {"maand": "2026-99"},
        {"maand": "2026-00"},
        {"maand": "0000-01"},
        {"maand": "9999-12"},
        {"maand": "١٢٣٤-٠١"},
        {"maand": "x" * 10000},
        {"soort": "xx"},
        {"soort": "\x00"},
        {"sector": "bestaat-niet"},
        {"sector": "\x00"},
        {"groep": "' OR 1=1"},
        {"pagina": "0"},
        {"pagina": "-1"},
        {"pagina": "2"},
        {"pagina": "²"},
        {"pagina": "1" + "0" * 20},
        {"pagina": "\x00"},
    ],
)
def test_agenda_that_cannot_be_is_not_found(client, query):
    make_event()
    assert client.get(AGENDA, query).status_code == 404


def test_agenda_ignores_words_it_does_not_know(client):
    make_event(title="Toch")
    assert titles(client.get(AGENDA, {"utm_source": "\x00<script>", "voorbij": ""})) == ["Toch"]


def test_agenda_takes_no_post(client):
    assert client.post(AGENDA).status_code == 405


def test_agenda_without_meetings_shows_a_way_on(client):
    make_sector(slug="overheden")
    assert "voorbij=1" in client.get(AGENDA).content.decode().partition("n-empty")[2]
    assert f'href="{AGENDA}"' in client.get(AGENDA, {"sector": "overheden"}).content.decode().partition("n-empty")[2]
    assert client.get(AGENDA, {"maand": "2031-01"}).status_code == 200


def test_agenda_pages_after_fifty(client):
    sector = make_sector(slug="overheden")
    start = timezone.now() + timedelta(days=1)
    for number in range(51):
        make_event(title=f"Nummer {number}", start=start + timedelta(hours=number), sectors=[sector, make_sector()])
    first = client.get(AGENDA, {"sector": "overheden"})
    assert titles(first) == [f"Nummer {number}" for number in range(50)]
    assert first.context["next_page"] == "?sector=overheden&pagina=2"
    second = client.get(AGENDA + first.context["next_page"])
    assert titles(second) == ["Nummer 50"]
    assert second.context["previous_page"] == "?sector=overheden&pagina=1"
    assert second.context["next_page"] == ""


def test_agenda_hides_what_the_reader_may_not_see(client):
    sector = make_sector()
    make_event(title="Openbaar")
    make_event(title="Concept", status=Event.Status.DRAFT)
    make_event(title="Leden", audience=Event.Audience.MEMBERS)
    make_event(title="Lijst", audience=Event.Audience.HOSTS, sectors=[sector])
    assert titles(client.get(AGENDA)) == ["Openbaar"]
    client.force_login(make_person())
    assert titles(client.get(AGENDA)) == ["Openbaar"]
    member = make_member()
    client.force_login(member)
    assert titles(client.get(AGENDA)) == ["Openbaar", "Leden"]
    sector.people.add(member)
    assert titles(client.get(AGENDA)) == ["Openbaar", "Leden", "Lijst"]


def test_agenda_shows_where_the_reader_stands(client):
    person, now = make_member(), timezone.now()
    mine, waiting, open_event = (make_event(capacity=2) for _ in range(3))
    make_registration(mine, person)
    make_registration(waiting)
    make_registration(waiting)
    make_registration(waiting, status=Registration.Status.WAITING, queued_at=now - timedelta(days=1))
    make_registration(waiting, person, status=Registration.Status.WAITING)
    make_registration(open_event)
    make_registration(open_event, status=Registration.Status.CANCELLED)
    client.force_login(person)
    html = client.get(AGENDA).content.decode()
    events = Event.objects.upcoming(now).with_seats().with_registration_of(person)
    for event in events:
        mine_or_none = event.my_registrations[0] if event.my_registrations else None
        assert f"</svg>{tag_for(event, mine_or_none, now).label}</span>" in html


@pytest.mark.parametrize(
    "fields",
    [
        {"capacity": 1},
        {"capacity": 0},
        {"status": Event.Status.CANCELLED},
        {"registration_opens": timezone.now() + timedelta(days=2)},
        {"registration_closes": timezone.now() - timedelta(days=2)},
    ],
)
def test_listed_event_gets_the_same_tag_as_the_event(fields):
    event = make_event(**fields)
    make_registration(event)
    now = timezone.now()
    (listed,) = load_events(Question(), AnonymousUser(), now)
    assert isinstance(listed, ListedEvent)
    assert tag_for(listed, None, now) == tag_for(Event.objects.with_seats().get(), None, now)


def test_month_links_a_day_to_its_meeting_and_a_full_day_to_the_list(client, frozen):
    make_event(title="Alleen", slug="alleen", start=amsterdam(2019, 2, 21, 9, 30))
    make_event(title="Ochtend", start=amsterdam(2019, 2, 28, 9, 30))
    make_event(title="Avond", start=amsterdam(2019, 2, 28, 23, 30))
    html = client.get(AGENDA).content.decode()
    body = html.partition("<tbody>")[2].partition("</tbody>")[0]
    assert '<a href="/agenda/alleen/" title="Alleen">21<' in body
    assert '<a href="?maand=2019-02#dag-2019-02-28"' in body
    assert 'id="dag-2019-02-28"' in html
    assert html.count('id="dag-2019-02-28"') == 1
    assert '<td aria-current="date">14</td>' in body
    assert body.count("<tr>") == 5


def test_month_leads_to_its_neighbours_over_the_year(client, frozen):
    panel = client.get(AGENDA, {"maand": "2018-12"}).context["panel"]
    assert (panel.previous.url, panel.next.url) == ("?maand=2018-11", "?maand=2019-01")


def test_agenda_escapes_what_people_wrote(client):
    make_event(title='<script>alert("x")</script>', place="<b>vet</b>", sectors=[make_sector(name='"><i>')])
    month = f"{timezone.localdate() + timedelta(days=30):%Y-%m}"
    for query in ({}, {"maand": month}):
        html = client.get(AGENDA, query).content.decode()
        assert "<script>alert" not in html
        assert "<b>vet" not in html
        assert '"><i>' not in html


def test_agenda_of_several_days_says_the_last_day(client, frozen):
    make_event(start=amsterdam(2019, 3, 7, 13, 30), end=amsterdam(2019, 3, 8, 12))
    assert "vrijdag 8\N{NO-BREAK SPACE}maart 2019" in client.get(AGENDA).content.decode()


def test_agenda_tells_an_unchanged_page_by_its_etag(client):
    make_event()
    etag = client.get(AGENDA)["ETag"]
    assert client.get(AGENDA, headers={"if-none-match": etag}).status_code == 304
    make_event()
    assert client.get(AGENDA, headers={"if-none-match": etag}).status_code == 200


def test_agenda_of_a_visitor_sets_no_cookie(client):
    assert not client.get(AGENDA).cookies


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(("query", "queries"), [({}, 4), ({"voorbij": "1"}, 4), ({"maand": "2019-02"}, 3)])
def test_agenda_of_a_visitor_has_a_query_budget(client, frozen, django_assert_num_queries, rows, query, queries):
    for number in range(rows):
        make_event(
            capacity=5, sectors=[make_sector()], groups=[make_group()], start=amsterdam(2019, 2, 20 + number, 9)
        )
        make_event(capacity=5, sectors=[make_sector()], groups=[make_group()], start=amsterdam(2019, 2, 1 + number, 9))
    with django_assert_num_queries(queries):
        assert client.get(AGENDA, query).status_code == 200


@pytest.mark.parametrize("rows", [1, 3])
def test_agenda_of_a_member_has_a_query_budget(client, django_assert_num_queries, rows):
    person = make_member()
    for _ in range(rows):
        make_registration(make_event(capacity=5, sectors=[make_sector()], groups=[make_group()]), person)
    client.force_login(person)
    with django_assert_num_queries(7):
        client.get(AGENDA)


def test_row_of_a_lower_app_is_the_row_of_the_agenda(client):
    sector = make_sector(name="Overheden")
    make_event(title="Zelfde regel", sectors=[sector], capacity=3)
    anchor = f' id="dag-{timezone.localdate() + timedelta(days=30)}"'
    row = client.get(AGENDA).content.decode().partition('<li class="n-item"')[2].partition("</li>")[0]
    other = client.get(sector.get_absolute_url()).content.decode()
    assert row.partition(">")[2] in other
    assert anchor not in other


def test_names_of_days_follow_the_language(client, frozen):
    make_event(start=amsterdam(2019, 3, 7, 13, 30))
    with translation.override("en"):
        (month,) = client.get(AGENDA).context["months"]
    assert month.title in ("March 2019", "Maart 2019")


def test_agenda_address_is_the_one_of_the_menu(client):
    assert reverse("events:agenda") == AGENDA
    assert f'<a href="{AGENDA}" aria-current="page">' in client.get(AGENDA).content.decode()

"""The pages on which a programme manager plans: a meeting, the year, a copy, and two editors at once."""

import re
from datetime import date, time, timedelta
from html import unescape

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events.models import Event, ProgrammeItem, SchoolHoliday, SessionBlock, Speaker
from events.operations import registrations
from members.models import Person
from noord.dates import local
from sectors.models import SectorYear
from tests.factories import (
    amsterdam,
    make_block,
    make_event,
    make_member,
    make_programme_manager,
    make_sector,
    make_session,
)

pytestmark = pytest.mark.django_db

YEAR = reverse("admin:events_event_plan_year")


@pytest.fixture(autouse=True)
def _no_second_factor(settings):
    settings.STAFF_MFA_REQUIRED = False


def client_of(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def sector():
    return make_sector(name="Overheden", slug="overheden")


@pytest.fixture
def client(sector):
    return client_of(make_programme_manager(sector, name="Anna"))


@pytest.fixture
def event(sector):
    start = amsterdam(2027, 3, 4, 13, 30)
    return make_event(sectors=[sector], start=start, end=start + timedelta(hours=3))


@pytest.fixture(autouse=True)
def _before_the_meeting():
    with time_machine.travel(amsterdam(2026, 11, 22, 12), tick=True):
        yield


def page(name: str, event: Event) -> str:
    return reverse(f"admin:events_event_{name}", args=[event.pk])


def typed(response) -> dict[str, str | list[str]]:
    """Return what a browser would send from the form of a meeting when nobody touched it."""
    context, data = response.context, {}
    forms = [
        context["adminform"].form,
        *(inline.formset.management_form for inline in context["inline_admin_formsets"]),
    ]
    for inline in context["inline_admin_formsets"]:
        forms += inline.formset.forms
    html = "".join(str(bound.as_widget()) for form in forms for bound in form)
    for tag in re.findall(r"<input[^>]*>", html):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if attributes.get("type") != "checkbox" or re.search(r"\schecked", tag):
            data[attributes["name"]] = unescape(attributes.get("value", "on" if "checkbox" in tag else ""))
    for name, text in re.findall(r'<textarea[^>]*\sname="([^"]+)"[^>]*>(.*?)</textarea>', html, re.DOTALL):
        data[name] = unescape(text).removeprefix("\n").replace("\n", "\r\n")
    for name, options in re.findall(r'<select[^>]*\sname="([^"]+)"[^>]*>(.*?)</select>', html, re.DOTALL):
        data[name] = re.findall(r'<option value="([^"]*)"[^>]*\sselected', options)
    if "version" in context:
        data["version"] = context["version"]
    return data


def add_line(data: dict, prefix: str, **values) -> dict:
    """Fill in the first line that is free."""
    used = [n for n in range(int(data[f"{prefix}-TOTAL_FORMS"])) if data.get(f"{prefix}-{n}-title")]
    number = len(used)
    data |= {f"{prefix}-{number}-{name}": value for name, value in values.items()}
    data[f"{prefix}-TOTAL_FORMS"] = max(int(data[f"{prefix}-TOTAL_FORMS"]), number + 1)
    return data


def opened(client: Client, event: Event) -> dict:
    return typed(client.get(page("change", event)))


def saved(client: Client, event: Event, data: dict, **more):
    response = client.post(page("change", event), data | more)
    assert response.status_code == 302, (
        response.context["adminform"].form.errors,
        [inline.formset.errors for inline in response.context["inline_admin_formsets"]],
    )
    event.refresh_from_db()
    return response


def test_whole_programme_is_made_with_the_meeting_in_one_go(client, sector):
    data = typed(client.get(reverse("admin:events_event_add")))
    data |= {"title": "Tolbert", "slug": "tolbert", "kind": "joint", "audience": "members", "sectors": [sector.pk]}
    data |= {"start_0": "2027-03-04", "start_1": "13:30:00", "end_0": "2027-03-04", "end_1": "17:00:00"}
    add_line(data, "blocks", title="Rondes", start="15.30", end="17.00")
    add_line(data, "items", kind="welcome", title="Welkom", start="13.30", end="13.45", position="0")
    add_line(
        data, "items", kind="session", title="Kindpakket", start="15:30", room="Zaal 1", capacity="30", position="0"
    )
    add_line(data, "items", kind="session", title="Innovatie", start="15.30", position="1")
    data["items-1-speakers"] = "Jan (cio, gemeente Assen)\r\nPiet"
    data["blocks-TOTAL_FORMS"] = 1
    response = client.post(reverse("admin:events_event_add"), data)
    assert response.status_code == 302
    event = Event.objects.get(slug="tolbert")
    block = event.blocks.get()
    assert (local(block.start).time(), local(block.end).time()) == (time(15, 30), time(17))
    welcome, one, other = event.items.in_order()
    assert (welcome.start, welcome.end) == (amsterdam(2027, 3, 4, 13, 30), amsterdam(2027, 3, 4, 13, 45))
    assert [(item.block, item.start, item.room, item.capacity) for item in (one, other)] == [
        (block, None, "Zaal 1", 30),
        (block, None, "", None),
    ]
    speakers = [(row.name, row.role, row.organisation) for row in one.speakers.all()]
    assert speakers == [("Jan", "cio", "gemeente Assen"), ("Piet", "", "")]


def test_page_that_nobody_touched_changes_nothing(client, event):
    block = make_block(event)
    session = make_session(block, text="Regel 1\nRegel 2")
    Speaker.objects.create(item=session, name="Jan (interim)", role="cio", organisation="Assen, Groningen")
    ProgrammeItem.objects.create(event=event, title="Welkom", start=event.start)
    before = [list(model.objects.order_by("pk").values()) for model in (SessionBlock, ProgrammeItem, Speaker)]
    saved(client, event, opened(client, event))
    assert [list(model.objects.order_by("pk").values()) for model in (SessionBlock, ProgrammeItem, Speaker)] == before
    assert event.sequence == 0


def test_programme_moves_along_to_another_day_with_the_same_times(client, event):
    block = make_block(event)
    item = ProgrammeItem.objects.create(event=event, title="Welkom", start=event.start)
    data = opened(client, event)
    saved(client, event, data, start_0="2027-07-01", end_0="2027-07-01")  # summer time by then
    block.refresh_from_db()
    item.refresh_from_db()
    assert (item.start, block.start) == (amsterdam(2027, 7, 1, 13, 30), amsterdam(2027, 7, 1, 14, 30))


@pytest.mark.parametrize("along", [True, False])
def test_programme_moves_an_hour_along_when_asked(client, event, along):
    item = ProgrammeItem.objects.create(event=event, title="Welkom", start=event.start)
    typed_new = ProgrammeItem.objects.create(event=event, title="Slot", start=event.start, position=2)
    data = opened(client, event) | {"start_1": "14:30:00", "end_1": "17:30:00", "items-1-start": "16.45"}
    saved(client, event, data | ({"shift": "on"} if along else {}))
    item.refresh_from_db()
    typed_new.refresh_from_db()
    assert local(item.start).time() == (time(14, 30) if along else time(13, 30))
    assert local(typed_new.start).time() == time(16, 45)


def test_day_of_the_topics_moves_along_with_the_meeting(client, event):
    """The manager puts it on another day; from then on it keeps its distance to the meeting."""
    chosen = local(event.start).date() - timedelta(days=20)
    saved(client, event, opened(client, event), prepare_on=chosen.isoformat())
    assert event.prepare_days == 20
    saved(client, event, opened(client, event), start_0="2027-07-01", end_0="2027-07-01")
    assert event.prepare_by == date(2027, 6, 11)
    saved(client, event, opened(client, event), prepare_on="")
    assert event.prepare_by == date(2027, 6, 1)


@pytest.mark.parametrize("days", [7, 181])
def test_day_of_the_topics_is_refused_too_late_or_too_early(client, event, days):
    chosen = local(event.start).date() - timedelta(days=days)
    response = client.post(page("change", event), opened(client, event) | {"prepare_on": chosen.isoformat()})
    assert "Kies een dag van" in response.content.decode()
    event.refresh_from_db()
    assert event.prepare_days is None


def test_time_of_a_line_that_the_clock_skips_is_refused(client, event):
    data = opened(client, event) | {"start_0": "2027-03-28", "end_0": "2027-03-28"}
    add_line(data, "items", kind="welcome", title="Welkom", start="02.30", position="0")
    response = client.post(page("change", event), data)
    assert response.status_code == 200
    assert "start" in response.context["inline_admin_formsets"][1].formset.errors[0]


def test_line_of_a_meeting_of_more_days_says_its_day(client, event):
    Event.objects.filter(pk=event.pk).update(end=amsterdam(2027, 3, 5, 17))
    data = opened(client, event)
    add_line(data, "items", kind="closing", title="Dag 2", day="2027-03-05", start="16.00", position="0")
    saved(client, event, data)
    item = event.items.get()
    assert item.start == amsterdam(2027, 3, 5, 16)
    saved(client, event, opened(client, event))
    item.refresh_from_db()
    assert item.start == amsterdam(2027, 3, 5, 16)


def test_warnings_stand_on_the_page_and_come_after_saving(client, event):
    item = ProgrammeItem.objects.create(event=event, title="Welkom", start=event.start - timedelta(hours=1))
    response = client.get(page("change", event))
    assert [sentence for sentence in response.context["warnings"] if item.title in sentence]
    listed = client.get(saved(client, event, typed(response)).url)
    assert response.context["warnings"][0] in [str(message) for message in listed.context["messages"]]


def test_meeting_without_a_host_of_ones_own_is_refused(client, event):
    response = client.post(page("change", event), opened(client, event) | {"sectors": []})
    assert response.status_code == 200
    assert "sectors" in response.context["adminform"].form.errors
    administrator = client_of(Person.objects.create_superuser("beheer@noord.example", name="Beheer"))
    saved(administrator, event, opened(administrator, event) | {"sectors": []})


def test_new_meeting_is_of_ones_own_sector_to_begin_with(client, sector):
    form = client.get(reverse("admin:events_event_add")).context["adminform"].form
    assert form["sectors"].value() == [sector.pk]


def test_second_editor_is_told_and_nothing_of_either_is_lost(sector, event, client):
    other = client_of(make_programme_manager(sector, name="Bert"))
    stays = ProgrammeItem.objects.create(event=event, title="Blijft", start=event.start)
    goes = ProgrammeItem.objects.create(event=event, title="Verdwijnt", start=event.start, position=1)
    mine, theirs = opened(client, event), opened(other, event)
    theirs |= {"title": "Titel van Bert", "place": "Assen", "items-0-room": "Zaal 9", "items-1-DELETE": "on"}
    add_line(theirs, "items", kind="break", title="Koffie", start="15.00", position="5")
    saved(other, event, theirs)
    mine |= {"title": "Titel van Anna", "summary": "Kort", "items-0-title": "Blijft zeker", "items-1-room": "Zaal 2"}
    add_line(mine, "items", kind="closing", title="Borrel", start="16.00", position="9")
    response = client.post(page("change", event), mine)
    assert response.status_code == 200
    event.refresh_from_db()
    assert event.title == "Titel van Bert"
    told = " ".join(response.context["adminform"].form.non_field_errors())
    for word in ("Bert", "Titel van Bert", "Verdwijnt", "Koffie"):
        assert word in told
    again = typed(response)
    assert again["place"] == "Assen"
    saved(client, event, again)
    assert (event.title, event.place, event.summary) == ("Titel van Anna", "Assen", "Kort")
    stays.refresh_from_db()
    assert (stays.title, stays.room) == ("Blijft zeker", "Zaal 9")
    found = sorted((item.title, item.room) for item in event.items.all())
    assert found == [("Blijft zeker", "Zaal 9"), ("Borrel", ""), ("Koffie", ""), ("Verdwijnt", "Zaal 2")]
    assert not ProgrammeItem.objects.filter(pk=goes.pk).exists()


def test_line_that_another_editor_deleted_stays_away_when_this_one_did_not_touch_it(sector, event, client):
    other = client_of(make_programme_manager(sector))
    ProgrammeItem.objects.create(event=event, title="Verdwijnt", start=event.start)
    mine = opened(client, event)
    saved(other, event, opened(other, event) | {"items-0-DELETE": "on"})
    response = client.post(page("change", event), mine | {"place": "Assen"})
    saved(client, event, typed(response))
    assert (event.place, event.items.count()) == ("Assen", 0)


def test_registration_in_between_is_no_other_editor(event, client):
    mine = opened(client, event)
    registrations.register(event=event, person=make_member())
    saved(client, event, mine | {"title": "Nieuw"})
    assert event.title == "Nieuw"


def test_fault_in_between_keeps_the_version_of_the_first_opening(sector, event, client):
    other = client_of(make_programme_manager(sector))
    response = client.post(page("change", event), opened(client, event) | {"title": ""})
    again = typed(response) | {"title": "Van Anna"}
    saved(other, event, opened(other, event) | {"place": "Assen"})
    assert client.post(page("change", event), again).status_code == 200
    event.refresh_from_db()
    assert event.place == "Assen"


def test_publish_and_call_off_ask_first_and_change_nothing_by_looking(client, event):
    Event.objects.filter(pk=event.pk).update(status=Event.Status.DRAFT)
    assert page("publish", event) in client.get(page("change", event)).content.decode()
    assert client.get(page("publish", event)).status_code == 200
    event.refresh_from_db()
    assert event.status == Event.Status.DRAFT
    client.post(page("publish", event))
    event.refresh_from_db()
    assert event.status == Event.Status.PUBLISHED
    registrations.register(event=event, person=make_member())
    assert client.get(page("call_off", event)).context["people"] == 1
    event.refresh_from_db()
    assert event.status == Event.Status.PUBLISHED
    client.post(page("call_off", event))
    event.refresh_from_db()
    assert event.status == Event.Status.CANCELLED


def test_moved_meeting_asks_whether_people_hear_of_it(client, event):
    registrations.register(event=event, person=make_member())
    response = saved(client, event, opened(client, event), start_1="14:30:00", shift="on")
    assert response.url == reverse("events:change_notice", args=[event.slug])
    assert response.url in client.get(page("change", event)).content.decode()


def test_meeting_without_a_start_is_no_error_of_its_programme(client, event):
    make_session(make_block(event))
    response = client.post(page("change", event), opened(client, event) | {"start_0": "", "items-0-start": "10.00"})
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == ["start"]


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_copy_to_a_day_that_nobody_plans_is_refused(client, event, day):
    form = client.get(page("copy", event)).context["form"]
    response = client.post(page("copy", event), {"page": form["page"].value(), "title": "A", "day": day})
    assert (response.status_code, Event.objects.count()) == (200, 1)
    assert list(response.context["form"].errors) == ["day"]


def test_copy_proposes_a_day_about_a_year_later_and_opens_the_copy(client, event):
    make_session(make_block(event))
    response = client.get(page("copy", event))
    assert response.context["form"].initial["day"] == date(2028, 3, 2)
    data = {"title": "Als vorig jaar", "day": "2028-03-02", "page": response.context["form"]["page"].value()}
    for _ in range(2):
        answer = client.post(page("copy", event), data)
    copy = Event.objects.exclude(pk=event.pk).get()
    assert answer.url == page("change", copy)
    assert (copy.title, copy.status, copy.items.count()) == ("Als vorig jaar", "draft", 1)


@pytest.mark.parametrize("name", ["change", "copy", "publish", "call_off"])
def test_meeting_of_another_sector_does_not_exist(client, name):
    theirs = make_event(sectors=[make_sector()])
    assert client.get(page(name, theirs)).status_code == 404
    assert client.post(page(name, theirs)).status_code == 404
    theirs.refresh_from_db()
    assert (theirs.status, Event.objects.count()) == (Event.Status.PUBLISHED, 1)


def year_of(sector, **changes) -> dict:
    return {"sector": sector.pk, "year": 2027, "number": "", "weekday": 3, "start": "13.30", "minutes": 150} | changes


def proposal(response) -> dict:
    context = response.context
    forms = [context["drafts"].management_form, context["page"], *context["drafts"].forms]
    data = {}
    for bound in (bound for form in forms for bound in form):
        value = bound.value()
        widget = bound.field.widget
        if value is True:
            data[bound.html_name] = "on"
        elif value is not None:
            data[bound.html_name] = widget.format_value(value)
    return data


def test_year_is_proposed_outside_the_holidays_and_kept_as_drafts(client, sector):
    SectorYear.objects.create(sector=sector, year=2027, planned_meetings=5)
    SchoolHoliday.objects.create(name="Zomer", start=date(2027, 7, 10), end=date(2027, 8, 22))
    make_event(sectors=[sector], start=amsterdam(2027, 1, 21, 9))
    url = f"{YEAR}?{'&'.join(f'{name}={value}' for name, value in year_of(sector).items())}"
    response = client.get(url)
    data = proposal(response)
    assert data["form-TOTAL_FORMS"] == "4"  # one of the five is there
    data |= {"form-0-day": "2027-02-09", "form-0-start": "9:00"}  # adjusted
    del data["form-3-keep"]
    assert Event.objects.count() == 1
    for made in (3, 0):
        response = client.post(url, data)
        assert response.status_code == 302
        listed = client.get(response.url)
        assert f"{made} " in str(next(iter(listed.context["messages"])))
        assert len(listed.context["cl"].result_list) == 3
    drafts = list(Event.objects.filter(status="draft"))
    assert len(drafts) == 3
    assert (drafts[0].start, drafts[0].end) == (amsterdam(2027, 2, 9, 9), amsterdam(2027, 2, 9, 16))
    for event in drafts[1:]:
        assert (local(event.start).weekday(), local(event.start).time()) == (3, time(13, 30))
        assert not date(2027, 7, 10) <= local(event.start).date() <= date(2027, 8, 22)


def test_year_of_another_sector_is_not_to_plan(client):
    theirs = make_sector()
    url = f"{YEAR}?{'&'.join(f'{name}={value}' for name, value in year_of(theirs).items())}"
    response = client.get(url)
    assert "sector" in response.context["form"].errors
    client.post(url, {"form-TOTAL_FORMS": 0, "form-INITIAL_FORMS": 0})
    assert not Event.objects.exists()


def test_year_with_a_fault_in_a_line_keeps_what_was_typed(client, sector):
    url = f"{YEAR}?{'&'.join(f'{name}={value}' for name, value in year_of(sector, number=2).items())}"
    data = proposal(client.get(url)) | {"form-0-end": "9.00", "form-1-title": "Anders"}
    response = client.post(url, data)
    assert (response.status_code, Event.objects.count()) == (200, 0)
    assert "end" in response.context["drafts"].forms[0].errors
    assert response.context["drafts"].forms[1]["title"].value() == "Anders"


@pytest.mark.parametrize(
    "address", [YEAR, reverse("admin:events_event_changelist"), reverse("admin:events_event_add")]
)
def test_member_finds_no_planning(address):
    assert client_of(make_member()).get(address).status_code == 404


def test_page_of_a_meeting_keeps_its_query_count(client, sector, django_assert_max_num_queries):
    counts = []
    for lines in (1, 3):
        event = make_event(sectors=[sector])
        block = make_block(event)
        for _ in range(lines):
            Speaker.objects.create(item=make_session(block), name="Jan")
        client.get(page("change", event))
        with django_assert_max_num_queries(45) as queries:
            client.get(page("change", event))
        counts.append(len(queries))
    assert counts[0] == counts[1], counts


def test_list_filters_by_when_it_is_planned(client, sector, event):
    past = make_event(sectors=[sector], start=amsterdam(2025, 3, 6, 13, 30))
    soon = make_event(sectors=[sector], start=timezone.now() + timedelta(days=10))
    make_event(sectors=[make_sector()])
    address = reverse("admin:events_event_changelist")
    expected = {"": [past, soon, event], "coming": [soon, event], "month": [soon], "past": [past], "2025": [past]}
    expected |= {"2027": [event], "x": [past, soon, event]}
    for chosen, events in expected.items():
        response = client.get(address, {"planned": chosen} if chosen else {})
        assert list(response.context["cl"].result_list) == events[::-1], chosen


def test_list_of_meetings_keeps_its_query_count(client, sector, django_assert_max_num_queries):
    counts = []
    for rows in (1, 2):
        for _ in range(rows):
            registrations.register(event=make_event(sectors=[sector]), person=make_member())
        client.get(reverse("admin:events_event_changelist"))
        with django_assert_max_num_queries(19) as queries:
            client.get(reverse("admin:events_event_changelist"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_school_holidays_are_kept_by_an_administrator():
    administrator = client_of(Person.objects.create_superuser("beheer@noord.example", name="Beheer"))
    address = reverse("admin:events_schoolholiday_add")
    data = {"name": "Zomer", "start": "2027-08-22", "end": "2027-07-10"}
    assert administrator.post(address, data).status_code == 200
    assert administrator.post(address, data | {"end": "2027-08-29"}).status_code == 302
    assert administrator.get(reverse("admin:events_schoolholiday_changelist")).status_code == 200
    assert SchoolHoliday.objects.get().name == "Zomer"

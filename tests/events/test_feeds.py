from datetime import UTC, timedelta

import icalendar
import pytest
import time_machine
import vobject
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from events import calendar
from events.models import CalendarFeed, Event
from events.operations import registrations as operations
from events.operations.feeds import find_feed, renew_feed, token_of
from events.operations.meetings import call_off, save_event
from events.seats import Choice
from tests.factories import amsterdam, make_block, make_event, make_group, make_member, make_sector, make_session

pytestmark = pytest.mark.django_db


def titles(response) -> list[str]:
    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    return [str(entry["SUMMARY"]) for entry in icalendar.Calendar.from_ical(response.content).walk("VEVENT")]


def test_public_feeds_hold_what_a_visitor_may_see():
    sector, group = make_sector(slug="overheden"), make_group(slug="ict-noord")
    make_event(title="Sector", sectors=[sector])
    make_event(title="Groep", groups=[group])
    make_event(title="Concept", sectors=[sector], groups=[group], status=Event.Status.DRAFT)
    make_event(title="Leden", sectors=[sector], groups=[group], audience=Event.Audience.MEMBERS)
    assert sorted(titles(Client().get("/agenda.ics"))) == ["Groep", "Sector"]
    assert titles(Client().get("/sectoren/overheden.ics")) == ["Sector"]
    assert titles(Client().get("/kennisgroepen/ict-noord.ics")) == ["Groep"]
    assert Client().get("/sectoren/onbekend.ics").status_code == 404


def test_personal_feed_holds_mine_with_the_waiting_list_as_tentative_and_no_attendees():
    me = make_member()
    coming, full, off = make_event(title="Mee"), make_event(title="Vol", capacity=0), make_event(title="Af")
    for event in (coming, full, off):
        operations.register(event=event, person=me)
    operations.register(event=make_event(title="Ander"), person=make_member())
    call_off(event=off)
    url = reverse("events:personal_calendar", args=[renew_feed(person=me)])
    response = Client().get(url)
    entries = icalendar.Calendar.from_ical(response.content).walk("VEVENT")
    assert {str(entry["SUMMARY"]): str(entry["STATUS"]) for entry in entries} == {
        "Mee": "CONFIRMED",
        "Vol": "TENTATIVE",
        "Af": "CANCELLED",
    }
    assert "ATTENDEE" not in response.content.decode()
    assert me.email not in response.content.decode()
    assert response["Cache-Control"] == "private, no-cache"
    assert (response["X-Robots-Tag"], response["Referrer-Policy"]) == ("noindex", "no-referrer")
    assert not response.cookies


def test_personal_feed_names_the_sessions_in_the_order_of_the_day():
    me, event = make_member(), make_event()
    late = make_block(event, start=event.start + timedelta(minutes=90), end=event.end)
    early = make_block(event)
    choices = {
        late.pk: Choice(make_session(late, title="Laat", capacity=0).pk),
        early.pk: Choice(make_session(early, title="Vroeg", room="Zaal 3").pk),
    }
    operations.register(event=event, person=me, choices=choices)
    url = reverse("events:personal_calendar", args=[renew_feed(person=me)])
    (entry,) = icalendar.Calendar.from_ical(Client().get(url).content).walk("VEVENT")
    description = str(entry["DESCRIPTION"])
    assert 0 < description.index("Vroeg (Zaal 3)") < description.index("Laat")


def test_personal_feed_leaves_out_what_one_cancelled_and_may_no_longer_see():
    me, sector = make_member(), make_sector()
    sector.people.add(me)
    hidden, gone = make_event(title="Besloten", sectors=[sector], audience="hosts"), make_event(title="Afgemeld")
    kept = make_event(title="Nog mee", sectors=[sector], audience="hosts")
    rows = [operations.register(event=event, person=me) for event in (hidden, gone, kept)]
    for row in rows[:2]:
        operations.cancel(registration=row, by=me)
    url = reverse("events:personal_calendar", args=[renew_feed(person=me)])
    assert sorted(titles(Client().get(url))) == ["Afgemeld", "Besloten", "Nog mee"]
    sector.people.remove(me)
    response = Client().get(url)
    assert sorted(titles(response)) == ["Afgemeld", "Nog mee"]
    assert hidden.uid not in response.content.decode()


def test_feeds_say_how_often_to_come_back_and_only_a_public_one_where_it_is():
    token = renew_feed(person=make_member())
    public = Client().get("/agenda.ics").content.decode()
    personal = Client().get(reverse("events:personal_calendar", args=[token])).content.decode()
    for body in (public, personal):
        assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\nX-PUBLISHED-TTL:PT1H\r\n" in body
    assert "SOURCE;VALUE=URI:" in public
    assert "SOURCE" not in personal
    assert token not in personal
    event = make_event()
    assert "REFRESH" not in Client().get(reverse("events:event_calendar", args=[event.slug])).content.decode()


def test_personal_feed_wants_the_newest_secret_of_an_active_person():
    me = make_member()
    old = renew_feed(person=me)
    new = renew_feed(person=me)
    answers = [
        Client().get(reverse("events:personal_calendar", args=[token])).status_code
        for token in (old, new, "raad-maar")
    ]
    assert answers == [404, 200, 404]
    me.is_active = False
    me.save()
    assert find_feed(new) is None


def test_secret_is_not_in_the_database():
    token = renew_feed(person=make_member())
    feed = CalendarFeed.objects.get()
    assert token not in (feed.nonce, feed.token_hash)
    assert token_of(feed) == token
    assert len(token) >= 32


@pytest.mark.parametrize("name", ["calendar", "event_calendar", "personal_calendar"])
def test_feed_answers_304_to_its_etag_and_date_and_says_the_same_twice(name):
    me = make_member()
    event = make_event()
    operations.register(event=event, person=me)
    arguments = {"event_calendar": [event.slug], "personal_calendar": [renew_feed(person=me)]}.get(name, [])
    url = reverse(f"events:{name}", args=arguments)
    first, second = Client().get(url), Client().get(url)
    assert first.content == second.content
    assert not first["ETag"].startswith("W/")
    again = Client().get(url, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert Client().get(url, headers={"if-modified-since": first["Last-Modified"]}).status_code == 304
    assert Client().head(url).status_code == 200
    event.title = "Nieuwe titel"
    event.changed_at = timezone.now() + timedelta(seconds=1)
    event.save()
    assert Client().get(url, headers={"if-none-match": first["ETag"]}).status_code == 200


def long_ago(*rows) -> None:
    """Let the rows have changed two days ago, or one day ago for the last."""
    for row in rows:
        ago = timezone.now() - timedelta(days=1 if row is rows[-1] else 2)
        type(row).objects.filter(pk=row.pk).update(changed_at=ago)
        row.refresh_from_db()


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"audience": "members"}, "/agenda.ics"),
        ({"audience": "members"}, "/sectoren/overheden.ics"),
        ({"status": "draft"}, "/agenda.ics"),
    ],
)
def test_feed_that_loses_a_meeting_is_new_to_who_knows_its_date_only(fields, path):
    sector = make_sector(slug="overheden")
    make_event(sectors=[sector])
    event = make_event(title="Straks weg", sectors=[sector])
    long_ago(*Event.objects.order_by("pk"))
    known = {"if-modified-since": Client().get(path)["Last-Modified"]}
    assert Client().get(path, headers=known).status_code == 304
    event.refresh_from_db()
    for name, value in fields.items():
        setattr(event, name, value)
    event.changed_at = timezone.now()
    event.save()
    assert "Straks weg" not in titles(Client().get(path, headers=known))


def test_feed_of_a_host_that_a_meeting_leaves_is_new_to_who_knows_its_date_only():
    sector = make_sector(slug="overheden")
    stays, event = make_event(sectors=[sector]), make_event(sectors=[sector])
    long_ago(stays, event)
    known = {"if-modified-since": Client().get("/sectoren/overheden.ics")["Last-Modified"]}
    save_event(event=event)
    event.sectors.clear()
    assert titles(Client().get("/sectoren/overheden.ics", headers=known)) == [stays.title]


def test_feeds_are_new_when_a_meeting_has_been_over_for_long():
    me, event = make_member(), make_event()
    stays = make_event(start=event.start + timedelta(days=100))
    rows = [operations.register(event=meeting, person=me) for meeting in (event, stays)]
    long_ago(event, stays, *rows)
    personal = reverse("events:personal_calendar", args=[renew_feed(person=me)])
    with time_machine.travel(event.end + timedelta(days=179)):
        known = {url: Client().get(url)["Last-Modified"] for url in ("/agenda.ics", personal)}
    with time_machine.travel(event.end + timedelta(days=181)):
        for url, stamp in known.items():
            assert titles(Client().get(url, headers={"if-modified-since": stamp})) == [stays.title]


def test_personal_feed_that_loses_a_meeting_is_new_to_who_knows_its_date_only():
    me, sector = make_member(), make_sector()
    event, stays = make_event(sectors=[sector], audience="hosts"), make_event()
    sector.people.add(me)
    row, other = (operations.register(event=meeting, person=me) for meeting in (event, stays))
    sector.people.remove(me)
    long_ago(event, row, stays, other)
    url = reverse("events:personal_calendar", args=[renew_feed(person=me)])
    known = {"if-modified-since": Client().get(url)["Last-Modified"]}
    assert Client().get(url, headers=known).status_code == 304
    operations.cancel(registration=row, by=me)
    assert titles(Client().get(url, headers=known)) == [stays.title]


def test_empty_feed_is_a_calendar():
    response = Client().get("/agenda.ics")
    assert titles(response) == []
    assert vobject.readOne(response.content.decode()).name == "VCALENDAR"


def test_uid_is_the_same_everywhere_and_lines_are_as_the_standard_wants():
    me = make_member()
    event = make_event(
        title="Lang; " + "é😀" * 60, start=amsterdam(2027, 10, 31, 1, 30), end=amsterdam(2027, 10, 31, 4)
    )
    operations.register(event=event, person=me)
    bodies = [
        Client().get(url).content
        for url in (
            "/agenda.ics",
            reverse("events:event_calendar", args=[event.slug]),
            reverse("events:personal_calendar", args=[renew_feed(person=me)]),
        )
    ]
    for body in bodies:
        (entry,) = icalendar.Calendar.from_ical(body).walk("VEVENT")
        assert (str(entry["UID"]), str(entry["SUMMARY"])) == (event.uid, event.title)
        assert (entry["DTSTART"].dt, entry["DTEND"].dt) == (event.start, event.end)
        lines = body.split(b"\r\n")
        assert lines[-1] == b""
        assert all(len(line) <= 75 and b"\n" not in line for line in lines)
        for line in lines:
            line.decode()  # a fold never cuts a character in two
        parsed = vobject.readOne(body.decode()).vevent
        # From 1.30 in summer time to 4.00 in winter time lasts an hour longer than the clocks say.
        assert parsed.dtend.value.astimezone(UTC) - parsed.dtstart.value.astimezone(UTC) == timedelta(
            hours=3, minutes=30
        )


@pytest.mark.parametrize("month", [1, 3, 7, 10])
def test_zone_rules_agree_with_the_tz_database(month):
    for day in (1, 15, 28):
        event = make_event(start=amsterdam(2028, month, day, 13, 30))
        parsed = vobject.readOne(Client().get(reverse("events:event_calendar", args=[event.slug])).content.decode())
        assert parsed.vevent.dtstart.value.utcoffset() == event.start.utcoffset()


def test_feed_keeps_its_query_count(django_assert_num_queries):
    me = make_member()
    url = reverse("events:personal_calendar", args=[renew_feed(person=me)])
    for _ in range(3):
        event = make_event(sectors=[make_sector()])
        blocks = [make_block(event, title=title) for title in ("Deel 2", "Deel 3")]
        choices = {block.pk: Choice(make_session(block).pk) for block in blocks}
        operations.register(event=event, person=me, choices=choices)
        with django_assert_num_queries(4):
            Client().get(url)


def test_unchanged_personal_feed_is_known_before_it_is_built(django_assert_num_queries):
    me = make_member()
    operations.register(event=make_event(), person=me)
    url = reverse("events:personal_calendar", args=[renew_feed(person=me)])
    etag = Client().get(url)["ETag"]
    with django_assert_num_queries(2):
        assert Client().get(url, headers={"if-none-match": etag}).status_code == 304


@given(
    title=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=120),
    filling=st.sampled_from(["\\", ";,", "é", "😀", "a", "\n"]),
    length=st.integers(0, 200),
)
def test_any_text_comes_back_from_a_calendar_and_no_line_is_too_long(title, filling, length):
    text = title + filling * length
    event = Event(
        title=text, slug="x", start=amsterdam(2027, 3, 25, 13, 30), end=amsterdam(2027, 3, 25, 17), summary=text
    )
    body = calendar.publish([calendar.Entry(event)], name=text)
    (entry,) = icalendar.Calendar.from_ical(body).walk("VEVENT")
    assert str(entry["SUMMARY"]) == text
    for line in body.split(b"\r\n"):
        assert len(line) <= 75
        assert b"\n" not in line
        line.decode()

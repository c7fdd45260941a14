"""Who manages every meeting by the permission group: the same meetings on the site as in the administration."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser, Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events.agenda import Question, load_days, load_events
from events.models import Event
from events.operations import registrations as operations
from events.operations.feeds import renew_feed
from members.models import Person
from sectors.models import SectorRole
from tests.events.test_admin import form_of
from tests.factories import (
    make_chair,
    make_event,
    make_event_manager,
    make_group,
    make_member,
    make_person,
    make_programme_manager,
    make_sector,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> Person:
    return make_event_manager()


def client_of(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def make_closed(number: int = 1) -> list[Event]:
    """Make meetings that nobody sees without a role at their host: a draft and one for the hosts, so many times."""
    return [
        make_event(sectors=[make_sector()], groups=[make_group()], **fields)
        for _ in range(number)
        for fields in ({"status": Event.Status.DRAFT}, {"audience": Event.Audience.HOSTS})
    ]


def test_questions_about_meetings_all_start_from_the_same_right(manager):
    events = make_closed()
    meetings = Event.objects.order_by("pk")
    assert list(meetings.visible_to(manager)) == list(meetings.managed_by(manager)) == events
    assert [(one.can_manage, one.can_invite) for one in meetings.with_management(manager)] == [(True, True)] * 2
    for nobody in (make_member(is_staff=True), AnonymousUser()):
        assert not meetings.visible_to(nobody).exists()
        assert not meetings.managed_by(nobody).exists()
        assert {(one.can_manage, one.can_invite) for one in meetings.with_management(nobody)} == {(False, False)}


def test_agenda_home_and_the_pages_of_a_host_list_every_meeting(manager):
    client, events = client_of(manager), make_closed()
    for page in ("/agenda/", "/", *(host.get_absolute_url() for event in events for host in event.hosts)):
        shown = client.get(page).content.decode()
        expected = [event for event in events if not page.startswith(("/sectoren/", "/kennis"))] or [
            event for event in events if page in {host.get_absolute_url() for host in event.hosts}
        ]
        assert [event.title in shown for event in expected] == [True] * len(expected), page
        assert events[0].title not in client_of(make_member()).get(page).content.decode()
    first = events[0].start.date().replace(day=1)
    assert [slug for _start, slug, _title in load_days(Question(), manager, first)] == [one.slug for one in events]


def test_lists_ask_the_same_for_one_meeting_and_for_many(manager, django_assert_max_num_queries):
    client, counts = client_of(manager), {}
    for number in (1, 2):
        make_closed(number)
        for page, most in (("/agenda/", 11), ("/", 14)):
            client.get(page)
            with django_assert_max_num_queries(most) as queries:
                client.get(page)
            counts.setdefault(page, set()).add(len(queries))
    assert {page: len(found) for page, found in counts.items()} == {"/agenda/": 1, "/": 1}


def test_right_is_asked_once_for_a_person(manager, django_assert_num_queries):
    make_closed()
    manager = Person.objects.get(pk=manager.pk)
    with django_assert_num_queries(3):  # by hand, by a group, by a role
        assert Event.objects.visible_to(manager).query
    with django_assert_num_queries(2):  # the meetings and the own places, no seats of which there is no end
        load_events(Question(), manager, timezone.now())
    with django_assert_num_queries(0):  # who has no account of the office is asked nothing
        assert Event.objects.visible_to(Person.objects.defer(None).model(pk=1)).query


def test_event_manager_registers_for_a_meeting_of_the_hosts(manager):
    draft, closed = make_closed()
    response = client_of(manager).post(reverse("events:register", args=[closed.slug]), {"one_click": "1"})
    assert response.url == reverse("events:registration", args=[closed.slug])
    assert [row.person for row in closed.registrations.confirmed()] == [manager]
    assert client_of(manager).get(reverse("events:event_calendar", args=[closed.slug])).status_code == 200
    # Nobody registers for a draft, whatever the rights.
    client_of(manager).post(reverse("events:register", args=[draft.slug]), {"one_click": "1"})
    assert not draft.registrations.exists()


def test_personal_feed_keeps_what_was_cancelled(manager):
    closed = make_closed()[1]
    registration = operations.register(event=closed, person=manager)
    operations.cancel(registration=registration, by=manager)
    feed = Client().get(reverse("events:personal_calendar", args=[renew_feed(person=manager)]))
    assert closed.uid in feed.content.decode()


def test_event_manager_is_asked_whether_people_hear_of_a_move(manager):
    sector = make_sector()
    event = make_event(sectors=[sector], audience="hosts")
    operations.register(event=event, person=make_chair(sector))
    client, url = client_of(manager), reverse("admin:events_event_change", args=[event.pk])
    question = reverse("events:change_notice", args=[event.slug])
    response = client.post(url, form_of(event, start_1="14:30:00"), follow=True)
    assert (response.redirect_chain, response.context["people"]) == ([(question, 302)], 1)
    assert client.get(url).context["untold"] == question
    assert client.post(question, {"answer": "now"}).url == event.get_absolute_url()
    assert event.change_notices.get().announce_at is not None


@pytest.mark.parametrize("name", ["participants", "attendance", "invite", "invitations"])
def test_pages_to_work_on_are_open_for_a_draft_and_for_the_hosts_only(manager, name):
    pages = [reverse(f"events:{name}", args=[event.slug]) for event in make_closed()]
    assert [client_of(manager).get(page).status_code for page in pages] == [200, 200]
    assert [client_of(make_member(is_staff=True)).get(page).status_code for page in pages] == [404, 404]


@pytest.mark.parametrize("lost", ["group", "flag", "account", "rights"])
def test_what_gave_the_right_takes_it_away(manager, lost):
    event = make_closed()[0]
    client = client_of(manager)
    assert client.get(event.get_absolute_url()).status_code == 200
    match lost:
        case "group":
            manager.groups.clear()
        case "flag":
            Person.objects.update(is_staff=False)
        case "account":
            Person.objects.update(is_active=False)
        case "rights":
            Permission.objects.get(codename="change_registration").group_set.clear()
    assert client.get(event.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("rights", [["change_event"], ["change_registration"], ["view_event", "view_registration"]])
def test_half_of_the_rights_shows_no_meeting(rights):
    person = make_person(is_staff=True)
    person.user_permissions.set(Permission.objects.filter(content_type__app_label="events", codename__in=rights))
    for event in make_closed():
        client = client_of(person)
        assert client.get(event.get_absolute_url()).status_code == 404
        assert client.get(reverse("events:event_calendar", args=[event.slug])).status_code == 404
    assert not Event.objects.managed_by(Person.objects.get(pk=person.pk)).exists()


def test_rights_that_a_role_widens_stay_in_its_sector():
    """Two rights by hand and a role with more of the same kind: kept to the sector, on the site as in the pages."""
    sector = make_sector()
    person = make_programme_manager(sector, is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=["change_event", "change_registration"]))
    own, other = make_event(sectors=[sector], status="draft"), make_closed()[0]
    client = client_of(person)
    seen = [client.get(event.get_absolute_url()).status_code for event in (own, other)]
    there = [client.get(reverse("admin:events_event_change", args=[event.pk])).status_code for event in (own, other)]
    assert (seen, there) == ([200, 404], [200, 404])
    SectorRole.objects.update(end=timezone.localdate() - timedelta(days=1))
    assert client.get(other.get_absolute_url()).status_code == 200

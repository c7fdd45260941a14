"""The start page of the administration: its numbers, whose they are, and the lists behind them."""

import re
from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from events.changes import snapshot
from events.models import ChangeNotice, Event, Invitation, InvitationRound, Registration
from events.stand import Light
from members.models import ContactMoment, Membership, MembershipRequest, Organisation, Person, Role
from noord.outbox.models import Mail
from sectors.models import Sector, SectorRole, SectorYear
from sectors.pages import year_progress
from tests.factories import (
    amsterdam,
    make_chair,
    make_event,
    make_member,
    make_organisation,
    make_person,
    make_programme_manager,
    make_registration,
    make_sector,
)

pytestmark = pytest.mark.django_db

NOW = amsterdam(2026, 6, 10, 12)
TODAY = date(2026, 6, 10)
START = "/beheer/"


@pytest.fixture(autouse=True)
def in_june(time_machine):
    time_machine.move_to(NOW, tick=False)


def look(person: Person, address: str = START):
    client = Client()
    client.force_login(Person.objects.get(pk=person.pk))  # rights are remembered for as long as a person is loaded
    return client.get(address)


def cards_of(person: Person) -> dict:
    return {card.sector: card for card in look(person).context["cards"]}


def rows_behind(person: Person, url: str) -> int:
    """Return how many rows the list has that a number leads to."""
    response = look(person, url)
    assert response.status_code == 200, url
    return response.context["cl"].result_count


def make_meeting(sector: Sector, start, **fields) -> Event:
    return make_event(sectors=[sector], kind=Event.Kind.SECTOR, start=start, **fields)


def invite(event: Event, *people: Person) -> None:
    sent = InvitationRound.objects.create(event=event)
    for person in people:
        Invitation.objects.create(event=event, person=person, round=sent)


def fail_mail(event: Event, number: int, status=Mail.Status.FAILED) -> None:
    for n in range(number):
        key = f"start:{event.pk}:{status}:{n}"
        Mail.objects.create(
            key=key, kind="x", to="x@noord.example", about=f"event:{event.pk}", status=status, message_id=f"<{key}>"
        )


def make_prospect(sector: Sector | None, **fields) -> Organisation:
    prospect = make_organisation(is_member=False, prospect_since=date(2026, 1, 1), **fields)
    if sector:
        prospect.sectors.add(sector)
    return prospect


def step(organisation: Organisation, day: date, **fields) -> ContactMoment:
    happened = min(day, TODAY) - timedelta(days=1)
    return ContactMoment.objects.create(
        organisation=organisation, happened_on=happened, next_step="Bellen", next_on=day, **fields
    )


def todos(card) -> dict[str, list]:
    found: dict[str, list] = {}
    for todo in card.todos:
        found.setdefault(todo.name, []).append(todo)
    return found


def full_sector(**fields) -> tuple[Sector, Person]:
    """Make a sector with something of everything that the page shows, and its programme manager."""
    sector = make_sector(**fields)
    manager = make_programme_manager(sector)
    SectorYear.objects.create(sector=sector, year=2026, planned_meetings=8, target_new_members=2)
    for month in (1, 3, 5):
        held = make_meeting(sector, amsterdam(2026, month, 12, 13))
        for _n in range(month):
            make_registration(held, make_person(), queued_at=amsterdam(2026, month, 1))
        fail_mail(held, 1)
    ahead = make_meeting(sector, amsterdam(2026, 7, 9, 13), capacity=4)
    for day in (1, 1, 8):
        make_registration(ahead, make_person(), queued_at=amsterdam(2026, 6, day, 9))
    make_registration(ahead, make_person(), status=Registration.Status.WAITING)
    make_registration(ahead, make_person(), status=Registration.Status.CANCELLED)
    invite(ahead, make_person(), make_person())
    ChangeNotice.objects.create(event=ahead, before=snapshot(ahead))
    Event.objects.filter(pk=ahead.pk).update(place="Leek")
    make_meeting(sector, amsterdam(2026, 7, 16, 13), status=Event.Status.DRAFT)
    joined = make_organisation(is_member=False)
    Membership.objects.create(organisation=joined, start=date(2026, 2, 1))
    old = make_organisation()
    later, stays = make_organisation(is_member=False), make_organisation(is_member=False)
    Membership.objects.create(organisation=later, start=TODAY + timedelta(days=1))
    Membership.objects.create(organisation=stays, start=date(2020, 1, 1), end=date(2025, 12, 31))
    Membership.objects.create(organisation=stays, start=date(2026, 1, 1))
    sector.organisations.add(joined, old, later, stays)
    ContactMoment.objects.create(organisation=stays, happened_on=TODAY)
    step(make_prospect(sector), TODAY)
    for organisation in (old, later):  # the second is no member yet
        position = make_person(organisation=organisation).positions.get()
        position.role, position.end = Role.objects.get_or_create(name="CISO")[0], TODAY - timedelta(days=1)
        position.save()
    return sector, manager


# What the numbers are


def test_card_counts_the_seats_of_the_next_meeting():
    sector, manager = full_sector()
    meeting = cards_of(manager)[sector].meeting
    assert (meeting.registered.value, meeting.waiting.value, meeting.event.capacity) == (3, 1, 4)
    assert (meeting.silent, meeting.fill) == (2, 75)
    assert meeting.event.prepare_by == date(2026, 6, 9)
    topics = f"/agenda/{meeting.event.slug}/onderwerpen/"
    assert f'href="{topics}"' in look(manager).content.decode()
    assert look(manager, topics).status_code == 200
    assert (meeting.stand.light, meeting.stand.sentence) == (
        Light.RED,
        "Er is nog geen onderwerp voor donderdag 9\xa0juli 2026. Stel er zelf een voor.",
    )


def test_next_meeting_is_the_first_announced_that_has_not_ended():
    sector = make_sector()
    manager = make_programme_manager(sector)
    make_meeting(sector, amsterdam(2026, 6, 10, 9))  # ended at 11.00
    now_on = make_meeting(sector, amsterdam(2026, 6, 10, 11))
    make_meeting(sector, amsterdam(2026, 6, 11), status=Event.Status.CANCELLED)
    later = make_meeting(sector, amsterdam(2026, 6, 12))
    assert cards_of(manager)[sector].meeting.event == now_on
    Event.objects.filter(pk=now_on.pk).delete()
    assert cards_of(manager)[sector].meeting.event == later


@pytest.mark.parametrize(
    ("start", "days_left"),
    [((2026, 7, 9), None), ((2026, 7, 10), 0), ((2026, 7, 17), 7), ((2026, 7, 18), None)],
)
def test_preparation_is_near_from_a_week_before_up_to_its_day(start, days_left):
    sector = make_sector()
    manager = make_programme_manager(sector)
    make_meeting(sector, amsterdam(*start, 13))
    assert cards_of(manager)[sector].meeting.days_left == days_left


def test_growth_agrees_with_the_page_of_the_sector():
    sector, manager = full_sector()
    growth = cards_of(manager)[sector].growth
    progress = year_progress(Sector.objects.with_year(2026, NOW).get(pk=sector.pk), 2026)
    assert (growth.held.value, growth.planned) == (progress.held, progress.planned) == (3, 8)
    assert (growth.new_members.value, growth.target) == (progress.new_members, progress.target_new_members) == (1, 2)
    assert (sum(growth.piles), len(growth.piles), sum(growth.seeds), len(growth.seeds)) == (3, 8, 1, 2)


def test_joint_meeting_counts_for_the_attendance_of_each_host_and_for_no_plan():
    sectors = [make_sector(), make_sector()]
    manager = make_programme_manager(sectors[0])
    SectorRole.objects.create(
        sector=sectors[1], person=manager, role=SectorRole.Role.PROGRAMME_MANAGER, start=date(2020, 1, 1)
    )
    joint = make_event(sectors=sectors, kind=Event.Kind.JOINT, start=amsterdam(2026, 5, 12, 13), title="Samen")
    for _n in range(2):
        make_registration(joint, attended_at=joint.start, attendance_source=Registration.Source.QR)
    cards = cards_of(manager)
    assert [cards[sector].growth.held.value for sector in sectors] == [0, 0]
    charts = [next(chart for chart in cards[sector].charts if "attendance" in chart.slug) for sector in sectors]
    assert [[row[0::2] for row in chart.rows] for chart in charts] == [[("Samen", 2)], [("Samen", 2)]]


def test_year_begins_and_ends_on_the_clock_of_amsterdam(time_machine):
    sector = make_sector()
    manager = make_programme_manager(sector)
    for start in (amsterdam(2025, 12, 31, 21), amsterdam(2026, 1, 1, 0, 30), amsterdam(2026, 12, 31, 20)):
        make_meeting(sector, start)
    for start in (date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1)):
        organisation = make_organisation(is_member=False)
        Membership.objects.create(organisation=organisation, start=start)
        sector.organisations.add(organisation)
    seen = []
    for moment in (
        amsterdam(2025, 12, 31, 23, 59), amsterdam(2026, 1, 1, 2, 30), amsterdam(2026, 12, 31, 23),
        amsterdam(2027, 1, 1),
    ):  # fmt: skip
        time_machine.move_to(moment, tick=False)
        growth = cards_of(manager)[sector].growth
        seen.append((growth.year, growth.held.value, growth.new_members.value))
        for number in (growth.held, growth.new_members):
            assert not number.value or rows_behind(manager, number.url) == number.value
    assert seen == [(2025, 1, 1), (2026, 1, 1), (2026, 2, 2), (2027, 0, 1)]


def test_todos_count_what_waits():
    sector, manager = full_sector()
    found = todos(cards_of(manager)[sector])
    assert {name: [todo.number for todo in lines] for name, lines in found.items()} == {
        "untold": [1], "failed": [1, 1, 1], "silent": [2], "drafts": [1], "prospects": [1], "without-contact": [2],
        "vacancies": [1],
    }  # fmt: skip


def test_sector_without_anything_asks_for_a_meeting_and_a_plan():
    sector = make_sector()
    manager = make_programme_manager(sector)
    found = todos(cards_of(manager)[sector])
    assert set(found) == {"nothing-planned", "no-plan"}
    client = Client()
    client.force_login(manager)
    assert [client.get(todo.url).status_code for (todo,) in found.values()] == [200, 200]


def test_notice_that_leaves_or_is_closed_or_comes_too_late_asks_nothing():
    sector = make_sector()
    manager = make_programme_manager(sector)
    for start, fields in (
        (amsterdam(2026, 7, 1), {"announce_at": NOW}),
        (amsterdam(2026, 7, 2), {"closed_at": NOW}),
        (amsterdam(2026, 6, 1), {}),
    ):
        ChangeNotice.objects.create(event=make_meeting(sector, start), before={}, **fields)
    assert "untold" not in todos(cards_of(manager)[sector])


def test_only_failed_mails_about_my_meetings_count():
    sector, other = make_sector(), make_sector()
    manager = make_programme_manager(sector)
    mine, theirs = make_meeting(sector, amsterdam(2026, 7, 1)), make_meeting(other, amsterdam(2026, 7, 1))
    joint = make_event(sectors=[sector, other], start=amsterdam(2026, 8, 1))
    fail_mail(mine, 2)
    fail_mail(mine, 1, Mail.Status.SENT)
    fail_mail(theirs, 4)
    fail_mail(joint, 3)
    lines = todos(cards_of(manager)[sector])["failed"]
    assert [(todo.note, todo.number) for todo in lines] == [(joint.title, 3), (mine.title, 2)]


def test_answer_takes_somebody_off_the_silent():
    sector = make_sector()
    manager = make_programme_manager(sector)
    event = make_meeting(sector, amsterdam(2026, 7, 1))
    came, refused, maybe, nothing = (make_person() for _n in range(4))
    invite(event, came, refused, maybe, nothing)
    make_registration(event, came)
    make_registration(event, refused, status=Registration.Status.CANCELLED, cancelled_at=NOW)
    Invitation.objects.filter(person=maybe).update(maybe_at=NOW)
    assert cards_of(manager)[sector].meeting.silent == 1


@pytest.mark.parametrize(("day", "due"), [(TODAY, 1), (TODAY + timedelta(days=1), 0), (date(2026, 1, 5), 1)])
def test_next_step_is_due_on_its_day(day, due):
    sector = make_sector()
    manager = make_programme_manager(sector)
    step(make_prospect(sector), day)
    assert len(todos(cards_of(manager)[sector]).get("prospects", [])) == due


def test_prospect_with_two_steps_counts_once_and_a_done_step_or_a_member_not():
    sector = make_sector()
    manager = make_programme_manager(sector)
    twice, done, member = make_prospect(sector), make_prospect(sector), make_organisation()
    sector.organisations.add(member)
    step(twice, TODAY)
    step(twice, TODAY - timedelta(days=9))
    step(done, TODAY, next_done_at=NOW)
    step(member, TODAY)
    (todo,) = todos(cards_of(manager)[sector])["prospects"]
    assert todo.number == rows_behind(manager, todo.url) == 1


@pytest.mark.parametrize(("spoken", "waits"), [(date(2025, 12, 9), True), (date(2025, 12, 10), False)])
def test_relation_waits_after_six_months(spoken, waits):
    sector = make_sector()
    manager = make_programme_manager(sector)
    organisation = make_organisation()
    sector.organisations.add(organisation)
    ContactMoment.objects.create(organisation=organisation, happened_on=spoken)
    assert ("without-contact" in todos(cards_of(manager)[sector])) is waits


# Where they lead


def test_every_number_leads_to_as_many_rows():
    sector, manager = full_sector()
    full_sector()
    card = cards_of(manager)[sector]
    numbers = [card.meeting.registered, card.meeting.waiting, card.growth.held, card.growth.new_members]
    found = todos(card)
    numbers += [found[name][0] for name in ("drafts", "prospects", "without-contact", "vacancies")]
    counts = [getattr(number, "value", None) or number.number for number in numbers]
    assert [rows_behind(manager, number.url) for number in numbers] == counts == [3, 1, 3, 1, 1, 1, 2, 1]


def test_every_line_leads_to_a_page():
    _sector, manager = full_sector()
    urls = re.findall(r'href="(/[^"]*)"', look(manager).content.decode().replace("&amp;", "&"))
    for url in {url for url in urls if "static" not in url and "account" not in url}:
        assert look(manager, url).status_code == 200, url


def test_silent_leads_to_the_page_that_tells_who():
    sector, manager = full_sector()
    (todo,) = todos(cards_of(manager)[sector])["silent"]
    rows = look(manager, todo.url).context["invitations"]
    assert sum(row.answer == Invitation.Answer.NONE for row in rows) == todo.number == 2


def test_failed_mails_lead_an_administrator_to_the_mails_and_a_manager_to_the_people():
    sector, manager = full_sector()
    administrator = Person.objects.create_superuser("beheer@noord.example", name="Beheer")
    for person in (manager, administrator):
        card = next(card for card in look(person, f"{START}?sector={sector.slug}").context["cards"])
        paths = {urlsplit(todo.url).path for todo in todos(card)["failed"]}
        if person == administrator:
            assert paths == {"/beheer/outbox/mail/"}
            assert [rows_behind(person, todo.url) for todo in todos(card)["failed"]] == [1, 1, 1]
        else:
            assert {look(person, path).status_code for path in paths} == {200}


# Whose they are


def test_programme_manager_sees_only_her_own_sectors():
    sector, manager = full_sector()
    other, _manager = full_sector()
    response = look(manager)
    assert [card.sector for card in response.context["cards"]] == [sector]
    assert response.context["others"] == []
    assert other.name not in response.content.decode()
    assert look(manager, f"{START}?sector={sector.slug}").status_code == 200
    assert look(manager, f"{START}?sector={other.slug}").status_code == 404
    assert look(manager, f"{START}?sector=nergens").status_code == 404


def test_administrator_sees_all_sectors_in_a_line_each_and_opens_one():
    sector, _manager = full_sector()
    other, _manager = full_sector()
    administrator = Person.objects.create_superuser("beheer@noord.example", name="Beheer")
    response = look(administrator)
    assert (response.context["cards"], {card.sector for card in response.context["others"]}) == ([], {sector, other})
    (card,) = look(administrator, f"{START}?sector={other.slug}").context["cards"]
    assert (card.sector, len(card.charts)) == (other, 3)


def test_administrator_with_a_sector_of_her_own_sees_it_as_a_card():
    sector, manager = full_sector()
    other, _manager = full_sector()
    Person.objects.filter(pk=manager.pk).update(is_superuser=True, is_staff=True)
    context = look(manager).context
    assert ([card.sector for card in context["cards"]], [card.sector for card in context["others"]]) == (
        [sector],
        [other],
    )


def with_rights(*names: str) -> Person:
    person = make_person(is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=names))
    return person


def test_who_looks_at_all_meetings_sees_all_sectors_and_is_sent_to_no_page_of_a_role():
    sector, _manager = full_sector()
    person = with_rights("view_event", "change_event", "view_registration")
    context = look(person).context
    (card,) = context["others"]
    assert (card.sector, context["network"]) == (sector, None)
    assert rows_behind(person, card.meeting.registered.url) == card.meeting.registered.value == 3
    assert rows_behind(person, card.growth.held.url) == card.growth.held.value == 3
    assert card.growth.new_members.url == ""
    assert set(todos(card)) == {"silent", "drafts"}
    (card,) = look(person, f"{START}?sector={sector.slug}").context["cards"]
    assert {todo.url for todo in card.todos if todo.name == "silent"} == {""}
    assert not card.meeting.is_managed


def test_event_manager_is_sent_to_the_pages_of_every_meeting():
    sector, _manager = full_sector()
    person = with_rights("view_event", "change_event", "view_registration", "change_registration")
    (card,) = look(person, f"{START}?sector={sector.slug}").context["cards"]
    assert card.meeting.is_managed
    for todo in card.todos:
        assert todo.name == "drafts" or look(person, todo.url).status_code in (200, 302), todo.url
    assert {"silent", "untold"} <= set(todos(card))


def test_relation_manager_sees_the_relations_alone():
    full_sector()
    MembershipRequest.objects.create(email="nieuw@noord.example")
    MembershipRequest.objects.create(email="oud@noord.example", handled_at=NOW)
    step(make_prospect(None), TODAY)
    person = with_rights("view_organisation", "view_membershiprequest", "view_contactmoment")
    context = look(person).context
    network = context["network"]
    assert (context["cards"], context["others"]) == ([], [])
    assert (network.members.value, network.prospects.value) == (
        Organisation.objects.members_on().count(),
        2,
    )
    assert {todo.name: todo.number for todo in network.todos} == {
        "requests": 1,
        "prospects": 2,
        "without-contact": 2,
        "vacancies": 1,
    }
    for number in (network.members, network.prospects):
        assert rows_behind(person, number.url) == number.value
    for todo in network.todos:
        assert rows_behind(person, todo.url) == todo.number


def test_who_has_another_right_sees_just_what_there_is():
    response = look(with_rights("view_knowledgegroup"))
    context = response.context
    assert (context["cards"], context["others"], context["network"]) == ([], [], None)
    assert "/beheer/knowledge_groups/knowledgegroup/" in response.content.decode()


@pytest.mark.parametrize("make", [make_member, lambda: make_chair(make_sector())])
def test_for_who_has_nothing_to_do_here_the_page_does_not_exist(make):
    client = Client()
    client.force_login(make())
    response = client.get(START, follow=True)
    assert response.status_code == 404


def test_visitor_logs_in_first_and_comes_back():
    response = Client().get(START)
    assert response.status_code == 302
    assert "next=/beheer/" in response["Location"]


@pytest.mark.parametrize(("first", "last", "sees"), [
    (TODAY, None, True), (date(2026, 1, 1), TODAY, True),
    (TODAY + timedelta(days=1), None, False), (date(2026, 1, 1), TODAY - timedelta(days=1), False),
])  # fmt: skip
def test_role_counts_from_its_first_day_up_to_and_including_its_last(first, last, sees):
    mine, other = make_sector(), make_sector()
    manager = make_programme_manager(mine)
    role = SectorRole.Role.PROGRAMME_MANAGER
    SectorRole.objects.create(sector=other, person=manager, role=role, start=first, end=last)
    assert (other in cards_of(manager)) is sees


def test_page_still_leads_to_every_list():
    sector = make_sector()
    page = look(make_programme_manager(sector)).content.decode()
    for address in ("/beheer/events/event/", "/beheer/sectors/sector/", "/beheer/members/organisation/"):
        assert f'href="{address}"' in page


# What it costs


@pytest.mark.parametrize("sectors", [1, 3])
def test_page_costs_a_programme_manager_the_same_for_one_and_for_three_sectors(
    sectors, client, django_assert_num_queries
):
    _first, manager = full_sector()
    for _n in range(sectors - 1):
        sector, _other = full_sector()
        role = SectorRole.Role.PROGRAMME_MANAGER
        SectorRole.objects.create(sector=sector, person=manager, role=role, start=TODAY)
    client.force_login(Person.objects.get(pk=manager.pk))
    with django_assert_num_queries(19):
        response = client.get(START)
    assert len(response.context["cards"]) == sectors


@pytest.mark.parametrize("sectors", [1, 3])
def test_page_costs_an_administrator_the_same_for_one_and_for_three_sectors(
    sectors, client, django_assert_num_queries
):
    for _n in range(sectors):
        full_sector()
    client.force_login(Person.objects.create_superuser("beheer@noord.example", name="Beheer"))
    with django_assert_num_queries(14):
        response = client.get(START)
    assert len(response.context["others"]) == sectors

"""The pages about our relations: of one organisation, the contact log and the prospective members."""

from datetime import date, timedelta

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from events.models import Event
from members import operations, rules
from members.models import ContactMoment, Membership, Organisation, Position
from noord.outbox.models import Mail
from sectors.models import SectorYear
from tests.factories import (
    amsterdam,
    make_chair,
    make_event,
    make_group,
    make_member,
    make_organisation,
    make_person,
    make_programme_manager,
    make_registration,
    make_sector,
)

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 10)
STEP = {"next_step": "Bellen", "next_on": "2026-03-12"}


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(amsterdam(2026, 3, 10, 9), tick=False), override("en"):
        yield


@pytest.fixture
def sector():
    return make_sector(name="Overheden", slug="overheden")


@pytest.fixture
def manager(client, sector):
    """Return the programme manager of Overheden, who is logged in."""
    person = make_programme_manager(sector, name="Els")
    client.force_login(person)
    return person


def permission(codename: str) -> Permission:
    return Permission.objects.get(content_type__app_label="members", codename=codename)


def page(name: str, *args) -> str:
    return reverse(f"admin:members_{name}", args=args)


def record(organisation: Organisation, **fields) -> ContactMoment:
    return operations.record_contact(organisation=organisation, **{"by": None, "kind": "visit"} | fields)


def prospect(stage: str = "known", **fields) -> Organisation:
    organisation = make_organisation(is_member=False, **fields)
    return operations.move_prospect(organisation=organisation, stage=stage)


def lines(response) -> list[tuple[date, str, str]]:
    return [(moment.day, moment.kind, moment.title) for moment in response.context["moments"]]


def make_mail(to: str, event: Event, **fields) -> Mail:
    n = Mail.objects.count()
    defaults = {
        "key": f"mail:{n}",
        "message_id": f"<{n}@proef.example>",
        "kind": "event.registration",
        "about": f"event:{event.pk}",
        "subject": f"Je aanmelding voor {event.title}",
        "status": Mail.Status.SENT,
    }
    return Mail.objects.create(to=to, **defaults | fields)


@pytest.fixture
def busy(manager, sector):
    """Return an organisation with one of everything."""
    organisation = make_organisation(name="Tolbert", slug="tolbert")
    person = make_person(organisation=organisation, name="Jan", email="jan@tolbert.example")
    Position.objects.filter(person=person).update(end=date(2026, 3, 8))
    sector.organisations.add(organisation)
    record(organisation, by=manager, person=person, note="Koffie", happened_on=date(2026, 3, 1))
    event = make_event(title="Sectoroverleg", start=amsterdam(2026, 3, 5, 13), sectors=[sector])
    make_registration(event, person, attended_at=amsterdam(2026, 3, 5, 13), attendance_source="hand")
    make_mail(person.email, event, created_at=amsterdam(2026, 2, 20))
    return organisation


def test_timeline_tells_everything_newest_first(client, busy):
    assert lines(client.get(page("organisation_relation", busy.pk))) == [
        (date(2026, 3, 8), "Position", "Jan leaves"),
        (date(2026, 3, 5), "Meeting", "Sectoroverleg"),
        (date(2026, 3, 1), "Visit", "Contact with Jan"),
        (date(2026, 2, 20), "Mail", "Je aanmelding voor Sectoroverleg"),
        (date(2020, 1, 1), "Position", "Jan starts here"),
        (date(2019, 1, 1), "Membership", "Becomes a member"),
    ]


def test_timeline_knows_a_mail_whatever_its_capitals(client, busy, sector):
    event = make_event(sectors=[sector])
    make_mail("Jan@tolbert.example", event, created_at=amsterdam(2026, 2, 21), subject="Met een hoofdletter")
    assert (date(2026, 2, 21), "Mail", "Met een hoofdletter") in lines(
        client.get(page("organisation_relation", busy.pk))
    )


@pytest.mark.postgres
def test_timeline_finds_mails_and_registrations_by_their_indexes(client, busy):
    """However many others there are: a small table is read as a whole, so that way is closed here."""
    with CaptureQueriesContext(connection) as asked:
        client.get(page("organisation_relation", busy.pk))
    used = {"outbox_mail_to": False, "events_registration_person_id": False}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for query in asked:
            if query["sql"].startswith("SELECT") and "members_position" in query["sql"]:
                cursor.execute(f"EXPLAIN {query['sql']}")
                plan = "\n".join(line for (line,) in cursor.fetchall())
                used = {index: known or index in plan for index, known in used.items()}
    assert used == {"outbox_mail_to": True, "events_registration_person_id": True}


def test_timeline_names_people_at_own_meetings_and_counts_at_others(client, busy, sector):
    other = make_event(title="Van een ander", start=amsterdam(2026, 3, 4, 13), sectors=[make_sector()])
    hidden = make_event(
        title="Besloten", start=amsterdam(2026, 3, 3, 13), sectors=[make_sector()], audience=Event.Audience.HOSTS
    )
    person = Position.objects.get(organisation=busy).person
    for event in (other, hidden):
        make_registration(event, person)
        make_mail(person.email, event)
    response = client.get(page("organisation_relation", busy.pk))
    texts = {moment.title: moment.text for moment in response.context["moments"] if moment.kind == "Meeting"}
    assert texts == {"Sectoroverleg": "1 registered, 1 present. Jan (was there)", "Van een ander": "1 registered"}
    assert [line for line in lines(response) if "Van een ander" in line[2] and line[1] == "Mail"] == []
    facts = {fact.label: fact.values for fact in response.context["facts"]}
    assert facts["Registrations"] == [("2026: registrations 3, meetings 3, present 1", "")]


def test_timeline_is_of_the_time_that_somebody_worked_there(client, busy, sector):
    person = Position.objects.get(organisation=busy).person
    new = make_organisation()
    Position.objects.create(person=person, organisation=new, start=date(2026, 3, 9))
    later = make_event(title="Later", start=amsterdam(2026, 4, 5, 13), sectors=[sector])
    make_registration(later, person)
    assert "Later" not in [line[2] for line in lines(client.get(page("organisation_relation", busy.pk)))]
    assert [line[2] for line in lines(client.get(page("organisation_relation", new.pk)))][:2] == [
        "Later",
        f"{person} starts here",
    ]


def test_timeline_keeps_mails_with_a_secret_to_itself(client, busy):
    event = Event.objects.get()
    make_mail("jan@tolbert.example", event, kind="account.message", subject="Je code is 123456")
    assert "123456" not in client.get(page("organisation_relation", busy.pk)).content.decode()


def test_timeline_has_pages(client, manager):
    organisation = make_organisation(is_member=False)
    for days in range(60):
        record(organisation, happened_on=TODAY - timedelta(days=days))
    url = page("organisation_relation", organisation.pk)
    pages = [client.get(url, {"blad": number}) for number in (1, 2, 3)]
    assert [line[0] for one in pages for line in lines(one)] == [TODAY - timedelta(days=n) for n in range(60)]
    assert [(one.context["newer"], one.context["older"]) for one in pages] == [(0, 2), (1, 3), (2, 0)]
    assert [client.get(url, {"blad": asked}).status_code for asked in ("4", "0", "x", "9999999", "-1")] == [404] * 5


def fill(organisation: Organisation, sector, manager) -> None:
    """Add one of everything that a page about the organisation shows."""
    person = make_person(organisation=organisation)
    record(organisation, by=manager, person=person, next_step="Bellen", next_on=TODAY)
    event = make_event(start=amsterdam(2026, 3, 5, 13), sectors=[sector])
    make_registration(event, person)
    make_mail(person.email, event)
    group = make_group()
    group.memberships.create(person=person, start=date(2021, 1, 1))


def test_page_takes_the_same_queries_for_one_and_for_three(
    client, manager, sector, django_assert_max_num_queries, django_assert_num_queries
):
    organisation = make_organisation()
    url = page("organisation_relation", organisation.pk)
    fill(organisation, sector, manager)
    client.get(url)
    with django_assert_max_num_queries(19) as captured:
        client.get(url)
    for _ in range(2):
        fill(organisation, sector, manager)
    with django_assert_num_queries(len(captured)):
        assert len(client.get(url).context["moments"]) == 1 + 5 * 3


def test_page_says_that_there_is_no_main_contact(client, manager):
    organisation = make_organisation()
    person = make_person(organisation=organisation)
    url = page("organisation_relation", organisation.pk)
    assert client.get(url).context["has_no_main_contact"]
    person.positions.update(is_main_contact=True)
    assert not client.get(url).context["has_no_main_contact"]
    person.positions.update(end=date(2026, 3, 9))
    assert client.get(url).context["has_no_main_contact"]


def contact(**fields) -> dict[str, str]:
    return {"kind": "phone", "happened_on": "2026-03-10", "note": "Gebeld", "next_step": "", "next_on": ""} | fields


def test_contact_is_recorded_on_the_page(client, manager):
    organisation = make_organisation()
    person = make_person(organisation=organisation)
    data = contact(person=person.pk, next_step="Agenda sturen", next_on="2026-03-12")
    response = client.post(page("organisation_contact", organisation.pk), data, follow=True)
    moment = ContactMoment.objects.get()
    assert (moment.organisation, moment.person, moment.by) == (organisation, person, manager)
    assert response.redirect_chain == [(f"{page('organisation_relation', organisation.pk)}#tijdlijn", 302)]
    assert response.context["steps"] == [moment]


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"next_step": "Bellen"}, "next_on", rules.STEP_WITHOUT_DAY),
        ({"next_on": "2026-03-12"}, "next_step", rules.DAY_WITHOUT_STEP),
        ({"next_step": "Bellen", "next_on": "2026-03-09"}, "next_on", rules.STEP_TOO_EARLY),
        ({"happened_on": "2026-03-11"}, "happened_on", rules.NOT_YET),
    ],
)
def test_contact_that_cannot_be_right_is_said_at_its_field(client, manager, fields, field, sentence):
    url = page("organisation_contact", make_organisation().pk)
    response = client.post(url, contact(**fields))
    assert (response.status_code, response.context["form"].errors) == (200, {field: [str(sentence)]})
    assert "Gebeld" in response.content.decode()
    assert not ContactMoment.objects.exists()


def test_contact_with_somebody_of_another_organisation_is_refused(client, manager):
    elsewhere = make_person(organisation=make_organisation())
    response = client.post(page("organisation_contact", make_organisation().pk), contact(person=elsewhere.pk))
    assert list(response.context["form"].errors) == ["person"]


def test_my_steps_are_mine_and_open(client, manager):
    organisation = make_organisation()
    later = record(organisation, by=manager, next_step="Later", next_on=date(2026, 3, 20))
    mine = record(organisation, by=manager, next_step="Bellen", next_on=TODAY)
    record(organisation, by=make_person(), next_step="Van een ander", next_on=TODAY)
    record(organisation, by=manager)
    response = client.get(page("contactmoment_steps"), follow=True)
    assert list(response.context["cl"].result_list) == [mine, later]
    listed = page("contactmoment_changelist")
    counts = {
        query: client.get(f"{listed}?{query}").context["cl"].result_count
        for query in (
            "",
            "stap=nu",
            "stap=allemaal",
            "stap=gedaan",
            "stap=x",
            "van=mij",
            "kind__exact=visit",
            "q=beLL",
        )
    }
    assert counts == {
        "": 4, "stap=nu": 1, "stap=allemaal": 3, "stap=gedaan": 0, "stap=x": 4, "van=mij": 3, "kind__exact=visit": 4,
        "q=beLL": 1,
    }  # fmt: skip


def test_step_is_marked_as_done_from_the_list_and_the_page(client, manager):
    organisation = make_organisation()
    moment = record(organisation, by=manager, next_step="Bellen", next_on=TODAY)
    url = page("contactmoment_done", moment.pk)
    assert (client.get(url).status_code, moment.is_open) == (405, True)
    assert f'formaction="{url}?next=' in client.get(page("contactmoment_changelist")).content.decode()
    back = page("organisation_relation", organisation.pk)
    assert client.post(f"{url}?next={back}").url == back
    assert client.post(f"{url}?next=https://elders.example/").url == page("contactmoment_steps")
    moment.refresh_from_db()
    assert moment.next_done_at == timezone.now()


def test_steps_are_marked_as_done_by_the_action(client, manager):
    organisation = make_organisation()
    moments = [record(organisation, by=manager, next_step="Bellen", next_on=TODAY) for _ in range(2)]
    data = {"action": "mark_as_done", "_selected_action": [moment.pk for moment in moments]}
    client.post(page("contactmoment_changelist"), data)
    assert not ContactMoment.objects.open_steps().exists()


def test_contact_log_takes_the_same_queries_for_one_and_for_three(
    client, manager, django_assert_max_num_queries, django_assert_num_queries
):
    def add():
        organisation = make_organisation()
        person = make_person(organisation=organisation)
        record(organisation, by=make_person(), person=person, next_step="Bellen", next_on=TODAY)

    url = page("contactmoment_changelist")
    add()
    client.get(url)
    with django_assert_max_num_queries(9) as captured:
        client.get(url)
    add()
    add()
    with django_assert_num_queries(len(captured)):
        client.get(url)


def test_contact_moment_is_added_and_changed_in_the_log(client, manager):
    organisation = make_organisation()
    person = make_person(organisation=organisation)
    client.post(page("contactmoment_add"), contact(organisation=organisation.pk))
    moment = ContactMoment.objects.get()
    assert (moment.organisation, moment.by, moment.note) == (organisation, manager, "Gebeld")
    url = page("contactmoment_change", moment.pk)
    assert list(client.get(url).context["adminform"].form.fields["person"].queryset) == [person]
    assert client.post(url, contact(person=person.pk, note="Gesproken")).status_code == 302
    moment.refresh_from_db()
    assert (moment.person, moment.note, moment.by) == (person, "Gesproken", manager)
    response = client.post(url, contact(next_step="Bellen"))
    assert response.context["adminform"].form.errors == {"next_on": [str(rules.STEP_WITHOUT_DAY)]}
    assert client.post(page("contactmoment_add"), contact()).status_code == 200


@pytest.mark.parametrize(
    ("changed", "is_open"),
    [({}, False), ({"note": "Meer"}, False), ({"next_step": "Bezoeken"}, True), ({"next_on": "2026-03-20"}, True)],
)
def test_another_next_step_is_to_be_taken_again(client, manager, changed, is_open):
    organisation = make_organisation()
    client.post(page("contactmoment_add"), contact(organisation=organisation.pk, **STEP))
    moment = operations.finish_step(moment=ContactMoment.objects.get())
    assert client.post(page("contactmoment_change", moment.pk), contact(**STEP | changed)).status_code == 302
    moment.refresh_from_db()
    assert moment.is_open == is_open


def test_page_of_a_person_takes_the_same_queries_for_one_and_for_three_positions(client):
    client.force_login(make_person(is_staff=True, is_superuser=True))
    counts = []
    for rows in (1, 1, 3):
        person = make_person()
        for _row in range(rows):
            operations.start_position(person=person, organisation=make_organisation())
        with CaptureQueriesContext(connection) as asked:
            html = client.get(page("person_change", person.pk)).content.decode()
        assert all(f"{position.organisation.name}</option>" in html for position in person.positions.all())
        counts.append(len(asked))
    assert counts[1] == counts[2] < 20


def board(response) -> dict[str, list[str]]:
    return {column.stage: [card.name for card, _names in column.cards] for column in response.context["columns"]}


def test_board_has_a_column_for_each_stage(client, manager, sector):
    one, two = prospect("known", name="A"), prospect("decided", name="B")
    sector.organisations.add(two)
    # As the previous version of the portal writes it: a prospective member without a stage.
    make_organisation(is_member=False, name="C", prospect_since=TODAY)
    make_organisation(name="D")
    record(one, happened_on=date(2026, 3, 1), next_step="Bellen", next_on=TODAY)
    url = page("organisation_prospects")
    response = client.get(url)
    assert board(response) == {"known": ["A", "C"], "talked": [], "guest": [], "decided": ["B"]}
    assert "Bellen, 10 " in response.content.decode()
    assert board(client.get(url, {"sector": "overheden"})) == {
        "known": [],
        "talked": [],
        "guest": [],
        "decided": ["B"],
    }
    assert [client.get(url, {"jaar": year}).status_code for year in ("2025", "2026", "2027", "x")] == [
        404, 200, 200, 404,
    ]  # fmt: skip


def test_board_reckons_with_the_target_of_each_sector(client, manager, sector):
    SectorYear.objects.create(sector=sector, year=2026, target_new_members=2)
    joined = make_organisation(is_member=False)
    Membership.objects.create(organisation=joined, start=date(2026, 2, 1))
    now, next_year = prospect("decided"), prospect("guest", expected_on=date(2027, 1, 1))
    sector.organisations.add(joined, now, next_year, make_organisation())
    make_sector(name="Veiligheid")
    url = page("organisation_prospects")
    rows = {row.name: row for row in client.get(url).context["growth"]}
    assert (rows["Overheden"].target, rows["Overheden"].joined, rows["Overheden"].prospects) == (2, 1, 1)
    assert (rows["Overheden"].expected, rows["Overheden"].is_enough) == (1.9, False)
    assert (rows["Veiligheid"].target, rows["Veiligheid"].expected, rows["Veiligheid"].is_enough) == (None, 0, False)
    [later] = [row for row in client.get(url, {"jaar": 2027}).context["growth"] if row.name == "Overheden"]
    assert (later.target, later.joined, later.prospects, later.expected) == (None, 0, 1, 0.6)


def test_board_takes_the_same_queries_for_one_and_for_three(
    client, manager, sector, django_assert_max_num_queries, django_assert_num_queries
):
    def add():
        one = prospect("decided")
        record(one, by=manager, next_step="Bellen", next_on=TODAY)
        make_sector().organisations.add(one)

    url = page("organisation_prospects")
    add()
    client.get(url)
    with django_assert_max_num_queries(12) as captured:
        client.get(url)
    add()
    add()
    with django_assert_num_queries(len(captured)):
        client.get(url)


def test_prospect_moves_and_stops(client, manager):
    one = prospect()
    url = page("organisation_stage", one.pk)
    assert client.get(url).status_code == 405
    assert client.post(url, {"stage": "guest"}).url == page("organisation_prospects")
    one.refresh_from_db()
    assert one.prospect_stage == "guest"
    response = client.post(url, {"stage": "x"}, follow=True)
    assert str(rules.NO_SUCH_STAGE) in response.content.decode()
    client.post(url, {"stage": "stop"})
    one.refresh_from_db()
    assert (one.prospect_since, one.prospect_stage) == (None, "")


def test_prospect_becomes_a_member(client, manager):
    one = prospect("decided")
    url = page("organisation_join", one.pk)
    for start in ("", "x"):
        assert "first day" in client.post(url, {"start": start}, follow=True).content.decode()
    assert client.post(url, {"start": "2026-04-01"}).url == page("organisation_relation", one.pk)
    one.refresh_from_db()
    assert (one.memberships.get().start, one.prospect_since) == (date(2026, 4, 1), None)
    assert str(rules.OVERLAP) in client.post(url, {"start": "2026-05-01"}, follow=True).content.decode()


@pytest.mark.parametrize(("end", "stage"), [("", ""), ("2026-03-10", ""), ("2026-03-09", "decided")])
def test_membership_that_is_added_in_the_data_ends_the_prospect(client, manager, end, stage):
    one = prospect("decided")
    data = {"name": one.name, "slug": one.slug, "kind": one.kind, "prospect_since": TODAY, "prospect_stage": "decided"}
    data |= {"email_domains-TOTAL_FORMS": 0, "email_domains-INITIAL_FORMS": 0}
    data |= {"memberships-TOTAL_FORMS": 1, "memberships-INITIAL_FORMS": 0, "memberships-0-start": "2020-04-01"}
    data |= {"memberships-0-end": end}
    assert client.post(page("organisation_change", one.pk), data).status_code == 302
    one.refresh_from_db()
    assert (one.memberships.count(), one.prospect_since is None, one.prospect_stage) == (1, not stage, stage)


def test_list_of_organisations_filters_on_stage_and_contact(client, manager):
    known, decided, quiet = prospect("known"), prospect("decided"), make_organisation()
    record(known, by=manager, next_step="Bellen", next_on=TODAY)
    url = page("organisation_changelist")
    found = {
        query: set(client.get(f"{url}?{query}").context["cl"].result_list)
        for query in ("fase=alle", "fase=decided", "contact=stil", "contact=stap", "contact=x")
    }
    assert found == {
        "fase=alle": {known, decided},
        "fase=decided": {decided},
        "contact=stil": {quiet},
        "contact=stap": {known},
        "contact=x": {known, decided, quiet},
    }


@pytest.mark.parametrize("name", ["relation", "contact", "stage", "join", "prospects"])
def test_pages_are_not_there_for_chairs_and_members(client, sector, name):
    organisation = make_organisation()
    url = page(f"organisation_{name}", *([] if name == "prospects" else [organisation.pk]))
    for person in (make_chair(sector), make_member()):
        client.force_login(person)
        assert [client.get(url, follow=True).status_code, client.post(url, follow=True).status_code] == [404, 404]
    moment = record(organisation, next_step="Bellen", next_on=TODAY)
    for url in (page("contactmoment_steps"), page("contactmoment_done", moment.pk), page("contactmoment_changelist")):
        assert client.post(url, follow=True).status_code == 404
    moment.refresh_from_db()
    assert moment.is_open


def test_organisation_that_is_not_there_is_a_404(client, manager):
    urls = [page(f"organisation_{name}", 999_999) for name in ("relation", "contact", "stage", "join")]
    assert [client.post(url).status_code for url in [*urls, page("contactmoment_done", 999_999)]] == [404] * 5


def test_rights_are_asked_of_who_works_here_for_something_else(client):
    staff = make_person(is_staff=True)
    staff.user_permissions.set([permission("view_membershiprequest")])
    client.force_login(staff)
    organisation = make_organisation()
    assert client.get(page("organisation_relation", organisation.pk)).status_code == 403
    assert client.get(page("organisation_prospects")).status_code == 403
    assert client.post(page("organisation_contact", organisation.pk)).status_code == 403
    assert client.post(page("organisation_join", organisation.pk)).status_code == 403
    moment = record(organisation, next_step="Bellen", next_on=TODAY)
    assert client.post(page("contactmoment_done", moment.pk)).status_code == 403


def test_who_only_sees_organisations_sees_no_contact(client):
    staff = make_person(is_staff=True)
    staff.user_permissions.set([permission("view_organisation")])
    client.force_login(staff)
    organisation = make_organisation()
    record(organisation, note="Vertrouwelijk", next_step="Bellen", next_on=TODAY)
    make_registration(make_event(), make_person(organisation=organisation))
    response = client.get(page("organisation_relation", organisation.pk))
    text = response.content.decode()
    assert ("Vertrouwelijk" in text, "Bellen" in text, '<form method="post" action' in text) == (False, False, False)

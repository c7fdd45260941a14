"""What somebody is for the network at an organisation, and who is missed: a role that nobody holds any more."""

from datetime import date
from urllib.parse import urlencode

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from members import operations
from members.admin.relations import OFFERED, PEOPLE
from members.merging import merge, undo
from members.models import ContactMoment, Organisation, Person, Position, Role
from tests.factories import amsterdam, make_organisation, make_person, make_programme_manager, make_sector

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 10)
YESTERDAY = date(2026, 3, 9)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(amsterdam(2026, 3, 10, 9), tick=False), override("en"):
        yield


@pytest.fixture
def ciso() -> Role:
    return Role.objects.create(name="CISO")


@pytest.fixture
def director() -> Role:
    return Role.objects.create(name="Bestuurder")


@pytest.fixture
def manager(client) -> Person:
    person = make_programme_manager(make_sector(), name="Els")
    client.force_login(person)
    return person


def held(role: Role | None, organisation: Organisation, start: date, end: date | None = None, **fields) -> Position:
    person = fields.pop("person", None) or make_person(name=fields.pop("name", "Jan"))
    return Position.objects.create(role=role, organisation=organisation, person=person, start=start, end=end, **fields)


def page(name: str, *args) -> str:
    return reverse(f"admin:members_{name}", args=args)


LAST_YEAR, SOON = (date(2025, 1, 1), date(2025, 12, 31)), (date(2026, 4, 1), None)


@pytest.mark.parametrize(
    ("periods", "vacant_since"),
    [
        ([], None),
        ([LAST_YEAR], date(2026, 1, 1)),
        ([(date(2025, 1, 1), YESTERDAY)], TODAY),
        ([(date(2025, 1, 1), TODAY)], None),
        ([(date(2025, 1, 1), None)], None),
        ([LAST_YEAR, (date(2026, 2, 1), None)], None),
        ([LAST_YEAR, (date(2024, 1, 1), date(2026, 1, 31))], date(2026, 2, 1)),
        ([SOON], None),
        ([LAST_YEAR, SOON], date(2026, 1, 1)),
    ],
)
def test_role_is_vacant_when_somebody_held_it_and_nobody_does(ciso, periods, vacant_since):
    organisation = make_organisation()
    for start, end in periods:
        held(ciso, organisation, start, end)
    assert [position.vacant_since for position in Position.objects.vacated()] == [vacant_since] * bool(vacant_since)


def test_vacancy_is_of_one_role_at_one_organisation(ciso, director):
    here, there = make_organisation(), make_organisation()
    gone = held(ciso, here, *LAST_YEAR)
    held(director, here, date(2025, 1, 1))
    held(ciso, there, date(2025, 1, 1))
    held(None, there, *LAST_YEAR)
    assert list(Position.objects.vacated()) == [gone]
    assert list(Position.objects.vacated(date(2025, 6, 1))) == []


def test_vacancy_tells_of_one_of_two_who_left_on_the_same_day(ciso):
    organisation = make_organisation()
    _one, other = (held(ciso, organisation, *LAST_YEAR) for _ in range(2))
    assert list(Position.objects.vacated()) == [other]


def test_members_with_a_vacancy_are_listed_once_and_former_members_not(ciso, director):
    member, former = make_organisation(), make_organisation()
    make_organisation()
    former.memberships.update(end=YESTERDAY)
    for organisation in (member, former):
        for role in (ciso, director):
            held(role, organisation, *LAST_YEAR)
    assert list(Organisation.objects.with_vacancy()) == [member]


def test_relation_page_tells_roles_and_who_is_missed_since_when(client, manager, ciso, director):
    organisation = make_organisation()
    held(director, organisation, date(2025, 1, 1), name="Anna")
    held(ciso, organisation, *LAST_YEAR, name="Bert")
    response = client.get(page("organisation_relation", organisation.pk))
    text = " ".join(response.content.decode().split())
    assert "<strong>Bestuurder</strong>" in text
    assert "<strong>CISO</strong>, vacant since 1 January 2026" in text
    assert [(one.role, one.person.name, one.vacant_since) for one in response.context["vacancies"]] == [
        (ciso, "Bert", date(2026, 1, 1))
    ]


def test_vacant_role_is_filled_from_the_page_of_the_organisation(client, manager, ciso):
    organisation, successor = make_organisation(), make_person(name="Carla")
    held(ciso, organisation, *LAST_YEAR)
    url = f"{page('position_add')}?organisation={organisation.pk}&role={ciso.pk}"
    here = page("organisation_relation", organisation.pk)
    assert f'href="{url.replace("&", "&amp;")}"' in client.get(here).content.decode()
    form = client.get(url).context["adminform"].form
    assert {name: form[name].value() for name in ("organisation", "role", "start")} == {
        "organisation": str(organisation.pk), "role": str(ciso.pk), "start": TODAY
    }  # fmt: skip
    data = {"organisation": organisation.pk, "role": ciso.pk, "person": successor.pk, "start": "2026-03-10"}
    assert client.post(url, data).status_code == 302
    assert organisation.positions.get(person=successor).role == ciso
    assert client.get(here).context["vacancies"] == []


def test_who_may_only_look_gets_no_link_to_fill_a_role(client, ciso):
    organisation = make_organisation()
    held(ciso, organisation, *LAST_YEAR)
    boss = make_person(is_staff=True, is_superuser=True)
    seen = {}
    for who in (boss, reader_of_organisations()):
        client.force_login(who)
        text = client.get(page("organisation_relation", organisation.pk)).content.decode()
        seen[who == boss] = ("vacant since" in text, f"role={ciso.pk}" in text)
    assert seen == {True: (True, True), False: (True, False)}


def reader_of_organisations() -> Person:
    reader = make_person(is_staff=True)
    reader.user_permissions.set(Permission.objects.filter(codename="view_organisation"))
    return reader


def test_list_shows_the_members_with_a_vacancy(client, manager, ciso):
    organisation = make_organisation()
    make_organisation()
    held(ciso, organisation, *LAST_YEAR)
    response = client.get(f"{page('organisation_changelist')}?functie=vacant")
    assert list(response.context["cl"].queryset) == [organisation]


def test_relation_page_takes_the_same_queries_for_one_and_for_three_vacancies(client, manager):
    counts = []
    for number in (1, 1, 3):
        organisation = make_organisation()
        for n in range(number):
            role = Role.objects.create(name=f"Rol {Role.objects.count()}")
            held(role, organisation, *LAST_YEAR)
            held(Role.objects.create(name=f"Rol {n} {role.pk}"), organisation, date(2025, 1, 1))
        with CaptureQueriesContext(connection) as asked:
            client.get(page("organisation_relation", organisation.pk))
        counts.append(len(asked))
    assert counts[1] == counts[2] < 20


def test_page_of_a_person_takes_the_same_queries_for_one_and_for_three_roles(client):
    client.force_login(make_person(is_staff=True, is_superuser=True))
    counts = []
    for number in (1, 1, 3):
        person = make_person()
        for _ in range(number):
            role = Role.objects.create(name=f"Rol {Role.objects.count()}")
            held(role, make_organisation(), date(2025, 1, 1), person=person)
        with CaptureQueriesContext(connection) as asked:
            html = client.get(page("person_change", person.pk)).content.decode()
        assert all(f"{position.role.name}</option>" in html for position in person.positions.all())
        counts.append(len(asked))
    assert counts[1] == counts[2]


def test_a_crowd_is_offered_in_part_and_searched_for_the_rest(client, manager):
    organisation = make_organisation()
    people = Person.objects.bulk_create(Person(name=f"Persoon {n:03}", password="!") for n in range(OFFERED + 2))
    Position.objects.bulk_create(
        Position(person=person, organisation=organisation, start=date(2025, 1, 1)) for person in people
    )
    Position.objects.filter(person=people[-1]).update(is_main_contact=True)
    response = client.get(page("organisation_relation", organisation.pk))
    offered = [key for key, _name in response.context["form"].fields["person"].widget.choices]
    # The main contact first of all, then by name; the first choice is nobody.
    assert offered == ["", *[person.pk for person in people[: OFFERED - 1]], people[-1].pk]
    assert (len(response.context["positions"]), response.context["more_positions"]) == (PEOPLE, OFFERED + 2 - PEOPLE)
    assert f"{page('contactmoment_add')}?{urlencode({'organisation': organisation.pk})}" in response.content.decode()
    # Who is not offered may be chosen all the same, there.
    data = {"kind": "phone", "happened_on": "2026-03-10", "person": people[-2].pk}
    client.post(page("organisation_contact", organisation.pk), data)
    assert ContactMoment.objects.get().person == people[-2]


def test_starting_in_a_role_makes_a_position_of_its_own_once(ciso):
    person, organisation = make_person(), make_organisation()
    plain = operations.start_position(person=person, organisation=organisation)
    first, again = (operations.start_position(person=person, organisation=organisation, role=ciso) for _ in range(2))
    assert (first.role, again) == (ciso, first)
    assert list(person.positions.order_by("pk")) == [plain, first]
    assert operations.start_position(person=person, organisation=organisation) in (plain, first)


def test_role_is_kept_once_whatever_the_case(ciso):
    with pytest.raises(IntegrityError):
        Role.objects.create(name="ciso")


def test_role_that_somebody_held_is_not_deleted(client, ciso):
    client.force_login(make_person(is_staff=True, is_superuser=True))
    held(ciso, make_organisation(), *LAST_YEAR)
    client.post(page("role_delete", ciso.pk), {"post": "yes"})
    assert Role.objects.filter(pk=ciso.pk).exists()
    Position.objects.all().delete()
    client.post(page("role_delete", ciso.pk), {"post": "yes"})
    assert not Role.objects.exists()


def test_history_tells_that_somebody_got_a_role(client, ciso):
    client.force_login(make_person(is_staff=True, is_superuser=True))
    position = held(None, make_organisation(), date(2025, 1, 1))
    position.role = ciso
    position.save()
    lines = client.get(page("person_history", position.person_id)).context["lines"]
    assert ("Role", "", "CISO") in [(one.label, one.old, one.new) for line in lines for one in line.changes]


def test_timeline_names_the_role(client, manager, ciso):
    organisation = make_organisation()
    held(ciso, organisation, *LAST_YEAR, title="adviseur")
    moments = client.get(page("organisation_relation", organisation.pk)).context["moments"]
    assert {moment.text for moment in moments if moment.kind == "Position"} == {"adviseur, CISO"}


# Merging two people who worked at one organisation: (role, start, end) of both, and of what comes of it.
EARLY, LATE = date(2020, 1, 1), date(2022, 1, 1)


@pytest.mark.parametrize(
    ("own", "others", "together"),
    [
        # The same role, or none of the two: one position, as long as both together.
        ([("CISO", LATE, None)], [("CISO", EARLY, LAST_YEAR[1])], [("CISO", EARLY, None)]),
        ([(None, LATE, None)], [(None, EARLY, None)], [(None, EARLY, None)]),
        # One knew the role and the other did not.
        ([(None, EARLY, None)], [("CISO", LATE, None)], [("CISO", EARLY, None)]),
        ([("CISO", LATE, None)], [(None, EARLY, None)], [("CISO", EARLY, None)]),
        # A role that ended stays ended: its vacancy must not vanish.
        ([(None, LATE, None)], [("CISO", EARLY, LAST_YEAR[1])], [("CISO", EARLY, LAST_YEAR[1]), (None, LATE, None)]),
        # Two roles are two positions, also when a third row has none.
        ([("CISO", EARLY, None)], [("Bestuurder", LATE, None)], [("CISO", EARLY, None), ("Bestuurder", LATE, None)]),
        (
            [("CISO", EARLY, None), ("Bestuurder", LATE, None)],
            [(None, LATE, None)],
            [("CISO", EARLY, None), ("Bestuurder", LATE, None)],
        ),
    ],
)
def test_merge_keeps_every_role_and_makes_none_last_longer(ciso, director, own, others, together):
    roles = {"CISO": ciso, "Bestuurder": director, None: None}
    boss = make_person(is_staff=True, is_superuser=True)
    organisation, keep, gone = make_organisation(), make_person(), make_person()
    for person, rows in ((keep, own), (gone, others)):
        for role, start, end in rows:
            held(roles[role], organisation, start, end, person=person)
    before = list(Position.objects.order_by("pk").values())
    done = merge(keep=keep, gone=gone, by=boss)
    rows = keep.positions.order_by("start", "pk").values_list("role__name", "start", "end")
    assert list(rows) == together
    undo(merge=done, by=boss)
    assert list(Position.objects.order_by("pk").values()) == before

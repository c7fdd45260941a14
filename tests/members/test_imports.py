"""Import and export of people and organisations, through the pages of the administration."""

import csv
import time
from datetime import date, timedelta
from io import BytesIO, StringIO

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import Workbook, load_workbook

from knowledge_groups.models import GroupMembership
from members.models import EmailDomain, Membership, Organisation, Person, Position, Role
from sectors.models import SectorRole
from tests.factories import make_group, make_organisation, make_person, make_programme_manager, make_sector

pytestmark = pytest.mark.django_db

HEADINGS = ["Naam", "E-mailadres", "Telefoon", "Organisatie", "Functie", "Sinds", "Hoofdcontact"]


@pytest.fixture
def boss(client) -> Client:
    client.force_login(make_person(name="Beheer", is_staff=True, is_superuser=True))
    return client


def csv_file(rows: list[list], *, mark: str = ";", encoding: str = "utf-8-sig", name: str = "mensen.csv"):
    file = StringIO(newline="")
    csv.writer(file, delimiter=mark).writerows(rows)
    return SimpleUploadedFile(name, file.getvalue().encode(encoding))


def xlsx_file(rows: list[list]) -> SimpleUploadedFile:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    file = BytesIO()
    book.save(file)
    return SimpleUploadedFile("mensen.xlsx", file.getvalue())


def look_through(client: Client, file, model: str = "person"):
    data = {"import_file": file, "format": "0", "resource": "0"}
    return client.post(reverse(f"admin:members_{model}_import"), data)


def confirm(client: Client, response, model: str = "person"):
    form = response.context["confirm_form"]
    data = {name: form[name].value() for name in form.fields}
    return client.post(reverse(f"admin:members_{model}_process_import"), data)


def bring_in(client: Client, file, model: str = "person"):
    looked = look_through(client, file, model)
    assert looked.context["faults"] == []
    return confirm(client, looked, model)


def faults_of(response) -> list[tuple]:
    return [(fault.row, fault.column) for fault in response.context["faults"]]


def everything() -> list:
    names = ["pk", "name", "email", "phone", "is_active", "is_staff", "password"]
    return [
        list(Person.objects.order_by("pk").values_list(*names)),
        list(Position.objects.order_by("pk").values()),
        list(Organisation.objects.order_by("pk").values()),
        list(Membership.objects.order_by("pk").values()),
        list(EmailDomain.objects.order_by("pk").values()),
        LogEntry.objects.count(),
    ]


@pytest.mark.parametrize(
    "make",
    [
        csv_file,
        xlsx_file,
        lambda rows: csv_file(rows, mark=","),
        lambda rows: csv_file(rows, encoding="cp1252"),
        lambda rows: csv_file(rows, encoding="utf-8"),
        lambda rows: csv_file(rows, encoding="utf-16"),
    ],
)
def test_people_come_in_from_any_spreadsheet(boss, make):
    place = make_organisation(name="gemeente Súdwest-Fryslân")
    rows = [
        [" naam", "E-MAIL", "telefoonnummer", "Organisatie", "Functie", "Sinds", "Hoofd contact"],
        [
            "Jörg Bakker",
            "JORG@proef.example",
            "0512 123456",
            "Gemeente Súdwest-Fryslân",
            "adviseur",
            "31-12-2024",
            "ja",
        ],
        ["", "", "", "", "", "", ""],
        ["Zonder Adres", "", "", "gemeente Súdwest-Fryslân", "", "2026-01-31", ""],
    ]
    assert bring_in(boss, make(rows)).status_code == 302
    person = Person.objects.get(email="jorg@proef.example")
    position = person.positions.get()
    assert (person.name, person.phone, person.is_staff, person.has_usable_password()) == (
        "Jörg Bakker", "0512 123456", False, False
    )  # fmt: skip
    assert (position.organisation, position.title, position.start, position.is_main_contact) == (
        place, "adviseur", date(2024, 12, 31), True
    )  # fmt: skip
    assert Person.objects.get(name="Zonder Adres").positions.get().start == date(2026, 1, 31)
    # The same file twice changes nothing, whatever is written about it.
    before = everything()
    response = look_through(boss, make(rows))
    assert response.context["totals"] == {"new": 0, "changed": 0, "same": 2}
    confirm(boss, response)
    after = everything()
    assert after[:-1] == before[:-1]
    assert after[-1] == before[-1] + 1


def test_xlsx_with_real_dates_and_numbers(boss):
    place = make_organisation()
    rows = [HEADINGS, ["Jan", "jan@proef.example", 612345678, place.name, "", date(2025, 3, 1), True]]
    bring_in(boss, xlsx_file(rows))
    position = Position.objects.get(person__email="jan@proef.example")
    assert (position.person.phone, position.start, position.is_main_contact) == ("612345678", date(2025, 3, 1), True)


def test_empty_cells_and_missing_columns_leave_what_is_there(boss):
    person = make_person(email="jan@proef.example", name="Jan", phone="06", organisation=make_organisation())
    bring_in(boss, csv_file([["Naam", "E-mail", "Telefoon"], ["Jan de Boer", "jan@proef.example", ""]]))
    person.refresh_from_db()
    assert (person.name, person.phone, person.positions.count()) == ("Jan de Boer", "06", 1)


def test_somebody_of_this_name_there_without_an_address_gets_it(boss):
    place = make_organisation()
    known = make_person(email=None, name="Jan Bakker", organisation=place)
    make_person(email=None, name="Jan Bakker", organisation=make_organisation())  # a name alone says nothing
    bring_in(boss, csv_file([HEADINGS[:4], ["jan bakker", "jan@proef.example", "", place.name]]))
    known.refresh_from_db()
    assert (known.email, Person.objects.filter(email="jan@proef.example").count()) == ("jan@proef.example", 1)


# What is wrong in which cell of a file of a thousand people, and the cells that are named for it.
FAULTS = {
    (17, "E-mailadres"): "geen-adres",
    (40, "Organisatie"): "gemeente Bestaat Niet",
    (99, "Sinds"): "31-02-2026",
    (100, "Naam"): "",
    (250, "Hoofdcontact"): "misschien",
    (333, "Naam"): "x" * 121,
    (404, "E-mailadres"): "persoon-1@proef.example",
    (405, "Telefoon"): "0" * 31,
    (500, "Organisatie"): "",
    (750, "E-mailadres"): "manager@proef.example",
    (800, "Organisatie"): "Twee",
    (1001, "Functie"): "y" * 121,
}
NAMED = sorted({*FAULTS, (750, "Naam")} - {(750, "E-mailadres")})


def thousand_people() -> list[list]:
    """Make what the file points at, and return its rows, each right."""
    places = [make_organisation() for _n in range(20)]
    make_programme_manager(make_sector(), email="manager@proef.example", name="Marijke Manager")
    make_organisation(name="Een Naam", short_name="Twee")
    make_organisation(name="Andere Naam", short_name="Twee")
    return [HEADINGS] + [
        [f"Persoon {n}", f"persoon-{n}@proef.example", "06", places[n % 20].name, "rol", "1-2-2026", "nee"]
        for n in range(1000)
    ]


def with_faults(rows: list[list]) -> list[list]:
    rows = [list(row) for row in rows]
    for (row, column), value in FAULTS.items():
        rows[row - 1][HEADINGS.index(column)] = value
    return rows


def test_a_file_of_a_thousand_people_shows_exactly_its_twelve_faults(boss):
    rows = with_faults(thousand_people())
    before, start = everything(), time.process_time()  # of this process: others may keep the machine busy
    response = look_through(boss, csv_file(rows))
    assert faults_of(response) == NAMED
    assert time.process_time() - start < 20
    assert "confirm_form" not in response.context
    assert everything() == before
    page = response.content.decode()
    assert all(
        fault.message in response.context["faults"][n].message for n, fault in enumerate(response.context["faults"])
    )
    assert page.count("<tr>") >= 12


def test_faults_in_the_headings_are_told_and_nothing_happens(boss):
    before = everything()
    response = look_through(boss, csv_file([["Naam", "Schoenmaat", "naam", ""], ["Jan", "42", "Piet", "x"]]))
    assert faults_of(response) == [(1, "4"), (1, "Schoenmaat"), (1, "naam")]
    assert faults_of(look_through(boss, csv_file([["E-mail"], ["jan@proef.example"]])))[0] == (1, "Naam")
    assert everything() == before


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("stuk.pdf", b"%PDF-1.7 ..."),
        ("oud.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600),
        ("leeg.csv", b""),
        ("kop.csv", b"Naam;E-mail\r\n"),
        ("wit.csv", b"  \r\n \r\n"),
        ("groot.csv", b"Naam\r\n" + b"x" * 1_600_000),
        ("zip.xlsx", b"PK\x03\x04 geen zip"),
        ("plaatje.csv", b"\x89PNG\r\n\x1a\n\0\0"),
        ("lang.csv", b"Naam\r\n" + b"x\r\n" * 10_001),
        ("nul.csv", b"Naam\r\nJan\0\r\n"),
    ],
)
def test_other_files_are_refused_with_a_sentence(boss, name, data):
    before = everything()
    response = look_through(boss, SimpleUploadedFile(name, data))
    assert response.status_code == 200
    assert len(response.context["form"].errors["import_file"]) == 1
    assert "confirm_form" not in response.context
    assert everything() == before


def test_import_never_touches_who_enters_the_administration_nor_rights(boss):
    place = make_organisation()
    manager = make_programme_manager(make_sector(), email="pm@proef.example", name="Petra", phone="06")
    make_person(email="staf@proef.example", name="Staf", is_staff=True)
    rows = [
        ["Naam", "E-mail", "Telefoon"],
        ["Anders", "pm@proef.example", ""],
        ["Ook Anders", "staf@proef.example", ""],
    ]
    assert faults_of(look_through(boss, csv_file(rows))) == [(2, "Naam"), (3, "Naam")]
    # An address for somebody who has a role but none yet would hand over that role.
    silent = make_person(email=None, name="Stille Rol", organisation=place)
    SectorRole.objects.create(sector=make_sector(), person=silent, role="programme_manager", start=date(2020, 1, 1))
    rows = [["Naam", "E-mail", "Organisatie"], ["Stille Rol", "dief@proef.example", place.name]]
    assert faults_of(look_through(boss, csv_file(rows))) == [(2, "E-mailadres")]
    for column in ("is_staff", "password", "groups", "is_superuser", "Wachtwoord"):
        assert faults_of(look_through(boss, csv_file([["Naam", column], ["Jan", "1"]]))) == [(1, column)]
    # Under her own name she may be in a list.
    bring_in(boss, csv_file([["Naam", "E-mail", "Telefoon"], ["Petra", "pm@proef.example", "07"]]))
    manager.refresh_from_db()
    assert (manager.phone, manager.has_usable_password()) == ("07", False)


def test_confirming_takes_only_what_was_given_out(boss):
    looked = look_through(boss, csv_file([["Naam"], ["Jan"]]))
    form = looked.context["confirm_form"]
    data = {name: form[name].value() for name in form.fields}
    data["import_file_name"] = data["import_file_name"][:-3] + "abc"
    response = boss.post(reverse("admin:members_person_process_import"), data)
    assert response.status_code == 200
    assert not Person.objects.filter(name="Jan").exists()


def test_what_was_right_before_is_looked_through_again(boss):
    looked = look_through(boss, csv_file([["Naam", "Organisatie"], ["Jan", make_organisation(name="Weg").name]]))
    Organisation.objects.filter(name="Weg").update(name="Anders")
    response = confirm(boss, looked)
    assert faults_of(response) == [(2, "Organisatie")]
    assert not Person.objects.filter(name="Jan").exists()


def test_organisations_come_in_and_twice_changes_nothing(boss):
    province = make_organisation(name="provincie Drenthe", slug="drenthe", kind="province", cbs_code="PV22")
    old = make_organisation(name="gemeente Borger", cbs_code="GM1681", is_member=False)
    rows = [
        ["Naam", "Soort", "CBS-code", "Provincies", "Website", "E-maildomein", "Lid sinds"],
        [
            "gemeente Borger-Odoorn",
            "gemeente",
            "gm1681".upper(),
            "Drenthe",
            "www.bo.example",
            "bo.example",
            "1-1-2020",
        ],
        ["Zorg Noord", "Zorg", "", "", "", "zorg.example, zorgnoord.example", ""],
        ["zorg zuid", "care", "", "provincie Drenthe", "", "", "2021-01-01"],
    ]
    bring_in(boss, csv_file(rows), "organisation")
    old.refresh_from_db()
    assert (old.name, old.website, list(old.provinces.all())) == (
        "gemeente Borger-Odoorn", "https://www.bo.example", [province]
    )  # fmt: skip
    assert old.memberships.get().start == date(2020, 1, 1)
    assert Organisation.objects.get(name="Zorg Noord").email_domains.count() == 2
    assert Organisation.objects.get(name="zorg zuid").kind == Organisation.Kind.CARE
    before = everything()
    response = look_through(boss, csv_file(rows), "organisation")
    assert response.context["totals"] == {"new": 0, "changed": 0, "same": 3}
    assert everything() == before


def test_faults_of_organisations(boss):
    make_organisation(name="Bezet", domain="bezet.example")
    rows = [
        ["Naam", "Soort", "Provincie", "E-maildomein", "Lid sinds", "Website"],
        ["A", "Planeet", "", "", "", ""],
        ["B", "Zorg", "Utopia", "", "", ""],
        ["C", "Zorg", "", "bezet.example", "", ""],
        ["D", "Zorg", "", "geen domein!", "ooit", ""],
        ["Bezet", "", "", "", "1-1-2025", "geen site"],
        ["d", "Zorg", "", "", "", ""],
    ]
    assert faults_of(look_through(boss, csv_file(rows), "organisation")) == [
        (2, "Soort"), (3, "Provincies"), (4, "E-maildomein"), (5, "E-maildomein"), (5, "E-maildomein"),
        (5, "Lid sinds"), (6, "Lid sinds"), (6, "Website"), (7, "Naam"),
    ]  # fmt: skip


def test_import_gives_roles_by_name_and_says_which_it_does_not_know(boss):
    ciso, _cio = Role.objects.create(name="CISO"), Role.objects.create(name="CIO")
    place = make_organisation()
    head = ["Naam", "E-mailadres", "Organisatie", "Rol"]
    good = [head, ["Jan", "jan@proef.example", place.name, "ciso"], ["Piet", "piet@proef.example", place.name, ""]]
    bad = [head, ["Els", "els@proef.example", place.name, "Baas"], ["Ada", "ada@proef.example", "", "CIO"]]
    response = look_through(boss, csv_file(bad))
    assert faults_of(response) == [(2, "Rol"), (3, "Organisatie")]
    assert "CIO, CISO" in response.context["faults"][0].message
    bring_in(boss, csv_file(good))
    found = Position.objects.order_by("person__name").values_list("person__name", "organisation", "role")
    assert list(found) == [("Jan", place.pk, ciso.pk), ("Piet", place.pk, None)]
    assert look_through(boss, csv_file(good)).context["totals"] == {"new": 0, "changed": 0, "same": 2}


def test_import_changes_the_position_with_that_role(boss):
    ciso, cio = Role.objects.create(name="CISO"), Role.objects.create(name="CIO")
    place = make_organisation()
    person = make_person(email="jan@proef.example", name="Jan")
    for role, start in ((ciso, date(2020, 1, 1)), (cio, date(2021, 1, 1)), (None, date(2022, 1, 1))):
        Position.objects.create(person=person, organisation=place, role=role, start=start)
    head = ["Naam", "E-mailadres", "Organisatie", "Rol", "Functie"]
    bring_in(boss, csv_file([head, ["Jan", person.email, place.name, "CIO", "hoofd"]]))
    rows = person.positions.order_by("start").values_list("role", "title")
    assert list(rows) == [(ciso.pk, ""), (cio.pk, "hoofd"), (None, "")]


@pytest.mark.parametrize("format", ["0", "1"])
def test_export_holds_what_the_list_shows_and_can_come_back(boss, format):
    place = make_organisation(name="=HYPERLINK(1)")
    one = make_person(name="@SUM(1)", email="a@proef.example", phone="+31 6 123", organisation=place)
    one.positions.update(role=Role.objects.create(name="CISO"))
    make_person(name="Anders", email="b@proef.example")
    url = reverse("admin:members_person_export") + "?q=proef.example&member=yes"
    response = boss.post(url, {"format": format, "resource": "0"})
    assert response.status_code == 200
    body = response.content
    if format == "0":
        rows = list(csv.reader(StringIO(body.decode("utf-8-sig")), delimiter=";"))
        assert rows[1][:4] == ["'@SUM(1)", "a@proef.example", "'+31 6 123", "'=HYPERLINK(1)"]
        assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
        name = "mensen.csv"
    else:
        sheet = load_workbook(BytesIO(body)).active
        assert [cell.data_type for cell in sheet[2]][:4] == ["s"] * 4
        rows = [[cell.value or "" for cell in row] for row in sheet.rows]
        name = "mensen.xlsx"
    assert len(rows) == 2
    assert dict(zip(*rows, strict=True))["Rol"] == "CISO"
    entry = LogEntry.objects.filter(action=LogEntry.Action.ACCESS).get()
    assert (entry.additional_data["said"], entry.additional_data["rows"]) == ("export", 1)
    response = look_through(boss, SimpleUploadedFile(name, body))
    assert response.context["faults"] == []
    assert response.context["totals"] == {"new": 0, "changed": 0, "same": 1}


def test_export_of_organisations_can_come_back(boss):
    province = make_organisation(name="Drenthe", kind="province")
    make_organisation(domain="x.example", website="https://x.example").provinces.add(province)
    response = boss.post(reverse("admin:members_organisation_export"), {"format": "1", "resource": "0"})
    back = look_through(boss, SimpleUploadedFile("o.xlsx", response.content), "organisation")
    assert back.context["totals"] == {"new": 0, "changed": 0, "same": 2}


@pytest.mark.parametrize("model", ["person", "organisation"])
def test_import_and_export_have_rights_of_their_own(client, model):
    staff = make_person(is_staff=True)
    names = [f"{action}_{model}" for action in ("view", "add", "change", "delete")]
    staff.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(staff)
    for action in ("import", "export"):
        url = reverse(f"admin:members_{model}_{action}")
        assert (client.get(url).status_code, client.post(url, {"format": "0"}).status_code) == (403, 403)
    assert client.post(reverse(f"admin:members_{model}_process_import"), {}).status_code == 403
    page = client.get(reverse(f"admin:members_{model}_changelist")).content.decode()
    assert "import/" not in page
    staff.user_permissions.add(*Permission.objects.filter(codename__in=[f"import_{model}", f"export_{model}"]))
    page = client.get(reverse(f"admin:members_{model}_changelist")).content.decode()
    assert "import/" in page
    assert "export/" in page
    for action in ("import", "export"):
        assert client.get(reverse(f"admin:members_{model}_{action}")).status_code == 200


@pytest.mark.parametrize("model", ["person", "organisation"])
def test_exports_ask_as_many_queries_for_three_rows_as_for_one(
    boss, model, django_assert_max_num_queries, django_assert_num_queries
):
    def export():
        boss.post(reverse(f"admin:members_{model}_export"), {"format": "0", "resource": "0"})

    make_person(organisation=make_organisation())
    export()
    with django_assert_max_num_queries(20) as captured:
        export()
    for _n in range(3):
        make_person(organisation=make_organisation())
    with django_assert_num_queries(len(captured)):
        export()


def test_import_is_told_in_the_history(boss):
    bring_in(boss, csv_file([["Naam", "E-mail"], ["Jan", "jan@proef.example"]]))
    entries = LogEntry.objects.filter(additional_data__said="import")
    assert [(e.actor.name, e.additional_data["file"], e.additional_data["new"]) for e in entries] == [
        ("Beheer", "mensen.csv", 1)
    ]
    person = Person.objects.get(name="Jan")
    assert LogEntry.objects.get(object_id=person.pk, action=LogEntry.Action.CREATE).actor.name == "Beheer"


def test_import_never_gives_an_address_to_who_has_a_role_now_or_later(client):
    place = make_organisation()
    client.force_login(make_programme_manager(make_sector()))
    silent = [make_person(email=None, name=f"Stil {n}", organisation=place) for n in range(4)]
    soon = timezone.localdate() + timedelta(days=1)
    SectorRole.objects.create(sector=make_sector(), person=silent[0], role="chair", start=date(2020, 1, 1))
    SectorRole.objects.create(sector=make_sector(), person=silent[1], role="programme_manager", start=soon)
    GroupMembership.objects.create(group=make_group(), person=silent[2], role="lead", start=soon)
    rows = [["Naam", "E-mail", "Organisatie"]]
    rows += [[one.name, f"dief-{n}@proef.example", place.name] for n, one in enumerate(silent)]
    response = look_through(client, csv_file(rows))
    assert faults_of(response) == [(2, "E-mailadres"), (3, "E-mailadres"), (4, "E-mailadres")]


def test_import_takes_domains_and_memberships_only_from_who_may_add_them(client):
    staff, old = make_person(is_staff=True), make_organisation(name="Oud", is_member=False, domain="oud.example")
    names = ["view_organisation", "add_organisation", "change_organisation", "import_organisation"]
    staff.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(staff)
    rows = [
        ["Naam", "Soort", "E-maildomein", "Lid sinds"],
        ["Oud", "", "oud.example, eigen.example", "1-1-2026"],
        ["Nieuw", "Zorg", "nieuw.example", ""],
        ["Anders", "Zorg", "", ""],
    ]
    before = everything()
    looked = look_through(client, csv_file(rows), "organisation")
    assert faults_of(looked) == [(2, "E-maildomein"), (2, "Lid sinds"), (3, "E-maildomein")]
    assert everything() == before
    # Between the look and the confirmation a right may end too.
    granted = Permission.objects.filter(codename__in=["add_emaildomain", "add_membership"])
    staff.user_permissions.add(*granted)
    looked = look_through(client, csv_file(rows), "organisation")
    assert looked.context["faults"] == []
    staff.user_permissions.remove(*granted)
    assert len(faults_of(confirm(client, looked, "organisation"))) == 3
    staff.user_permissions.add(*granted)
    assert confirm(client, looked, "organisation").status_code == 302
    assert (old.email_domains.count(), old.memberships.count()) == (2, 1)


@pytest.mark.parametrize("model", ["person", "organisation"])
def test_export_with_an_unknown_filter_goes_back_to_the_list(boss, model):
    for page in (boss.get, boss.post):
        response = page(reverse(f"admin:members_{model}_export") + "?format=x")
        assert (response.status_code, response.url) == (302, reverse(f"admin:members_{model}_changelist") + "?e=1")

import csv
from datetime import timedelta
from io import BytesIO, StringIO

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from events import exports
from events.operations import registrations as operations
from events.seats import Choice
from members.models import Person
from tests.factories import (
    amsterdam,
    make_block,
    make_chair,
    make_event,
    make_member,
    make_organisation,
    make_person,
    make_programme_manager,
    make_registration,
    make_sector,
    make_session,
)

pytestmark = pytest.mark.django_db
NOW = amsterdam(2026, 12, 1, 9, 30)
HEADER = [
    "Naam",
    "Organisatie",
    "E-mailadres",
    "Status",
    "Plaats op de wachtlijst",
    "Sessies",
    "Eet niet",
    "Naam is zichtbaar",
    "Aangemeld door",
    "Aangemeld op",
    "Was erbij",
]


@pytest.fixture
def sector():
    return make_sector()


@pytest.fixture
def event(sector):
    return make_event(slug="tolbert", title="Tolbert", sectors=[sector], capacity=1, start=NOW + timedelta(days=9))


def client_of(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def client(sector):
    return client_of(make_programme_manager(sector, name="Petra Programma"))


def body_of(response) -> bytes:
    assert response.status_code == 200
    return b"".join(response.streaming_content) if response.streaming else response.content


def read(kind: str, body: bytes) -> list[list]:
    if kind == "csv":
        text = body.decode("utf-8")
        assert text.startswith("\ufeff")
        return list(csv.reader(StringIO(text[1:]), delimiter=";"))
    sheet = load_workbook(BytesIO(body)).active
    assert sheet.freeze_panes == "A2"
    return [["" if value is None else value for value in row] for row in sheet.iter_rows(values_only=True)]


def export(client: Client, kind: str, slug: str = "tolbert") -> list[list]:
    response = client.post(reverse("events:export", args=[slug]), {"kind": kind})
    assert response["Content-Disposition"] == f'attachment; filename="{slug}.{kind}"'
    assert response["Content-Type"] == exports.TYPES[kind]
    assert "no-store" in response["Cache-Control"]
    return read(kind, body_of(response))


@time_machine.travel(NOW, tick=False)
def test_export_is_exactly_the_managers_list(client, event):
    block = make_block(event)
    session = make_session(block, title="Het Kindpakket")
    organisation = make_organisation(name="gemeente Noordenveld")
    sits = make_member(organisation=organisation, name="Zoë Zit; met punt", email="zit@voorbeeld.example")
    waits = make_person(name="Wil Wacht", email=None)
    operations.register(
        event=event, person=sits, choices={block.pk: Choice(session.pk)}, dietary_wish="geen noten", name_visible=True
    )
    make_registration(event, waits, status="waiting", registered_by=sits)
    make_registration(event, status="cancelled")
    moment = {"csv": "2026-12-01 09:30:00", "xlsx": NOW.replace(tzinfo=None)}
    place = {"csv": "1", "xlsx": 1}
    seated = ["Zoë Zit; met punt", "gemeente Noordenveld", "zit@voorbeeld.example", "Aangemeld", ""]
    for kind in ("csv", "xlsx"):
        assert export(client, kind) == [
            HEADER,
            [*seated, "Het Kindpakket", "geen noten", "ja", "", moment[kind], ""],
            ["Wil Wacht", "", "", "Wachtlijst", place[kind], "", "", "nee", "Zoë Zit; met punt", moment[kind], ""],
        ]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize(
    "name", ["=1+1", "+31", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", '=HYPERLINK("http://x";"y")']
)
def test_export_never_begins_a_cell_as_a_formula(client, event, kind, name):
    make_registration(event, make_member(name=name), dietary_wish=name)
    rows = export(client, kind)
    # A spreadsheet file has no bare carriage return inside a cell.
    assert [rows[1][0].replace("\r", "\n"), rows[1][6].replace("\r", "\n")] == [f"'{name}".replace("\r", "\n")] * 2


def test_export_leaves_out_what_a_workbook_cannot_hold_and_has_no_formula(client, event):
    make_registration(event, make_member(name="Bel\x07 en \x0b"), dietary_wish="=1+1")
    response = client.post(reverse("events:export", args=["tolbert"]), {"kind": "xlsx"})
    sheet = load_workbook(BytesIO(response.content)).active
    assert sheet["A2"].value == "Bel en "
    assert "f" not in {cell.data_type for row in sheet.iter_rows() for cell in row}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_export_asks_as_much_at_one_row_as_at_three(client, event, kind):
    def ask() -> int:
        with CaptureQueriesContext(connection) as queries:
            export(client, kind)
        return len(queries)

    make_registration(event)
    first = ask()
    make_registration(event, registered_by=make_member())
    make_registration(event, status="waiting")
    assert ask() == first < 12


def test_export_is_written_down(client, event):
    export(client, "xlsx")
    entry = LogEntry.objects.get()
    assert (entry.user.name, entry.object_id, entry.object_repr) == ("Petra Programma", str(event.pk), "Tolbert")
    assert entry.get_change_message() == "Aanmeldingen geëxporteerd als XLSX."


def test_export_only_by_post_and_only_as_a_file_we_know(client, event):
    url = reverse("events:export", args=["tolbert"])
    assert client.get(url).status_code == 405
    assert client.post(url, {"kind": "pdf"}).status_code == 404
    assert not LogEntry.objects.exists()


def test_export_is_for_who_manages_the_meeting(event, sector):
    member = make_member()
    make_registration(event, member)
    for person in (make_person(), member, make_chair(sector), make_programme_manager(make_sector())):
        response = client_of(person).post(reverse("events:export", args=["tolbert"]), {"kind": "csv"})
        assert response.status_code == 404
    assert Client().post(reverse("events:export", args=["tolbert"]), {"kind": "csv"}).status_code == 302
    assert not LogEntry.objects.exists()


def test_action_exports_the_chosen_rows_of_my_own_sector_alone(client, event):
    mine, other = make_registration(event), make_registration(make_event())
    make_registration(event)
    data = {"action": "export_csv", "_selected_action": [mine.pk, other.pk]}
    response = client.post(reverse("admin:events_registration_changelist"), data)
    rows = read("csv", body_of(response))
    assert [row[:2] for row in rows] == [["Bijeenkomst", "Naam"], ["Tolbert", mine.person.name]]
    assert [entry.object_id for entry in LogEntry.objects.all()] == [str(event.pk)]

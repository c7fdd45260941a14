import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from noord.inbox.models import IncomingMessage, MailboxReading
from noord.inbox.receiving import receive
from noord.inbox.replies import Outcome
from tests.factories import make_person
from tests.noord.inbox_handling import Noting
from tests.noord.inbox_messages import ANNA, exchange, gmail, plain

pytestmark = pytest.mark.django_db

LIST = "/beheer/inbox/incomingmessage/"
MAILBOXES = "/beheer/inbox/mailboxreading/"


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(make_person(is_staff=True, is_superuser=True))
    return client


def act(staff: Client, action: str):
    chosen = list(IncomingMessage.objects.values_list("pk", flat=True))
    return staff.post(LIST, {"action": action, "_selected_action": chosen}, follow=True)


def test_the_tray_takes_the_same_queries_for_one_and_for_three(staff: Client, django_assert_max_num_queries):
    for raws in ([plain()], [exchange(), gmail()]):
        for raw in raws:
            receive(raw)
        with django_assert_max_num_queries(8):
            page = staff.get(LIST).content.decode()
    assert [ANNA in page, "pieter.bakker@provincie.example" in page] == [True, True]


@pytest.mark.parametrize(("query", "found"), [("q=pieter", 1), ("state__exact=tray", 2), ("kind__exact=bounce", 0)])
def test_the_tray_is_searched_and_filtered(staff: Client, noting: Noting, query: str, found: int):
    for raw in (plain(), exchange(results=[]), gmail()):
        receive(raw)
    assert staff.get(f"{LIST}?{query}").context["cl"].result_count == found


def test_a_message_is_shown_as_text_and_never_as_a_page(staff: Client):
    raw = plain("</textarea><script>alert(1)</script>{{ 7 }}", headers="X-A: <b onclick=alert(2)>\n")
    raw = raw.replace(b"Subject: Vraag", b"Subject: <img src=x onerror=alert(3)>")
    message = receive(raw)
    for url in (LIST, f"{LIST}{message.pk}/change/"):
        page = staff.get(url).content.decode()
        assert [text in page for text in ("<script>alert", "<b onclick", "<img src=x")] == [False] * 3
    assert "&lt;/textarea&gt;&lt;script&gt;alert(1)" in page
    assert [name in page for name in ('name="_save"', "deletelink")] == [False] * 2


@pytest.mark.parametrize("raw", [gmail(), b"", b"\x00\xff", exchange() + b"x" * 3_000_000])
def test_any_message_can_be_looked_at(staff: Client, raw: bytes):
    assert staff.get(f"{LIST}{receive(raw).pk}/change/").status_code == 200


def test_the_words_of_a_message_are_shown_without_their_encoding(staff: Client):
    page = staff.get(f"{LIST}{receive(exchange(results=[])).pk}/change/").content.decode()
    assert "Tot dan, ik ben er om kwart over één." in page
    assert "PARTSTAT=ACCEPTED" in page


def test_try_again_and_mark_as_handled_call_the_verbs_and_are_logged(staff: Client, noting: Noting):
    noting.act = lambda reply: Outcome(is_done=False, reason="Nog niet.")
    receive(exchange())
    receive(plain())
    noting.act = lambda reply: Outcome(is_done=True, reason="Genoteerd.")
    assert [message.level_tag for message in act(staff, "try_again").context["messages"]] == ["success"]
    assert sorted(IncomingMessage.objects.values_list("state", flat=True)) == ["done", "tray"]
    assert [message.level_tag for message in act(staff, "mark_handled").context["messages"]] == ["success"]
    assert [message.level_tag for message in act(staff, "mark_handled").context["messages"]] == ["warning"]
    assert set(IncomingMessage.objects.values_list("state", flat=True)) == {"done"}
    assert set(LogEntry.objects.values_list("change_message", flat=True)) == {
        "inbox: try_again",
        "inbox: mark_handled",
    }


def test_the_mailboxes_show_how_the_last_reading_went(staff: Client):
    MailboxReading.objects.create(mailbox="agenda @ imap", lease_ends_at=timezone.now(), error="LoginError: nee")
    page = staff.get(MAILBOXES).content.decode()
    assert ["agenda @ imap" in page, "LoginError: nee" in page] == [True, True]


@pytest.mark.parametrize("url", [LIST, MAILBOXES])
def test_only_administrators_see_what_came_in(client: Client, url: str):
    client.force_login(make_person(is_staff=True))
    assert client.get(url).status_code == 404

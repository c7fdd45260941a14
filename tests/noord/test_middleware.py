import pytest
from django.core.exceptions import BadRequest
from django.db import DataError
from django.http import HttpResponse
from django.test import Client

from noord.middleware import RefuseOddInput
from sectors.models import Sector
from tests.factories import make_event, make_member, make_person, make_sector

pytestmark = pytest.mark.django_db


def test_pages_of_somebody_who_is_logged_in_are_stored_nowhere():
    client = Client()
    client.force_login(make_member(), backend="allauth.account.auth_backends.AuthenticationBackend")
    make_event(slug="bijeenkomst")
    for url in ("/", "/agenda/", "/agenda/bijeenkomst/", "/mijn/", "/mijn/gegevens/", "/account/email/"):
        assert "no-store" in client.get(url)["Cache-Control"], url


@pytest.mark.parametrize("url", ["/", "/agenda/", "/agenda/bijeenkomst/", "/sectoren/", "/leden/", "/privacy/"])
def test_public_pages_carry_an_etag_and_answer_304(url):
    make_event(slug="bijeenkomst")
    response = Client().get(url)
    assert "Cache-Control" not in response
    assert Client().get(url, headers={"if-none-match": response["ETag"]}).status_code == 304


def test_every_answer_carries_the_safety_headers():
    for url in ("/", "/bestaat-niet/", "/mijn/", "/gezond/", "/agenda.ics"):
        response = Client().get(url)
        assert response["X-Content-Type-Options"] == "nosniff", url
        assert response["X-Frame-Options"] == "DENY", url
        assert response["Referrer-Policy"] == "same-origin", url
        policy = response["Content-Security-Policy"]
        assert "default-src 'self'" in policy, url
        assert "unsafe" not in policy, url


def ask(url: str) -> HttpResponse:
    """Get the page as a superuser, from a portal that answers instead of raising."""
    client = Client(raise_request_exception=False)
    client.force_login(make_person(is_staff=True, is_superuser=True))
    return client.get(url)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "url",
    [
        "/agenda/%00/", "/sectoren/%00/", "/kennisgroepen/a%00b/", "/%00", "/mail/stop/%00/", "/agenda/antwoord/%00/",
        "/agenda/persoonlijk/%00.ics", "/agenda/?maand=%00", "/leden/?q=a%00", "/agenda.ics?x=%00",
        "/account/login/?next=%00", "/mijn/?%00", "/beheer/%00", "/beheer/events/event/%00/change/",
    ],
)  # fmt: skip
def test_nul_in_an_address_is_no_error_of_ours(url):
    assert ask(url).status_code < 500


HUGE = "9" * 30


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "address",
    [
        "events/event/?start__year=9999",
        "events/event/?start__year=0",
        f"events/event/?id__in={HUGE}",
        f"events/event/?id__exact={HUGE}",
        f"events/event/?p={HUGE}",
        f"events/event/{HUGE}/change/",
        "events/event/_00/change/",
        f"events/event/{HUGE}/delete/",
        "events/event/abc/history/",
        "events/programmeitem/add/?event=abc",
        f"events/programmeitem/add/?event={HUGE}",
        "autocomplete/?term=%00&app_label=events&model_name=registration&field_name=person",
        f"autocomplete/?term=x&page={HUGE}&app_label=events&model_name=registration&field_name=person",
        "events/event/?q=%00",
        "events/event/?o=abc",
    ],
)
def test_odd_address_in_the_administration_is_no_error_of_ours(address, caplog):
    make_event()
    response = ask(f"/beheer/{address}")
    assert response.status_code < 500
    if response.status_code == 400:
        assert 'class="n-top"' in response.content.decode()
        assert response["X-Frame-Options"] == "DENY"
        assert any(record.exc_info for record in caplog.records if record.name == "noord.middleware")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("chosen", ["abc", HUGE, "\0"])
def test_odd_choice_in_the_administration_is_no_error_of_ours(chosen):
    make_sector()
    client = Client(raise_request_exception=False)
    client.force_login(make_person(is_staff=True, is_superuser=True))
    data = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    assert client.post("/beheer/sectors/sector/", data).status_code < 500
    assert Sector.objects.count() == 1


def test_error_of_ours_stays_one(rf):
    guard = RefuseOddInput(lambda request: None)
    assert guard.process_exception(rf.get("/agenda/?x=%2500"), ValueError()) is None
    assert guard.process_exception(rf.post("/beheer/events/event/1/change/", {"title": "x"}), ValueError()) is None
    assert guard.process_exception(rf.get("/beheer/?x=%00"), KeyError()) is None


@pytest.mark.parametrize("address", ["/agenda/?x=%00", "/agenda/%00/"])
def test_nul_that_a_page_fails_on_is_a_bad_request(rf, address):
    with pytest.raises(BadRequest):
        RefuseOddInput(lambda request: None).process_exception(rf.get(address), DataError())

import pytest
from django.test import Client

from tests.factories import make_event, make_member

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

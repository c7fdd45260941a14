import pytest
from django.conf import settings
from django.test import Client

from noord.sessions import SessionStore
from tests.factories import make_event, make_person

pytestmark = pytest.mark.django_db


@pytest.mark.postgres
@pytest.mark.parametrize("url", ["/", "/agenda/", "/agenda.ics", "/mijn/", "/beheer/"])
def test_page_opens_with_a_nul_in_the_cookie(url):
    make_event()
    cookie = f'{settings.SESSION_COOKIE_NAME}="\\000aaaaaaaaaaaa"'
    assert Client().get(url, headers={"cookie": cookie}).status_code in (200, 302)


@pytest.mark.parametrize(
    "key", ["\0aaaaaaaaaaaa", "aaaa\0aaaaaaaa", "a" * 12 + "é", "aaaa aaaa aaaa", "short", "", None]
)
def test_key_that_django_never_gave_out_is_none(key):
    assert SessionStore(key).session_key is None


def test_key_that_django_gave_out_is_taken(client):
    client.force_login(make_person())
    assert SessionStore(client.session.session_key).load()["_auth_user_id"]
    assert isinstance(client.session, SessionStore)

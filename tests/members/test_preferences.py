from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from members import operations
from members.models import MailPreferences, Person
from members.unsubscribe import KINDS, unsubscribe_url
from tests.factories import make_member, make_person

pytestmark = pytest.mark.django_db


def path_of(person: Person, kind: str = "reminders") -> str:
    return urlsplit(unsubscribe_url(person.pk, kind)).path


def chosen(person: Person) -> tuple[bool, bool, bool, bool]:
    row = MailPreferences.objects.get(person=person)
    return row.invitations, row.topics, row.reminders, row.news


def log_in(client: Client, person: Person) -> Client:
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_who_chose_nothing_gets_everything():
    person = make_person()
    assert all(Person.objects.wanting(kind).get() == person for kind in KINDS)
    assert not MailPreferences.objects.exists()


def test_page_starts_with_everything_and_keeps_the_choice(client):
    person = make_member()
    url = reverse("members:mail_preferences")
    page = log_in(client, person).get(url).content.decode()
    assert page.count("checked") == 4
    assert "Mail over je eigen aanmelding komt altijd" in page
    client.post(url, {"invitations": "on"})
    assert chosen(person) == (True, False, False, False)
    assert client.get(url).content.decode().count("checked") == 1
    assert not Person.objects.wanting("reminders").exists()


def test_page_takes_nothing_at_all_as_a_choice(client):
    person = make_member()
    response = log_in(client, person).post(reverse("members:mail_preferences"), {}, follow=True)
    assert "Je keuze is opgeslagen." in response.content.decode()
    assert chosen(person) == (False, False, False, False)


def test_details_lead_to_the_page(client):
    page = log_in(client, make_member()).get(reverse("members:profile")).content.decode()
    assert reverse("members:mail_preferences") in page


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_at_the_link_changes_nothing(client, method):
    person = make_person()
    response = getattr(client, method)(path_of(person))
    assert response.status_code == 200
    assert not MailPreferences.objects.exists()


def test_page_of_the_link_has_one_button_that_stops_it(client):
    page = client.get(path_of(make_person())).content.decode()
    assert page.count("<form") == 1
    assert "Stop de herinneringen" in page


@pytest.mark.parametrize("kind", KINDS)
def test_one_post_stops_one_kind_without_cookie_login_or_token(kind):
    person, other = make_person(), make_person()
    client = Client(enforce_csrf_checks=True)
    for _twice in range(2):
        response = client.post(path_of(person, kind), {"List-Unsubscribe": "One-Click"})
        assert response.status_code == 200
        assert not response.cookies
    assert chosen(person) == tuple(kind != name for name in KINDS)
    assert list(Person.objects.wanting(kind)) == [other]


def test_stopping_leaves_the_other_choices():
    person = make_person()
    operations.choose_mail(person=person, invitations=False, topics=True, reminders=True, news=True)
    Client().post(path_of(person))
    assert chosen(person) == (False, True, False, True)


def test_wrong_token_is_not_there():
    person = make_person()
    good = path_of(person)
    gone = path_of(make_person())
    Person.objects.exclude(pk=person.pk).delete()
    other = good.replace("reminders", "news")
    for path in (good[:-2] + "x/", other, gone, "/mail/stop/x/", "/mail/stop/reminders-1./", "/mail/stop/%00.%FF/"):
        assert Client().get(path).status_code == 404, path
        assert Client().post(path).status_code == 404, path
    assert not MailPreferences.objects.exists()


def test_link_is_absolute_and_for_known_kinds_only(settings):
    assert unsubscribe_url(1, "news").startswith(settings.SITE_URL + "/mail/stop/")
    with pytest.raises(ValueError):
        unsubscribe_url(1, "everything")


def test_link_survives_a_new_secret_key(settings, client):
    path = path_of(make_person())
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "n" * 60
    assert client.get(path).status_code == 200

"""The second factor: asked on every way into the administration, set up by somebody who never did, taken away."""

import time
from datetime import timedelta
from urllib.parse import unquote

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from members.models import Person
from noord.outbox.models import Mail
from tests.factories import amsterdam, make_member, make_programme_manager, make_sector
from tests.members.test_accounts import PASSWORD, is_logged_in, last_code, type_code

pytestmark = pytest.mark.django_db

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
BEGIN = amsterdam(2026, 3, 2, 9)


@pytest.fixture(autouse=True)
def asked(settings):
    settings.STAFF_MFA_REQUIRED = True


@pytest.fixture
def clock():
    """The time in tests: every step of thirty seconds brings a new code."""
    with time_machine.travel(BEGIN, tick=False) as traveller:
        yield traveller


@pytest.fixture
def manager(clock) -> Person:
    """A programme manager with a password and without a second factor."""
    return make_programme_manager(make_sector(), email="manager@noord.example", password=PASSWORD)


@pytest.fixture
def secured(manager) -> Person:
    """The programme manager with an app and recovery codes."""
    TOTP.activate(manager, SECRET)
    RecoveryCodes.activate(manager)
    return manager


def code_now(secret: str = SECRET) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def recovery_codes(person: Person) -> list[str]:
    return Authenticator.objects.get(user=person, type="recovery_codes").wrap().get_unused_codes()


def log_in(client: Client, person: Person, wanted: str = "/beheer/"):
    data = {"login": person.email, "password": PASSWORD, "next": wanted}
    return client.post(reverse("account_login"), data)


def show(client: Client, code: str):
    return client.post(reverse("mfa_authenticate"), {"code": code})


def test_password_asks_the_code_of_the_app(client, secured):
    response = log_in(client, secured)
    assert (response.status_code, response.url) == (302, reverse("mfa_authenticate"))
    assert not is_logged_in(client)
    assert client.get("/beheer/").status_code == 302

    response = show(client, code_now())
    assert (response.status_code, response.url) == (302, "/beheer/")
    assert client.get("/beheer/").status_code == 200


def test_mailed_code_asks_the_code_of_the_app(client, secured):
    client.post(reverse("account_request_login_code"), {"email": secured.email})
    response = type_code(client, last_code())
    assert (response.status_code, response.url) == (302, reverse("mfa_authenticate"))
    assert not is_logged_in(client)
    show(client, code_now())
    assert client.get("/beheer/").status_code == 200


def test_new_password_by_mail_asks_the_code_of_the_app(client, secured):
    client.post(reverse("account_reset_password"), {"email": secured.email})
    client.post(reverse("account_confirm_password_reset_code"), {"code": last_code()})
    new = {"password1": "vijf andere losse woorden", "password2": "vijf andere losse woorden"}
    response = client.post(reverse("account_complete_password_reset"), new)
    assert response.status_code == 302
    assert not is_logged_in(client)
    assert client.get("/beheer/").status_code == 302


def test_login_of_the_administration_leads_to_the_one_of_the_portal(client, secured):
    wanted = reverse("admin:events_event_changelist")
    response = client.get(wanted)
    assert (response.status_code, response.url) == (302, f"{reverse('account_login')}?next={wanted}")
    assert client.get("/beheer/", follow=True).redirect_chain[-1][0] == f"{reverse('account_login')}?next=/beheer/"
    response = client.get("/beheer/login/", {"next": wanted})
    assert (response.status_code, unquote(response.url)) == (302, f"{reverse('account_login')}?next={wanted}")
    log_in(client, secured, wanted)
    assert show(client, code_now()).url == wanted


def test_login_of_the_administration_takes_no_password(client, manager):
    data = {"username": manager.email, "password": PASSWORD}
    assert client.post("/beheer/login/", data).status_code == 302
    assert not is_logged_in(client)


@pytest.mark.parametrize(
    "wanted", ["https://elders.example/", "//elders.example", "/\\elders.example", "javascript:1"]
)
def test_login_of_the_administration_leads_nowhere_else(client, wanted):
    response = client.get("/beheer/login/", {"next": wanted})
    assert unquote(response.url) == f"{reverse('account_login')}?next=/beheer/"


def test_session_that_is_older_than_the_app_is_asked_the_code(client, manager, clock):
    log_in(client, manager)
    assert is_logged_in(client)
    clock.shift(timedelta(days=1))
    TOTP.activate(manager, SECRET)  # in another browser
    response = client.get("/beheer/events/event/", follow=True)
    assert unquote(response.redirect_chain[-1][0]) == f"{reverse('mfa_reauthenticate')}?next=/beheer/events/event/"
    data = {"code": code_now(), "next": "/beheer/events/event/"}
    response = client.post(reverse("mfa_reauthenticate"), data)
    assert (response.status_code, response.url) == (302, "/beheer/events/event/")
    assert client.get("/beheer/events/event/").status_code == 200


def test_proof_by_an_app_that_was_replaced_counts_no_more(client, secured, clock):
    log_in(client, secured)
    show(client, code_now())
    clock.shift(timedelta(hours=1))
    Authenticator.objects.filter(user=secured).delete()
    TOTP.activate(secured, SECRET)
    assert client.get("/beheer/").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_somebody_without_an_app_sets_it_up_and_goes_where_the_way_led(client, manager):
    wanted = reverse("admin:events_event_changelist")
    log_in(client, manager, wanted)
    response = client.get(wanted, follow=True)
    assert response.redirect_chain[-1][0] == reverse("mfa_index")
    assert reverse("mfa_activate_totp") in response.content.decode()

    response = client.get(reverse("mfa_activate_totp"), follow=True)  # the password once more
    response = client.post(response.request["PATH_INFO"], {"password": PASSWORD, "next": reverse("mfa_activate_totp")})
    page = client.get(response.url)
    secret = page.context["form"].secret
    html = page.content.decode()
    assert "data:image/svg+xml;base64," in html
    assert " ".join(secret[n : n + 4] for n in range(0, 32, 4)) in html

    response = client.post(reverse("mfa_activate_totp"), {"code": "000000"})
    assert response.status_code == 200
    assert response.context["form"].errors["code"]
    assert response.context["form"].secret == secret

    response = client.post(reverse("mfa_activate_totp"), {"code": code_now(secret)}, follow=True)
    assert response.redirect_chain[-1][0] == reverse("mfa_view_recovery_codes")
    html = response.content.decode()
    assert f'href="{wanted}"' in html
    assert all(f"{code[:4]} {code[4:]}" in html for code in recovery_codes(manager))
    assert client.get(wanted).status_code == 200
    assert Mail.objects.get().to == manager.email


@pytest.mark.django_db(transaction=True)
def test_code_that_set_up_the_app_does_not_log_in_too(client, manager, clock):
    log_in(client, manager)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    client.post(reverse("mfa_activate_totp"), {"code": code_now(secret)})
    other = Client()
    log_in(other, manager)
    assert show(other, code_now(secret)).status_code == 200
    clock.shift(timedelta(seconds=30))
    assert show(other, code_now(secret)).status_code == 302


@pytest.mark.parametrize("code", ["000000", "", "0" * 21, "abc", "１２３４５６", "\0"])
def test_wrong_code_is_refused(client, secured, code):
    log_in(client, secured)
    response = show(client, code)
    assert response.status_code == 200
    assert response.context["form"].errors["code"]
    assert not is_logged_in(client)


def test_post_without_a_code_is_refused(client, secured):
    log_in(client, secured)
    assert client.post(reverse("mfa_authenticate"), {}).status_code == 200
    assert not is_logged_in(client)


def test_code_counts_once_whatever_the_cache_remembers(client, secured, clock):
    log_in(client, secured)
    code = code_now()
    assert show(client, code).status_code == 302
    cache.clear()
    other = Client()
    log_in(other, secured)
    assert show(other, code).status_code == 200
    assert not is_logged_in(other)
    clock.shift(timedelta(seconds=30))
    assert show(other, code_now()).status_code == 302


def test_code_of_the_step_before_is_taken_and_an_older_one_is_not(client, secured, clock):
    log_in(client, secured)
    late, now = code_now(), None
    clock.shift(timedelta(seconds=60))
    assert show(client, late).status_code == 200
    now = code_now()
    clock.shift(timedelta(seconds=30))
    assert show(client, now).status_code == 302


def test_recovery_code_works_once(client, secured):
    code = recovery_codes(secured)[0]
    log_in(client, secured)
    assert show(client, code).status_code == 302
    assert client.get("/beheer/").status_code == 200
    other = Client()
    log_in(other, secured)
    assert show(other, code).status_code == 200
    assert not is_logged_in(other)


def test_guessing_ends_in_a_sentence(client, secured):
    log_in(client, secured)
    errors = [show(client, f"{number:06}").context["form"].errors.as_data()["code"][0] for number in range(7)]
    assert [error.code for error in errors] == ["incorrect_code"] * 5 + ["too_many_login_attempts"] * 2
    assert show(client, code_now()).status_code == 200  # the right one comes too late


@pytest.mark.parametrize("action", ["mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes"])
def test_password_alone_gets_nobody_at_the_second_factor(client, secured, clock, action):
    client.force_login(secured, backend="allauth.account.auth_backends.AuthenticationBackend")
    response = client.get(reverse(action), follow=True)
    assert response.redirect_chain[-1][0].partition("?")[0] == reverse("mfa_reauthenticate")
    data = {"password": PASSWORD, "next": reverse(action)}
    assert client.post(reverse("account_reauthenticate"), data).url.startswith(reverse("mfa_reauthenticate"))
    client.post(reverse("mfa_reauthenticate"), {"code": code_now(), "next": reverse(action)})
    assert client.get(reverse(action)).status_code == 200


def test_somebody_stops_with_the_app(client, secured):
    log_in(client, secured)
    show(client, recovery_codes(secured)[0])
    client.post(reverse("mfa_reauthenticate"), {"code": code_now()})
    response = client.post(reverse("mfa_deactivate_totp"), follow=True)
    assert response.status_code == 200
    assert not Authenticator.objects.filter(user=secured).exists()
    assert client.get("/beheer/", follow=True).redirect_chain[-1][0] == reverse("mfa_index")
    assert Mail.objects.get().to == secured.email


def test_recovery_codes_as_text_and_new_ones(client, secured):
    log_in(client, secured)
    show(client, code_now())
    client.post(reverse("mfa_reauthenticate"), {"code": recovery_codes(secured)[0]})
    before = recovery_codes(secured)
    text = client.get(reverse("mfa_download_recovery_codes")).content.decode()
    assert all(f"{code[:4]} {code[4:]}" in text for code in before)
    response = client.post(reverse("mfa_generate_recovery_codes"), follow=True)
    assert response.redirect_chain[-1][0] == reverse("mfa_view_recovery_codes")
    assert not set(before) & set(recovery_codes(secured))
    assert len(recovery_codes(secured)) == 10


@pytest.mark.parametrize("address", ["/beheer/", "/beheer/login/", "/beheer/events/event/", "/beheer/nergens/"])
def test_administration_does_not_exist_for_who_has_no_rights(client, address):
    client.force_login(make_member(), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get(address).status_code == 404


def test_member_with_an_app_is_asked_its_code_too(client, clock):
    member = make_member(email="lid@noord.example", password=PASSWORD)
    TOTP.activate(member, SECRET)
    log_in(client, member, "/mijn/")
    assert not is_logged_in(client)
    assert show(client, code_now()).url == "/mijn/"


def test_profile_leads_who_may_enter_to_the_second_factor(client, manager):
    client.force_login(manager)
    assert reverse("mfa_index") in client.get(reverse("members:profile")).content.decode()
    client.force_login(make_member())
    assert reverse("mfa_index") not in client.get(reverse("members:profile")).content.decode()


def test_administrator_takes_a_second_factor_away(client, secured, settings):
    boss = Person.objects.create_superuser("baas@noord.example", name="Baas", password=PASSWORD)
    TOTP.activate(boss, SECRET)
    log_in(client, boss)
    show(client, code_now())
    assert secured.name in client.get(reverse("admin:second_factors")).content.decode()
    url = reverse("admin:remove_second_factor", args=[secured.pk])
    assert client.get(url).status_code == 200
    assert Authenticator.objects.filter(user=secured).exists()
    assert client.post(url).status_code == 302
    assert not Authenticator.objects.filter(user=secured).exists()
    assert Mail.objects.get().to == secured.email
    assert client.get(url).status_code == 404


def test_nobody_else_sees_or_takes_away_a_second_factor(client, secured):
    log_in(client, secured)
    show(client, code_now())
    assert client.get(reverse("admin:second_factors")).status_code == 404
    assert client.post(reverse("admin:remove_second_factor", args=[secured.pk])).status_code == 404
    assert Authenticator.objects.filter(user=secured).exists()


def test_demo_asks_none_and_says_so(client, manager, settings):
    log_in(client, manager)
    assert client.get("/beheer/").status_code == 302
    settings.STAFF_MFA_REQUIRED = False
    response = client.get("/beheer/")
    assert response.status_code == 200
    assert 'class="demo-strip"' in response.content.decode()
    settings.STAFF_MFA_REQUIRED = True
    TOTP.activate(manager, SECRET)
    client.post(reverse("mfa_reauthenticate"), {"code": code_now()})
    assert 'class="demo-strip"' not in client.get("/beheer/").content.decode()


def test_pages_of_the_administration_ask_about_the_app_once(client, secured, django_assert_max_num_queries):
    log_in(client, secured)
    show(client, code_now())
    client.get("/beheer/sectors/focalpoint/")
    with django_assert_max_num_queries(15) as queries:
        client.get("/beheer/sectors/focalpoint/")
    assert sum("mfa_authenticator" in query["sql"] for query in queries) == 1

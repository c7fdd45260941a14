"""Signing up, logging in and changing the address or password, as a browser does it."""

import re
from datetime import date

import allauth.account.urls
import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import resolve, reverse

from members import operations, views
from members.adapter import SIGN_UP_SESSION_KEY
from members.models import MembershipRequest, Person
from noord.outbox.models import Mail
from tests.factories import make_member, make_organisation, make_person

pytestmark = pytest.mark.django_db

PASSWORD = "vier losse woorden samen"
CODE = re.compile(r"^\d{4}-\d{4}$", re.MULTILINE)


def last_mail() -> Mail:
    return Mail.objects.latest("pk")


def last_code() -> str:
    return CODE.search(last_mail().params["text"]).group()


def page(response) -> str:
    """The page without what differs from one request to the next."""
    return re.sub(r'(csrfmiddlewaretoken" value=")[^"]+', r"\1", response.content.decode())


def ask_code(client: Client, email: str, **more) -> object:
    return client.post(reverse("account_request_login_code"), {"email": email} | more, follow=True)


def type_code(client: Client, code: str) -> object:
    return client.post(reverse("account_confirm_login_code"), {"code": code})


def is_logged_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_sign_up_stands_at_the_address_of_allauth():
    assert resolve(reverse("account_signup")).func is views.sign_up


def test_sign_up_by_code_opens_an_account_with_a_position(client):
    organisation = make_organisation(domain="westerkwartier.example")
    response = client.post(reverse("account_signup"), {"email": "Jan@Westerkwartier.example", "name": "Jan de Vries"})
    assert (response.status_code, response.url) == (302, reverse("account_confirm_login_code"))
    person = Person.objects.get(email="jan@westerkwartier.example")
    assert not person.positions.exists()
    assert last_mail().to == person.email

    response = type_code(client, last_code())
    assert (response.status_code, response.url) == (302, reverse("events:mine"))
    assert int(client.session["_auth_user_id"]) == person.pk
    assert [position.organisation for position in person.positions.all()] == [organisation]
    assert EmailAddress.objects.get(user=person).verified


def test_sign_up_says_who_may_when_the_domain_is_of_no_member(client):
    response = client.post(reverse("account_signup"), {"email": "jan@elders.example", "name": "Jan"})
    assert response.status_code == 200
    assert not Person.objects.exists()
    assert not Mail.objects.exists()
    assert [(r.email, r.name) for r in MembershipRequest.objects.all()] == [("jan@elders.example", "Jan")]

    response = client.post(
        reverse("members:membership_request"), {"organisation_name": "Elders BV", "message": "Mag dat?"}, follow=True
    )
    assert response.status_code == 200
    request = MembershipRequest.objects.get()
    assert (request.name, request.organisation_name, request.message) == ("Jan", "Elders BV", "Mag dat?")


def test_sign_up_refuses_the_domain_of_an_ended_membership(client):
    organisation = make_organisation(domain="ooit.example")
    operations.end_membership(membership=organisation.memberships.get(), end=organisation.memberships.get().start)
    client.post(reverse("account_signup"), {"email": "jan@ooit.example", "name": "Jan"})
    assert not Person.objects.exists()
    assert MembershipRequest.objects.exists()


def test_membership_request_is_only_for_who_just_signed_up(client):
    assert client.get(reverse("members:membership_request")).url == reverse("account_signup")
    client.post(reverse("members:membership_request"), {"organisation_name": "X"})
    assert not MembershipRequest.objects.exists()


@pytest.mark.parametrize("domain", ["westerkwartier.example", "elders.example"])
def test_sign_up_answers_alike_for_known_unknown_and_closed(domain):
    organisation = make_organisation(domain="westerkwartier.example")
    make_person(email=f"aaaaaaa@{domain}", organisation=organisation, password=PASSWORD)
    make_person(email=f"ccccccc@{domain}", is_active=False)
    answers = set()
    for name in ["aaaaaaa", "bbbbbbb", "ccccccc"]:
        client = Client()
        response = client.post(reverse("account_signup"), {"email": f"{name}@{domain}", "name": "Jan"}, follow=True)
        answers.add((response.status_code, str(response.redirect_chain), page(response).replace(name, "")))
    assert len(answers) == 1


def test_sign_up_of_somebody_known_logs_in_by_the_same_code(client):
    person = make_person(email="jan@westerkwartier.example", name="Jan")
    organisation = make_organisation(domain="westerkwartier.example")
    client.post(reverse("account_signup"), {"email": person.email, "name": "Iemand"})
    type_code(client, last_code())
    assert is_logged_in(client)
    person.refresh_from_db()
    assert (person.name, person.organisation) == ("Jan", organisation)


def test_sign_up_once_more_gives_the_position_when_the_organisation_became_a_member(client):
    organisation = make_organisation(is_member=False, domain="westerkwartier.example")
    person = make_person(email="jan@westerkwartier.example")
    ask_code(client, person.email)
    type_code(client, last_code())
    assert not person.positions.exists()
    client.logout()
    operations.start_membership(organisation=organisation, start=date(2020, 1, 1))
    client.post(reverse("account_signup"), {"email": person.email, "name": "Jan"})
    type_code(client, last_code())
    assert person.positions.get().organisation == organisation


def test_sign_up_with_a_known_address_changes_nothing_of_its_owner():
    person = make_person(email="jan@westerkwartier.example", password=PASSWORD)
    make_organisation(domain="westerkwartier.example")
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    before = EmailAddress.objects.values().get()
    Client().post(reverse("account_signup"), {"email": person.email, "name": "Iemand anders"})
    assert EmailAddress.objects.values().get() == before


def test_sign_up_gives_a_position_only_to_who_types_the_code(client):
    make_organisation(domain="westerkwartier.example")
    person = make_person(email="jan@westerkwartier.example", password=PASSWORD)
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    session = client.session
    session[SIGN_UP_SESSION_KEY] = person.pk  # the code that was asked has expired
    session.save()
    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    assert is_logged_in(client)
    assert not person.positions.exists()


def test_log_in_does_not_bring_back_a_position_that_ended(client):
    person = make_person(
        email="jan@westerkwartier.example", organisation=make_organisation(domain="westerkwartier.example")
    )
    for _ in range(2):
        ask_code(client, person.email)
        type_code(client, last_code())
        client.logout()
        position = person.positions.get()
        operations.end_position(position=position, end=position.start)


def test_sign_up_can_start_again_while_a_code_is_on_its_way(client):
    make_organisation(domain="westerkwartier.example")
    client.post(reverse("account_signup"), {"email": "jna@westerkwartier.example", "name": "Jan"})
    assert client.get(reverse("account_signup")).status_code == 200
    client.post(reverse("account_signup"), {"email": "jan@westerkwartier.example", "name": "Jan"})
    type_code(client, last_code())
    assert Person.objects.get(pk=client.session["_auth_user_id"]).email == "jan@westerkwartier.example"


def test_log_in_by_code_without_a_password(client):
    person = make_person(email="jan@proef.example")
    response = ask_code(client, "JAN@proef.example")
    assert response.status_code == 200
    assert type_code(client, last_code().replace("-", " ")).url == reverse("events:mine")
    assert int(client.session["_auth_user_id"]) == person.pk


def test_log_in_by_code_answers_alike_for_known_unknown_and_closed():
    make_person(email="aaaaaaa@proef.example")
    make_person(email="ccccccc@proef.example", is_active=False)
    answers = set()
    for name in ["aaaaaaa", "bbbbbbb", "ccccccc"]:
        client = Client()
        response = ask_code(client, f"{name}@proef.example")
        wrong = type_code(client, "0000-0000")
        pages = [page(answer).replace(name, "") for answer in (response, wrong)]
        answers.add((response.status_code, str(response.redirect_chain), wrong.status_code, *pages))
    assert len(answers) == 1
    assert Mail.objects.count() == 3


def test_password_reset_answers_alike_for_known_and_unknown():
    make_person(email="aaaaaaa@proef.example", password=PASSWORD)
    answers = set()
    for name in ["aaaaaaa", "bbbbbbb"]:
        client = Client()
        response = client.post(reverse("account_reset_password"), {"email": f"{name}@proef.example"}, follow=True)
        wrong = client.post(reverse("account_confirm_password_reset_code"), {"code": "0000-0000"})
        pages = [page(answer).replace(name, "") for answer in (response, wrong)]
        answers.add((response.status_code, str(response.redirect_chain), wrong.status_code, *pages))
    assert len(answers) == 1


def test_wrong_code_says_what_to_do_and_stops_after_three(client):
    make_person(email="jan@proef.example")
    ask_code(client, "jan@proef.example")
    code = last_code()
    for _ in range(2):
        response = type_code(client, "0000-0000")
        assert response.status_code == 200
        html = response.content.decode()
        assert 'aria-invalid="true"' in html
        assert "id_code_error" in html
        assert 'role="alert"' in html
        assert not is_logged_in(client)
    assert type_code(client, "0000-0000").url == reverse("account_request_login_code")
    assert type_code(client, code).url == reverse("account_request_login_code")
    assert not is_logged_in(client)


def test_new_code_replaces_the_old_one(client):
    make_person(email="jan@proef.example")
    ask_code(client, "jan@proef.example")
    old = last_code()
    client.post(reverse("account_confirm_login_code"), {"action": "resend"})
    assert Mail.objects.count() == 2
    type_code(client, old)
    assert not is_logged_in(client)
    type_code(client, last_code())
    assert is_logged_in(client)


@pytest.mark.parametrize("email", ["jan@proef.example", "JAN@Proef.Example"])
def test_log_in_by_password_whatever_the_case(client, email):
    make_person(email="jan@proef.example", password=PASSWORD)
    response = client.post(reverse("account_login"), {"login": email, "password": PASSWORD})
    assert (response.status_code, response.url) == (302, reverse("events:mine"))


def test_log_in_with_a_wrong_password_keeps_the_address_and_explains(client):
    make_person(email="jan@proef.example", password=PASSWORD)
    make_person(email="piet@proef.example")
    pages = set()
    for email in ["jan@proef.example", "piet@proef.example", "niemand@proef.example"]:
        response = client.post(reverse("account_login"), {"login": email, "password": "niet het wachtwoord"})
        assert response.status_code == 200
        html = page(response)
        assert f'value="{email}"' in html
        assert "niet het wachtwoord" not in html
        assert html.index('class="n-box n-errors"') < html.index("<form method")
        pages.add(html.replace(email, ""))
    assert len(pages) == 1


def test_log_in_gives_a_new_session(client):
    make_person(email="jan@proef.example", password=PASSWORD)
    client.get(reverse("account_login"))
    client.session["x"] = 1
    before = client.session.session_key
    client.post(reverse("account_login"), {"login": "jan@proef.example", "password": PASSWORD})
    assert client.session.session_key != before


def test_log_out_by_post_only(client):
    client.force_login(make_person())
    assert client.get(reverse("account_logout")).status_code == 200
    assert is_logged_in(client)
    assert client.post(reverse("account_logout")).url == "/"
    assert not is_logged_in(client)


@pytest.mark.parametrize(
    "target", ["https://kwaad.example/", "//kwaad.example", r"/\kwaad.example", "https:kwaad.example", "javascript:1"]
)
def test_log_in_goes_nowhere_else(client, target):
    make_person(email="jan@proef.example", password=PASSWORD)
    data = {"login": "jan@proef.example", "password": PASSWORD, "next": target}
    assert client.post(reverse("account_login"), data).url == reverse("events:mine")
    client.logout()
    ask_code(client, "jan@proef.example", next=target)
    response = client.post(reverse("account_confirm_login_code"), {"code": last_code(), "next": target})
    assert response.url == reverse("events:mine")


def test_log_in_by_code_goes_on_where_the_visitor_was(client):
    make_person(email="jan@proef.example")
    response = ask_code(client, "jan@proef.example", next="/agenda/")
    assert response.redirect_chain[-1][0].endswith("?next=%2Fagenda%2F")
    response = client.post(reverse("account_confirm_login_code"), {"code": last_code(), "next": "/agenda/"})
    assert response.url == "/agenda/"


def test_too_many_requests_get_a_page_of_our_own(client):
    for _ in range(20):
        response = client.post(reverse("account_signup"), {"email": "", "name": ""})
    assert response.status_code == 200
    response = client.post(reverse("account_signup"), {"email": "", "name": ""})
    assert response.status_code == 429
    assert b'class="n-head"' in response.content


def test_too_many_codes_for_one_address_are_refused_in_words(client):
    for _ in range(4):
        response = ask_code(client, "jan@proef.example")
        client.post(reverse("account_logout"))
    assert response.status_code == 200
    assert response.context["form"].errors
    assert Mail.objects.count() == 3


def test_too_many_wrong_passwords_are_refused_in_words(client):
    make_person(email="jan@proef.example", password=PASSWORD)
    for _ in range(5):
        client.post(reverse("account_login"), {"login": "jan@proef.example", "password": "fout wachtwoord"})
    client.post(reverse("account_login"), {"login": "jan@proef.example", "password": PASSWORD})
    assert not is_logged_in(client)


def test_password_reset_by_code(client):
    person = make_person(email="jan@proef.example", password=PASSWORD)
    client.post(reverse("account_reset_password"), {"email": "jan@proef.example"})
    response = client.post(reverse("account_confirm_password_reset_code"), {"code": last_code()})
    assert response.url == reverse("account_complete_password_reset")
    new = "een heel ander wachtwoord"
    html = page(client.post(response.url, {"password1": "kort", "password2": "kort"}))
    assert 'aria-invalid="true"' in html
    html = page(client.post(response.url, {"password1": new, "password2": f"{new}x"}))
    assert html.count(new) == 0
    client.post(response.url, {"password1": new, "password2": new})
    person.refresh_from_db()
    assert person.check_password(new)
    assert is_logged_in(client)
    assert (last_mail().kind, last_mail().to) == ("account.notice", "jan@proef.example")


def test_change_of_address_is_confirmed_at_the_new_one_and_told_to_the_old(client):
    person = make_person(email="jan@oud.example", password=PASSWORD)
    client.post(reverse("account_login"), {"login": "jan@oud.example", "password": PASSWORD})
    response = client.post(reverse("account_email"), {"email": "jan@nieuw.example", "action_add": ""}, follow=True)
    assert response.redirect_chain[0][0].startswith(reverse("account_reauthenticate"))
    where = response.redirect_chain[0][0]
    client.post(where, {"password": PASSWORD})
    assert (last_mail().kind, last_mail().to) == ("account.message", "jan@nieuw.example")
    person.refresh_from_db()
    assert person.email == "jan@oud.example"

    organisation = make_organisation(domain="nieuw.example")
    client.post(reverse("account_email_verification_sent"), {"code": last_code()})
    person.refresh_from_db()
    assert person.email == "jan@nieuw.example"
    assert person.positions.get().organisation == organisation
    assert [(a.email, a.verified, a.primary) for a in EmailAddress.objects.all()] == [
        ("jan@nieuw.example", True, True)
    ]
    assert (last_mail().kind, last_mail().to) == ("account.notice", "jan@oud.example")


def test_change_of_address_to_somebody_elses_tells_nothing_without_the_code(client):
    make_person(email="piet@proef.example")
    answers = set()
    for email in ["piet@proef.example", "wieook@proef.example"]:
        client = Client()
        client.force_login(make_person())
        response = client.post(reverse("account_email"), {"email": email, "action_add": ""}, follow=True)
        answers.add((response.status_code, str(response.redirect_chain)))
    assert len(answers) == 1


def test_change_of_address_to_somebody_elses_is_refused_after_the_code(client):
    other = make_person(email="piet@proef.example")
    person = make_person(email="jan@proef.example")
    client.force_login(person)
    client.post(reverse("account_email"), {"email": other.email, "action_add": ""})
    response = client.post(reverse("account_email_verification_sent"), {"code": last_code()})
    assert response.status_code == 200
    person.refresh_from_db()
    assert person.email == "jan@proef.example"


def test_change_of_password_asks_the_current_one_and_tells_it_by_mail(client):
    person = make_person(email="jan@proef.example", password=PASSWORD)
    client.force_login(person)
    url, new = reverse("account_change_password"), "een heel ander wachtwoord"
    client.post(url, {"oldpassword": "onjuist", "password1": new, "password2": new})
    person.refresh_from_db()
    assert person.check_password(PASSWORD)
    response = client.post(url, {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert response.url == reverse("members:profile")
    assert (last_mail().kind, last_mail().to) == ("account.notice", "jan@proef.example")
    assert new not in str(last_mail().params)


def test_choose_a_password_after_signing_up_by_code(client):
    person = make_person(email="jan@proef.example")
    client.force_login(person)
    new = "x" * 64
    client.post(reverse("account_set_password"), {"password1": new, "password2": new})
    person.refresh_from_db()
    assert person.check_password(new)


@pytest.mark.parametrize("password", ["kort", "password123", "jan@proef.example"])
def test_choose_a_password_refuses_a_weak_one(client, password):
    person = make_person(email="jan@proef.example")
    client.force_login(person)
    response = client.post(reverse("account_set_password"), {"password1": password, "password2": password})
    assert response.status_code == 200
    person.refresh_from_db()
    assert not person.has_usable_password()


def test_mail_has_the_code_alone_on_a_line_in_text_and_html(client):
    make_person(email="jan@proef.example")
    ask_code(client, "jan@proef.example")
    params = last_mail().params
    assert set(params) == {"subject", "text", "html"}
    assert last_code() in params["text"].splitlines()
    assert f'<p class="code">{last_code()}</p>' in params["html"]
    assert "&#x27;" not in params["text"]


def test_mail_has_no_link_that_logs_in(client):
    ask_code(client, "niemand@proef.example")
    assert re.findall(r"https?://\S+", last_mail().params["text"]) == [
        f"http://127.0.0.1:8000{reverse('account_signup')}"
    ]


ODD = [
    "\0",
    "a\0b@proef.example",
    "😀👩‍👩‍👧@proef.example",
    "\u202eelpmaxe@proef.example",
    "x" * 1_000_000,
    "'; DROP--",
    " ",
    "\r\nBcc: x@y.nl",
]


@pytest.mark.parametrize("odd", ODD, ids=["nul", "nul-inside", "emoji", "rtl", "1MB", "sql", "space", "crlf"])
def test_odd_input_never_breaks_a_page(client, odd):
    make_organisation(domain="proef.example")
    forms = {
        "account_login": {"login": odd, "password": odd, "next": odd[:100]},
        "account_request_login_code": {"email": odd},
        "account_signup": {"email": odd, "name": odd},
        "account_reset_password": {"email": odd},
    }
    for name, data in forms.items():
        assert client.post(reverse(name), data).status_code in (200, 302), name
    client = Client()
    make_person(email="jan@proef.example")
    ask_code(client, "jan@proef.example")
    assert type_code(client, odd).status_code == 200
    client = Client()
    client.force_login(make_member())
    forms = {
        "members:profile": {"name": odd, "phone": odd},
        "account_email": {"email": odd, "action_add": ""},
        "account_set_password": {"password1": odd, "password2": odd},
    }
    for name, data in forms.items():
        assert client.post(reverse(name), data).status_code in (200, 302), name


def test_odd_names_come_back_as_they_were(client):
    make_organisation(domain="proef.example")
    name = "Jan 😀 \u202eשלום <script>alert(1)</script>"
    client.post(reverse("account_signup"), {"email": "jan@proef.example", "name": name})
    assert Person.objects.get().name == name
    type_code(client, last_code())
    assert b"<script>alert" not in client.get(reverse("members:profile")).content


def test_public_pages_of_accounts_need_no_login(client):
    for name in [
        "account_login",
        "account_signup",
        "account_request_login_code",
        "account_reset_password",
        "members:list",
    ]:
        assert client.get(reverse(name)).status_code == 200, name
    for name in ["account_email", "account_change_password", "account_set_password", "members:profile"]:
        response = client.get(reverse(name))
        assert response.url.startswith(reverse("account_login")), name


@pytest.mark.parametrize("is_member", [True, False])
def test_every_page_of_allauth_opens_in_our_frame_or_leads_elsewhere(client, is_member):
    if is_member:
        client.force_login(make_member(password=PASSWORD))
    for pattern in allauth.account.urls.urlpatterns:
        response = client.get(reverse(pattern.name))
        assert response.status_code in (200, 302), pattern.name
        if response.status_code == 200:
            assert b'class="n-head' in response.content, pattern.name

import re
from datetime import timedelta

import pytest
from django import forms
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from events.models import Event
from noord import views
from tests.factories import (
    make_chair,
    make_event,
    make_group,
    make_member,
    make_person,
    make_registration,
    make_sector,
)

pytestmark = pytest.mark.django_db

OPEN_PAGES = ["/", "/agenda/", "/sectoren/", "/kennisgroepen/", "/leden/", "/toegankelijkheid/", "/privacy/"]


@pytest.mark.parametrize("path", OPEN_PAGES)
def test_page_has_one_frame(client, path):
    html = client.get(path).content.decode()
    for tag in ("h1", "main", "header", "footer", "title"):
        assert len(re.findall(f"<{tag}[ >]", html)) == 1, tag
    assert '<html lang="nl">' in html
    assert html.index('href="#inhoud"') < html.index("<header")
    assert 'id="inhoud"' in html
    for name in ("accessibility", "privacy"):
        assert f'href="{reverse(name)}"' in html
    assert 'href="/#contact"' in html
    assert len(re.findall(r"<title>.+ - Samenwerking Noord</title>", html)) == 1


@pytest.mark.parametrize("path", OPEN_PAGES)
def test_page_has_no_inline_style_or_script_and_skips_no_heading(client, path):
    make_event(sectors=[make_sector()], groups=[make_group()])
    html = client.get(path).content.decode()
    assert not re.search(r"<script|<style| style=| on[a-z]+=|data:", html)
    assert not re.search(r'(src|href)="(https?:)?//', html)
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", html)]
    assert max(after - before for before, after in zip([0, *levels], levels, strict=False)) <= 1


@pytest.mark.parametrize("path", OPEN_PAGES)
def test_page_for_a_visitor_sets_no_cookie_and_answers_304(client, path):
    response = client.get(path)
    assert not response.cookies
    assert client.get(path, headers={"if-none-match": response["ETag"]}).status_code == 304


@pytest.mark.parametrize("path", ["/", "/toegankelijkheid/", "/privacy/"])
def test_page_takes_no_post(client, path):
    assert client.post(path).status_code == 405


def test_menu_marks_where_the_reader_is(client):
    sector = make_sector()
    assert 'href="/sectoren/" aria-current="page"' in client.get("/sectoren/").content.decode()
    assert 'href="/sectoren/" aria-current="true"' in client.get(sector.get_absolute_url()).content.decode()
    assert "aria-current" not in client.get("/privacy/").content.decode()


def test_menu_of_a_visitor_leads_to_the_login(client):
    html = client.get("/privacy/").content.decode()
    assert reverse("account_login") in html
    assert "n-menu" not in html


def test_menu_of_a_person_logs_out_by_a_form(client):
    client.force_login(make_person())
    html = client.get("/privacy/").content.decode()
    assert f'<form method="post" action="{reverse("account_logout")}">' in html
    assert reverse("events:mine") in html
    assert reverse("members:profile") in html
    assert reverse("admin:index") not in html
    assert reverse("account_login") not in html


def test_menu_of_an_administrator_leads_to_the_administration(client):
    client.force_login(make_person(is_staff=True))
    assert reverse("admin:index") in client.get("/privacy/").content.decode()


def test_menu_is_everybody_s_own_after_one_rendering(client):
    client.get("/privacy/")
    client.force_login(make_person())
    assert "n-menu" in client.get("/privacy/").content.decode()
    assert "n-menu" not in Client().get("/privacy/").content.decode()


def test_home_shows_the_first_meeting_that_is_open(client):
    now = timezone.now()
    make_event(title="Afgelast", start=now + timedelta(days=1), status=Event.Status.CANCELLED)
    full = make_event(title="Vol", start=now + timedelta(days=2), capacity=1)
    make_registration(full)
    make_event(title="Later", start=now + timedelta(days=3), registration_opens=now + timedelta(days=1))
    expected = make_event(title="Nu open", start=now + timedelta(days=4))
    response = client.get("/")
    assert response.context["open_event"] == expected
    assert [event.title for event in response.context["events"]] == ["Afgelast", "Vol", "Later", "Nu open"]


def test_home_passes_over_where_the_reader_is_registered(client):
    person, now = make_member(), timezone.now()
    mine = make_event(start=now + timedelta(days=1))
    other = make_event(start=now + timedelta(days=2))
    make_registration(mine, person)
    assert client.get("/").context["open_event"] == mine
    client.force_login(person)
    assert client.get("/").context["open_event"] == other


def test_home_without_meetings_shows_the_agenda(client):
    response = client.get("/")
    assert response.context["open_event"] is None
    assert reverse("events:agenda") in response.content.decode()


def test_home_hides_what_the_reader_may_not_see(client):
    make_event(title="Geheim", audience=Event.Audience.MEMBERS)
    make_event(title="Concept", status=Event.Status.DRAFT)
    html = client.get("/").content.decode()
    assert "Geheim" not in html
    assert "Concept" not in html


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(("logged_in", "queries"), [(False, 6), (True, 9)])
def test_home_has_a_query_budget(client, django_assert_num_queries, rows, logged_in, queries):
    for _ in range(rows):
        make_event(sectors=[make_sector()], groups=[make_group()], capacity=4)
    if logged_in:
        client.force_login(make_member())
    with django_assert_num_queries(queries):
        client.get("/")


@pytest.mark.parametrize("path", ["/toegankelijkheid/", "/privacy/"])
def test_statement_asks_the_database_nothing_and_names_the_contact(client, django_assert_num_queries, path):
    with django_assert_num_queries(0):
        html = client.get(path).content.decode()
    assert f"mailto:{settings.ORGANISER_EMAIL}" in html


def test_unknown_page_is_told_in_the_same_style(client):
    response = client.get("/bestaat/niet/")
    assert response.status_code == 404
    html = response.content.decode()
    assert 'class="n-top"' in html
    assert reverse("account_login") in html


def test_refused_and_bad_requests_are_told_in_the_same_style():
    request = RequestFactory().get("/")
    for view, status in ((views.bad_request, 400), (views.permission_denied, 403), (views.page_not_found, 404)):
        response = view(request, ValueError())
        assert response.status_code == status
        assert 'class="n-top"' in response.content.decode()


def test_page_for_errors_needs_nothing_that_may_be_broken(django_assert_num_queries, settings):
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    }
    with django_assert_num_queries(0):
        response = views.server_error(RequestFactory().get("/"))
    html = response.content.decode()
    assert response.status_code == 500
    assert "/static/noord/noord.css" in html
    assert re.search(r"<strong>[0-9a-f]{8}</strong>", html)


def test_error_page_never_shows_what_went_wrong(client, monkeypatch):
    client.raise_request_exception = False
    monkeypatch.setattr(views, "LOOK_AHEAD", "secret-value")
    response = client.get("/")
    assert response.status_code == 500
    assert "secret-value" not in response.content.decode()


def test_old_form_is_told_in_the_same_style():
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(make_member())
    response = browser.post(reverse("sectors:join", args=[make_sector().slug]))
    assert response.status_code == 403
    html = response.content.decode()
    assert 'class="n-top"' in html
    assert "CSRF" not in html


def test_nul_in_an_address_is_no_error(client):
    for path in ("/agenda/%00/", "/sectoren/%00/", "/kennisgroepen/a%00b/", "/%00"):
        assert client.get(path).status_code == 404


class Answers(forms.Form):
    name = forms.CharField()
    choice = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    secret = forms.CharField(widget=forms.HiddenInput)

    def clean(self) -> None:
        raise forms.ValidationError("<Samen> klopt het niet.")


def test_error_summary_links_to_each_field():
    template = Template("{% include 'components/form_errors.html' with form=form only %}")
    html = template.render(Context({"form": Answers({})}))
    assert 'role="alert"' in html
    assert re.search(r"<h2 id=\"fouten\">[^<]*4 ", html)
    assert 'href="#id_name"' in html
    assert 'href="#id_choice_0"' in html
    assert 'href="#id_secret"' not in html
    assert "&lt;Samen&gt; klopt het niet." in html


def test_error_summary_of_a_form_without_errors_is_empty():
    template = Template("{% include 'components/form_errors.html' with form=form only %}")
    assert template.render(Context({"form": Answers()})).strip() == ""


def test_title_of_a_page_with_errors_says_so_first():
    template = Template("{% extends 'base.html' %}{% block title %}Vul in{% endblock %}")
    request = RequestFactory().get("/")
    html = template.render(Context({"form": Answers({}), "request": request}))
    assert f"<title>{gettext('Error:')} Vul in - " in html
    assert "<title>Vul in - " in template.render(Context({"form": Answers(), "request": request}))


def test_message_of_an_error_is_an_alert(client):
    client.force_login(make_person())
    html = client.post(reverse("sectors:join", args=[make_sector().slug]), follow=True).content.decode()
    assert '<div class="alert alert-danger" role="alert">' in html


def test_message_of_a_success_is_a_status(client):
    client.force_login(make_member())
    html = client.post(reverse("sectors:join", args=[make_sector().slug]), follow=True).content.decode()
    assert '<div class="alert alert-success" role="status">' in html


def test_style_sheet_stays_within_its_budget():
    with open(finders.find("noord/noord.css"), "rb") as file:
        css = file.read()
    assert len(css) <= 12288
    assert b"url(" not in css
    assert b"@import" not in css


def test_static_files_can_be_collected_with_a_manifest(tmp_path, settings):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    assert (tmp_path / "staticfiles.json").exists()


def test_admin_carries_the_name_of_the_network(client):
    html = client.get(reverse("admin:login"), follow=True).content.decode()
    assert "Samenwerking Noord" in html
    person = make_person(is_staff=True, is_superuser=True)
    make_chair(make_sector())
    client.force_login(person)
    html = client.get(reverse("admin:index")).content.decode()
    assert "noord/admin.css" in html
    assert "Samenwerking Noord" in html

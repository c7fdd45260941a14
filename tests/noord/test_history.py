"""Who changed what and when: what is written, by whom it is signed, who reads it, and what is forgotten."""

from datetime import date, timedelta

import pytest
import time_machine
from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.apps import apps
from django.contrib import admin
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from events.models import Event, Registration
from members.models import Membership, Person, Position
from noord.administration import history
from tests.factories import (
    make_event,
    make_group,
    make_member,
    make_organisation,
    make_person,
    make_programme_manager,
    make_registration,
    make_sector,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client):
    boss = make_person(name="Beheer", is_staff=True, is_superuser=True)
    client.force_login(boss)
    return boss


def changes_of(instance) -> list[dict]:
    return [entry.changes for entry in history.entries_of(instance)]


def test_every_model_that_matters_is_logged():
    assert {model._meta.label for model in auditlog.get_models()} == set(history.LOGGED)
    for label, logged in history.LOGGED.items():
        names = {field.name for field in apps.get_model(label)._meta.get_fields()}
        assert set(logged.without + logged.hidden + logged.lists) <= names, label
    assert not history.is_logged(Registration)


def test_change_in_the_administration_is_signed(client, boss):
    organisation = make_organisation(name="Oud")
    assert history.entries_of(organisation).get().actor is None
    url = reverse("admin:members_membershiprequest_changelist")
    assert client.get(url).status_code == 200
    person = make_person(name="Oud")
    data = {"name": "Nieuw", "email": person.email, "phone": "0612345678", "is_active": "on"}
    data |= {"positions-TOTAL_FORMS": 0, "positions-INITIAL_FORMS": 0}
    assert client.post(reverse("admin:members_person_change", args=[person.pk]), data).status_code == 302
    entry = history.entries_of(person).first()
    assert (entry.actor, entry.remote_addr) == (boss, None)
    assert entry.changes == {"name": ["Oud", "Nieuw"], "phone": ["", history.HIDDEN]}


def test_change_on_the_site_is_signed(client):
    group, member = make_group(), make_member()
    client.force_login(member)
    assert client.post(reverse("knowledge_groups:join", args=[group.slug])).status_code == 302
    assert [entry.actor for entry in LogEntry.objects.get_for_model(group.memberships.model)] == [member]
    assert history.current_actor() is None


def test_actor_is_not_looked_up():
    request = RequestFactory().get("/")
    seen = []
    history.remember_request(lambda request: seen.append(history.current_actor()))(request)
    request._cached_user = person = make_person()
    history.remember_request(lambda request: seen.append(history.current_actor()))(request)
    request.user = person
    history.remember_request(lambda request: seen.append(history.current_actor()))(request)
    assert seen == [None, None, person]


def test_secrets_and_logins_are_not_written():
    person = make_person()
    LogEntry.objects.all().delete()
    person.set_password("een heel ander wachtwoord")
    person.last_login = timezone.now()
    person.save()
    assert not LogEntry.objects.exists()


def test_lists_and_bulk_actions_are_written(client, boss):
    sectors, event = [make_sector(), make_sector()], make_event()
    event.sectors.set(sectors)
    positions = [make_member().positions.get() for _n in range(3)]
    data = {"action": "delete_selected", "_selected_action": [position.pk for position in positions], "post": "yes"}
    client.post(reverse("admin:members_position_changelist"), data)
    assert not Position.objects.exists()
    deleted = LogEntry.objects.get_for_model(Position).filter(action=LogEntry.Action.DELETE)
    assert [entry.actor for entry in deleted] == [boss] * 3
    said = history.entries_of(event).first().changes["sectors"]
    assert (said["operation"], sorted(said["objects"])) == ("add", sorted(str(sector) for sector in sectors))


def test_entry_is_never_changed_or_deleted(client, boss):
    make_person()
    entry = LogEntry.objects.first()
    with pytest.raises(TypeError):
        entry.save()
    urls = [reverse("admin:auditlog_logentry_changelist"), reverse("admin:auditlog_logentry_change", args=[entry.pk])]
    assert [client.get(url).status_code for url in urls] == [200, 200]
    assert client.post(urls[1], {"object_repr": "x"}).status_code == 403
    assert client.post(reverse("admin:auditlog_logentry_delete", args=[entry.pk])).status_code == 403
    assert client.get(reverse("admin:auditlog_logentry_add")).status_code == 403
    client.post(urls[0], {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"})
    assert LogEntry.objects.filter(pk=entry.pk).exists()


def test_all_of_it_is_for_administrators_only(client):
    make_person()
    client.force_login(make_programme_manager(make_sector()))
    for url in (
        reverse("admin:auditlog_logentry_changelist"),
        reverse("admin:auditlog_logentry_change", args=[LogEntry.objects.first().pk]),
    ):
        assert client.get(url).status_code in (302, 403, 404)


def test_page_of_an_object_says_it_in_words(client, boss):
    organisation = make_organisation(name="Oude naam", domain="proef.example")
    membership = organisation.memberships.get()
    membership.end = date(2030, 12, 31)
    membership.save()
    organisation.name = "Nieuwe naam"
    organisation.kind = "care"
    organisation.save()
    membership.delete()
    organisation.email_domains.get().delete()
    response = client.get(reverse("admin:members_organisation_history", args=[organisation.pk]))
    lines = response.context["lines"]
    told = {(line.done, change.label, change.old, change.new) for line in lines for change in line.changes}
    page = response.content.decode()
    assert "Oude naam" in page
    assert "31 december 2030" in page  # also of rows that are gone
    assert any(old == "Oude naam" and new == "Nieuwe naam" for _done, _label, old, new in told)
    assert any((old, new) == ("Gemeente", "Zorg") for _done, _label, old, new in told)
    assert any(old == "proef.example" for _done, _label, old, _new in told)
    assert len({line.who for line in lines}) == 1


def test_page_of_somebody_elses_object_is_not_there(client):
    mine, other = make_sector(), make_sector()
    client.force_login(make_programme_manager(mine))
    events = [make_event(sectors=[sector]) for sector in (mine, other)]
    urls = [reverse("admin:events_event_history", args=[event.pk]) for event in events]
    assert [client.get(url).status_code for url in urls] == [200, 404]
    urls = [reverse("admin:sectors_sector_history", args=[sector.pk]) for sector in (mine, other)]
    assert [client.get(url).status_code for url in urls] == [200, 404]


def test_pages_ask_as_many_queries_for_more_entries(
    client, boss, django_assert_max_num_queries, django_assert_num_queries
):
    event = make_event(host=make_organisation())
    organisation = make_organisation()
    urls = [
        reverse("admin:events_event_history", args=[event.pk]),
        reverse("admin:members_organisation_history", args=[organisation.pk]),
        reverse("admin:auditlog_logentry_changelist"),
    ]
    make_person(organisation=organisation)
    counts = []
    for url in urls:
        client.get(url)
        with django_assert_max_num_queries(19) as captured:
            client.get(url)
        counts.append(len(captured))
    for _n in range(3):
        event.host = make_organisation()
        event.save()
        make_person(organisation=organisation)
        day = date(2010 + _n, 1, 1)
        Membership.objects.create(organisation=organisation, start=day, end=day)
    for url, count in zip(urls, counts, strict=True):
        with django_assert_num_queries(count):
            client.get(url)


def test_who_is_deleted_is_forgotten_but_not_what_happened(client, boss):
    person = make_person(name="Vergeet Mij", email="vergeet@proef.example", organisation=make_organisation())
    with history.acting(person):
        organisation = make_organisation(name="Door haar gemaakt")
    person.phone = "0612345678"
    person.save()
    position = person.positions.get()
    position.title = "nieuw"
    position.save()
    pk, position_pk = person.pk, position.pk
    person.delete()
    entries = LogEntry.objects.filter(object_id__in=[pk, position_pk])
    assert entries.count() >= 5
    text = str(list(LogEntry.objects.values_list("object_repr", "changes", "additional_data", "actor_email")))
    assert "Vergeet" not in text
    assert "vergeet@" not in text
    response = client.get(reverse("admin:members_organisation_history", args=[organisation.pk]))
    assert response.context["lines"][-1].who != str(boss)
    assert "het systeem" not in response.context["lines"][-1].who


def test_history_is_forgotten_after_its_time(settings):
    settings.HISTORY_KEEP_DAYS = 10
    person = make_person()
    assert history.forget_old() == 0
    with time_machine.travel(timezone.now() + timedelta(days=11)):
        person.name = "Later"
        person.save()
        assert history.forget_old() == 1
    assert [entry.changes["name"][1] for entry in history.entries_of(person)] == ["Later"]


def test_registering_writes_no_entry(client):
    event, person = make_event(), make_member()
    LogEntry.objects.all().delete()
    make_registration(event, person)
    assert not LogEntry.objects.exists()


def test_every_scoped_admin_of_a_logged_model_has_our_page():
    for label in history.LOGGED:
        model = apps.get_model(label)
        if model in admin.site._registry:
            assert admin.site._registry[model].history_view.__func__.__qualname__ == "HistoryPage.history_view", label
    assert Event in admin.site._registry
    assert Person in admin.site._registry

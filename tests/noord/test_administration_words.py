"""The administration in words of ours, where Django has English or says what only the database knows."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from events.models import Event
from tests.factories import make_event, make_person, make_sector

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(make_person(is_staff=True, is_superuser=True))
    return client


def test_permissions_are_called_in_dutch(boss):
    for name, found in (("auth_group", Group.objects.first()), ("members_person", make_person())):
        form = boss.get(reverse(f"admin:{name}_change", args=[found.pk])).context["adminform"].form
        field = form.fields.get("permissions") or form.fields["user_permissions"]
        labels = {label for _value, label in field.choices}
        assert {"Bijeenkomsten | bijeenkomst | wijzigen", "Leden en mensen | persoon | importeren"} <= labels
        assert not [label for label in labels if label.rpartition(" | ")[2].startswith("Can ")]


@pytest.mark.parametrize("label", ["events.Event", "auth.Group"])
def test_what_goes_with_a_deleted_object_is_told_without_rows_that_have_no_name(boss, label):
    if label == "events.Event":
        found = make_event(sectors=[make_sector()], status=Event.Status.DRAFT)
    else:
        found = Group.objects.first()
    opts = found._meta
    response = boss.get(reverse(f"admin:{opts.app_label}_{opts.model_name}_delete", args=[found.pk]))
    assert response.status_code == 200
    page = response.content.decode()
    assert " object (" not in page
    assert "-relatie" not in page
    assert [str(name) for name, _count in response.context["model_count"]] == [str(opts.verbose_name_plural)]


def test_scripts_of_the_administration_speak_dutch(boss):
    words = boss.get(reverse("admin:jsi18n")).content.decode()
    assert '"Choose all %s": "Kies alle %s"' in words
    assert '"(click to clear)": "(klik om dit leeg te maken)"' in words


def test_list_is_called_by_what_is_in_it(boss):
    page = boss.get(reverse("admin:events_event_changelist")).content.decode()
    assert "<h1>Bijeenkomsten</h1>" in page
    assert "<title>Bijeenkomsten - Beheer Samenwerking Noord</title>" in page

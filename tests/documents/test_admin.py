import pytest
from django.urls import reverse
from django.utils import timezone

from documents.models import Document
from members.models import Person
from sectors.models import FocalPoint
from tests.factories import (
    make_block,
    make_document,
    make_event,
    make_group,
    make_member,
    make_participant,
    make_programme_manager,
    make_sector,
    make_session,
    make_topic,
)

pytestmark = pytest.mark.django_db

LIST = reverse("admin:documents_document_changelist")


@pytest.fixture
def administrator(client):
    client.force_login(Person.objects.create_superuser("beheer@noord.example", name="Beheer"))
    return client


def make_all(sector) -> dict[str, Document]:
    event = make_event(sectors=[sector], status="draft")
    owners = {
        "event": event,
        "item": make_session(make_block(event)),
        "topic": make_topic(sector),
        "draft": make_topic(sector, status="draft", by=make_member()),
        "group": make_group(),
        "focal_point": FocalPoint.objects.create(sector=sector, year=2026, title=f"Digitale crisis {event.pk}"),
    }
    return {name: make_document(owner, by=make_member()) for name, owner in owners.items()}


def test_manager_finds_the_documents_of_her_sector_and_of_the_group_that_she_leads(client, sector):
    found = make_all(sector)
    make_all(make_sector())
    manager = make_programme_manager(sector)
    client.force_login(manager)
    of_sector = {found[name] for name in ("event", "item", "topic", "focal_point")}
    assert set(client.get(LIST).context["cl"].queryset) == of_sector
    lead = make_participant(found["group"].group)
    lead.group_memberships.update(person=manager, role="lead")
    assert set(client.get(LIST).context["cl"].queryset) == of_sector | {found["group"]}


def test_list_is_searched_and_filtered(administrator, sector):
    found = make_all(sector)
    Document.objects.filter(pk=found["event"].pk).update(title="Verslag", kind="report")
    for query, expected in {
        "q=verslag": ["event"], "q=Digitale": ["focal_point"], "van=group": ["group"], "van=topic": ["topic", "draft"],
        "kind__exact=report": ["event"], "van=onzin": list(found),
    }.items():  # fmt: skip
        seen = set(administrator.get(f"{LIST}?{query}").context["cl"].queryset)
        assert seen == {found[name] for name in expected}, query


@pytest.mark.parametrize("rows", [1, 3])
def test_list_has_a_query_budget(administrator, sector, django_assert_num_queries, rows):
    for _ in range(rows):
        make_all(sector)
    administrator.get(LIST)
    with django_assert_num_queries(6):
        assert administrator.get(LIST).status_code == 200


def test_title_kind_and_publicity_are_what_can_be_changed(administrator, sector):
    found = make_all(sector)
    names = {}
    for name in ("event", "focal_point"):
        url = reverse("admin:documents_document_change", args=[found[name].pk])
        names[name] = list(administrator.get(url).context["adminform"].form.fields)
    assert names == {"event": ["title", "kind"], "focal_point": ["title", "kind", "is_public"]}
    data = {"title": "Anders", "kind": "slides", "is_public": "on", "sha256": "x", "size": "1"}
    assert administrator.post(url, data).status_code == 302
    changed = Document.objects.get(pk=found["focal_point"].pk)
    assert (changed.title, changed.kind, changed.is_public, changed.sha256) == (
        "Anders", "slides", True, found["focal_point"].sha256,
    )  # fmt: skip
    assert administrator.get(reverse("admin:documents_document_add")).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_deleting_one_or_many_takes_the_files_along(administrator, sector, stored):
    found = make_all(sector)
    url = reverse("admin:documents_document_delete", args=[found["event"].pk])
    assert administrator.post(url, {"post": "yes"}).status_code == 302
    data = {"action": "delete_selected", "_selected_action": [found["topic"].pk, found["group"].pk], "post": "yes"}
    assert administrator.post(LIST, data).status_code == 302
    left = {found[name].file.name for name in ("item", "draft", "focal_point")}
    assert {str(path.relative_to(stored)) for path in stored.rglob("*.pdf")} == left
    assert set(Document.objects.values_list("file", flat=True)) == left


def test_a_session_or_meeting_of_which_the_session_has_documents_is_not_deleted(administrator, sector):
    found = make_all(sector)
    item = found["item"].item
    for name, pk in (("programmeitem", item.pk), ("event", item.event_id)):
        url = reverse(f"admin:events_{name}_delete", args=[pk])
        response = administrator.get(url)
        assert response.context["protected"], name
        administrator.post(url, {"post": "yes"})
    assert Document.objects.filter(pk=found["item"].pk, uploaded_at__lte=timezone.now()).exists()

"""Adding and removing: a row and its file stay together, whatever goes wrong."""

import os
import threading
from datetime import timedelta

import pytest
import time_machine
from auditlog.models import LogEntry
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from documents import operations, rules
from documents.contents import examine
from documents.models import Document
from documents.sweeping import sweep
from documents.tasks import sweep_files
from events.models import ProgrammeItem, TopicPresenter, TopicProposal
from events.operations import topics
from events.topic_rights import standing_of
from knowledge_groups.models import GroupMembership
from members.merging import merge
from noord.domain import DomainError
from sectors.models import FocalPoint
from tests.documents.files import pdf
from tests.factories import (
    make_block,
    make_chair,
    make_document,
    make_event,
    make_group,
    make_member,
    make_participant,
    make_person,
    make_programme_manager,
    make_sector,
    make_session,
    make_topic,
)

pytestmark = pytest.mark.django_db


def content_of(text: str = "Verslag", name: str = "verslag.pdf"):
    return examine(SimpleUploadedFile(name, pdf(text)), most=1024**2)


def add(owner, by, **fields) -> Document:
    fields = {"content": content_of(), "title": "Verslag", "kind": "report"} | fields
    return operations.add_document(owner=owner, by=by, **fields)


def files_in(folder) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@time_machine.travel("2026-03-05T12:00:00Z", tick=False)
def test_add_document_stores_the_file_under_a_name_of_our_own(stored, event, chair):
    document = add(event, chair, content=content_of(name="../Verslag van maart.pdf"))
    kept = Document.objects.values(
        "event", "title", "kind", "is_public", "content_type", "size", "original_name", "by", "uploaded_at"
    ).get()
    assert kept == {
        "event": event.pk,
        "title": "Verslag",
        "kind": "report",
        "is_public": False,
        "content_type": "application/pdf",
        "size": len(pdf()),
        "original_name": "Verslag van maart.pdf",
        "by": chair.pk,
        "uploaded_at": timezone.now(),
    }
    assert files_in(stored) == [document.file.name]
    assert document.file.name[:3] == f"{document.file.name[3:5]}/"
    assert len(document.file.name) == 3 + 32 + 4
    assert (stored / document.file.name).read_bytes() == pdf()
    assert (stored / document.file.name).stat().st_mode & 0o777 == 0o640
    assert LogEntry.objects.get_for_object(document).get().actor is None


def test_add_document_twice_is_once(stored, event, chair):
    assert add(event, chair) == add(event, chair)
    assert (Document.objects.count(), len(files_in(stored))) == (1, 1)


def test_add_document_refuses_the_same_file_under_another_title(stored, event, chair):
    add(event, chair)
    with pytest.raises(DomainError, match="Dit bestand staat hier al, als “Verslag”"):
        add(event, chair, title="Iets anders")
    assert len(files_in(stored)) == 1


def test_add_document_takes_the_same_file_elsewhere(stored, sector, chair, event):
    add(event, chair)
    add(make_event(sectors=[sector]), chair)
    assert len(files_in(stored)) == 2


def test_add_document_leaves_nothing_when_the_row_does_not_come(stored, event, chair):
    with pytest.raises(IntegrityError):
        add(event, chair, is_public=True)  # which the database keeps for focal points
    assert (Document.objects.count(), files_in(stored)) == (0, [])


def test_add_document_has_a_transaction_of_its_own(stored, event, chair):
    """One around it could roll back what a file on a disk cannot."""
    with transaction.atomic(), transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        add(event, chair)
    assert files_in(stored) == []


def owners(sector, event) -> dict:
    topic = make_topic(sector, by=make_member())
    group = make_group()
    return {
        "event": event,
        "item": make_session(make_block(event)),
        "topic": topic,
        "group": group,
        "focal_point": FocalPoint.objects.create(sector=sector, year=2026, title="Digitale crisis"),
    }


def test_who_may_manage_what(sector, event):
    found = owners(sector, event)
    presenter, organisation = make_member(), make_member().organisation
    TopicPresenter.objects.create(proposal=found["topic"], organisation=organisation, person=presenter)
    lead, coordinator = make_participant(found["group"]), make_participant(found["group"])
    memberships = GroupMembership.objects
    memberships.filter(person=lead).update(role=GroupMembership.Role.LEAD)
    memberships.filter(person=coordinator).update(role=GroupMembership.Role.COORDINATOR)
    listed = make_member()
    sector.people.add(listed)
    people = {
        "visitor": None,
        "member": make_member(),
        "listed": listed,
        "proposer": found["topic"].by,
        "presenter": presenter,
        "participant": make_participant(found["group"]),
        "coordinator": coordinator,
        "lead": lead,
        "chair": make_chair(sector),
        "manager": make_programme_manager(sector),
        "other chair": make_chair(make_sector()),
        "superuser": make_person(is_superuser=True),
    }
    seen = {
        role: [name for name, owner in found.items() if rules.may_manage(standing_of(person), owner)]
        for role, person in people.items()
        if person
    }
    of_sector = ["event", "item", "topic", "focal_point"]
    assert seen == {
        "member": [],
        "listed": [],
        "proposer": ["topic"],
        "presenter": ["topic"],
        "participant": [],
        "coordinator": ["group"],
        "lead": ["group"],
        "chair": of_sector,
        "manager": of_sector,
        "other chair": [],
        "superuser": [*of_sector[:3], "group", "focal_point"],
    }


def test_add_and_remove_refuse_who_does_not_manage_it(stored, event):
    document = make_document(event)
    with pytest.raises(DomainError, match="Alleen wie dit organiseert"):
        add(event, make_member())
    with pytest.raises(DomainError, match="Alleen wie dit organiseert"):
        operations.remove_document(document=document, by=make_member())
    assert files_in(stored) == [document.file.name]


def test_remove_document_removes_row_and_file_after_commit(stored, event, chair, django_capture_on_commit_callbacks):
    document, other = make_document(event), make_document(event)
    with django_capture_on_commit_callbacks(execute=True):
        operations.remove_document(document=document, by=chair)
        assert document.file.name in files_in(stored)
    assert files_in(stored) == [other.file.name]
    assert list(Document.objects.all()) == [other]


def test_remove_document_twice_changes_nothing(event, chair):
    document = make_document(event)
    again = Document.objects.get()
    operations.remove_document(document=document, by=chair)
    operations.remove_document(document=again, by=chair)
    assert not Document.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_remove_document_that_rolls_back_keeps_the_file(stored, event, chair):
    document = make_document(event)
    with transaction.atomic():
        operations.remove_document(document=document, by=chair)
        transaction.set_rollback(True)
    assert (files_in(stored), Document.objects.count()) == ([document.file.name], 1)


@pytest.mark.django_db(transaction=True)
def test_remove_document_goes_well_when_the_file_was_gone(stored, event, chair):
    document = make_document(event)
    default_storage.delete(document.file.name)
    operations.remove_document(document=document, by=chair)
    assert not Document.objects.exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_same_file_from_eight_people_at_once_is_there_once(stored, event, chair):
    barrier, seen = threading.Barrier(8), []

    def press() -> None:
        try:
            content = content_of()
            barrier.wait()
            seen.append(add(event, chair, content=content).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(seen), len(set(seen)), Document.objects.count(), len(files_in(stored))) == (8, 1, 1, 1)


@pytest.mark.parametrize("fields", [{}, {"event": True, "group": True}, {"topic": True, "focal_point": True}])
def test_a_document_belongs_to_exactly_one(fields, sector, event):
    found = owners(sector, event)
    document = Document(
        **{name: found[name] for name in fields}, title="x", file="aa/x.pdf", content_type="x", size=1, sha256="x"
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        document.save()


def test_a_session_with_documents_stays_in_the_programme(sector, chair):
    event = make_event(sectors=[sector], kind="sector", start=timezone.now() + timedelta(days=20))
    topic = make_topic(sector)
    item = topics.plan(proposal=topic, event=event, place=topics.Place(), by=make_programme_manager(sector))
    document = make_document(item)
    with pytest.raises(DomainError, match="Bij deze sessie horen documenten, dus hij blijft staan"):
        topics.leave_on_wish_list(proposal=topic, by=chair)
    topic.refresh_from_db()
    assert (topic.status, ProgrammeItem.objects.get(), Document.objects.get()) == (
        TopicProposal.Status.PLANNED, item, document,
    )  # fmt: skip
    operations.erase(document=document)
    topics.leave_on_wish_list(proposal=topic, by=chair)
    assert not ProgrammeItem.objects.exists()


def test_merging_people_moves_what_they_added(event):
    keep, gone = make_member(), make_member()
    document = make_document(event, by=gone)
    merge(keep=keep, gone=gone, by=make_person(is_superuser=True))
    document.refresh_from_db()
    assert document.by == keep


def test_the_document_stays_when_who_added_it_is_forgotten(event):
    person = make_member()
    document = make_document(event, by=person)
    person.delete()
    document.refresh_from_db()
    assert document.by is None


def age(stored, name: str, hours: float) -> None:
    then = timezone.now().timestamp() - hours * 3600
    os.utime(stored / name, (then, then))


def test_sweep_removes_files_without_a_document_after_a_day(stored, event):
    kept, orphan, young = make_document(event), make_document(event), make_document(event)
    lost = [orphan.file.name, young.file.name]
    Document.objects.filter(pk__in=[orphan.pk, young.pk]).delete()
    for name, hours in ((kept.file.name, 1000), (lost[0], 25), (lost[1], 23)):
        age(stored, name, hours)
    for name in ("leesmij.txt", "ab/zo.pdf", "ab/ABCDEF.pdf", "xy/0123456789abcdef0123456789abcdef.pdf"):
        (stored / name).parent.mkdir(exist_ok=True)
        (stored / name).touch()
        age(stored, name, 1000)
    before = files_in(stored)
    assert sweep() == 1
    assert set(before) - set(files_in(stored)) == {lost[0]}
    assert sweep() == 0


def test_sweep_removes_the_files_of_a_meeting_that_was_deleted(stored, event):
    document = make_document(event)
    event.delete()
    assert files_in(stored) == [document.file.name]
    age(stored, document.file.name, 25)
    sweep_files()
    assert files_in(stored) == []


def test_sweep_of_a_folder_that_is_not_there_is_no_error(stored):
    assert sweep() == 0
    assert not stored.exists()

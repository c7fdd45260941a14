"""The pages of documents: the lists, adding, removing, and the file itself."""

import logging
import re
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from documents import operations
from documents.limits import OVERHEAD, UploadLimit
from documents.models import Document
from documents.types import DOCX, PNG
from events.models import Event, TopicProposal
from knowledge_groups.models import GroupMembership
from members.models import Person
from sectors.models import FocalPoint
from tests.documents.files import office, pdf, photo
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

ADD = "/documenten/nieuw/"
YEAR = timezone.localdate().year


def upload(name: str = "verslag.pdf", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, pdf() if content is None else content)


def fields(**more) -> dict:
    return {"title": "Verslag van de middag", "kind": "report", "file": upload()} | more


def client_of(person: Person | None) -> Client:
    client = Client()
    if person:
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


# The file itself


def body(response) -> bytes:
    return b"".join(response.streaming_content)


@pytest.mark.parametrize(
    ("fields", "disposition"),
    [
        ({}, 'attachment; filename="verslag.pdf"'),
        ({"content_type": PNG, "original_name": "kaart.png"}, 'inline; filename="kaart.png"'),
        ({"content_type": DOCX, "original_name": "plan.docx"}, 'attachment; filename="plan.docx"'),
        (
            {"content_type": DOCX, "original_name": "Plan Fryslân “1”.docx"},
            "attachment; filename*=utf-8''Plan%20Frysl%C3%A2n%20%E2%80%9C1%E2%80%9D.docx",
        ),
    ],
)
def test_file_leaves_with_what_keeps_it_harmless(client, event, fields, disposition):
    found = make_document(event, content=b"inhoud", **{"original_name": "verslag.pdf"} | fields)
    response = client.get(found.get_absolute_url())
    with found.file.open() as file:
        assert body(response) == file.read()
    names = (
        "Content-Type", "Content-Disposition", "Content-Length", "Content-Security-Policy", "X-Content-Type-Options",
        "Cache-Control", "X-Frame-Options",
    )  # fmt: skip
    assert {name: response[name] for name in names} == {
        "Content-Type": found.content_type,
        "Content-Disposition": disposition,
        "Content-Length": str(found.size),
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
        "X-Frame-Options": "DENY",
    }
    assert "ETag" not in response


def test_file_is_asked_for_by_head_and_not_by_post(client, event):
    found = make_document(event)
    response = client.head(found.get_absolute_url())
    assert (response.status_code, response["Content-Length"], body(response)) == (200, str(found.size), b"")
    assert client.post(found.get_absolute_url()).status_code == 405


def test_file_costs_a_visitor_one_query_and_sets_no_cookie(client, event, django_assert_num_queries):
    found = make_document(event)
    with django_assert_num_queries(1):
        response = client.get(found.get_absolute_url())
    assert body(response)
    assert not response.cookies


def test_file_that_is_gone_is_told_on_a_page(client, event, caplog):
    found = make_document(event, title="Verslag")
    default_storage.delete(found.file.name)
    with caplog.at_level(logging.ERROR):
        response = client.get(found.get_absolute_url())
    assert response.status_code == 404
    assert "“Verslag” staat in de lijst, maar we kunnen het bestand niet vinden." in response.content.decode()
    assert f"The file of document {found.pk} is not there" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_file_that_is_removed_while_it_is_read_comes_to_its_end(client, event, chair):
    found = make_document(event, content=bytes(300_000))
    response = client.get(found.get_absolute_url())
    first = next(response.streaming_content)
    operations.remove_document(document=found, by=chair)
    assert not default_storage.exists(found.file.name)
    assert len(first) + len(body(response)) == found.size
    assert client.get(found.get_absolute_url()).status_code == 404


def test_file_is_nowhere_else(client, event):
    found = make_document(event)
    for path in (f"/{found.file.name}", f"/static/{found.file.name}", f"/media/{found.file.name}", "/documenten/"):
        assert client.get(path).status_code == 404


# Who may read what


def test_matrix_of_what_is_read_by_whom(sector):
    group = make_group()
    other = make_sector()
    events = {
        "public": make_event(sectors=[sector]),
        "members": make_event(sectors=[sector], audience=Event.Audience.MEMBERS),
        "hosts": make_event(sectors=[sector], audience=Event.Audience.HOSTS),
        "draft": make_event(sectors=[sector], status=Event.Status.DRAFT),
    }
    proposer = make_member()
    sector.people.add(proposer)
    point = FocalPoint.objects.create(sector=sector, year=YEAR, title="Digitale crisis")
    point.partner_sectors.add(other)
    owners = {
        **events,
        "session": make_session(make_block(events["hosts"])),
        "topic": make_topic(sector, by=proposer),
        "draft topic": make_topic(sector, by=proposer, status=TopicProposal.Status.DRAFT),
        "group": group,
        "point": point,
    }
    found = {name: make_document(owner) for name, owner in owners.items()}
    found["public point"] = make_document(point, is_public=True)
    listed = make_member()
    sector.people.add(listed)
    former = make_participant(group)
    today = timezone.localdate()
    former.group_memberships.update(end=today - timedelta(days=1))
    people = {
        "visitor": None,
        "outsider": make_person(),
        "member": make_member(),
        "listed": listed,
        "proposer": proposer,
        "participant": make_participant(group),
        "former participant": former,
        "chair": make_chair(sector),
        "manager": make_programme_manager(sector),
        "partner's manager": make_programme_manager(other),
        "other manager": make_programme_manager(make_sector()),
        "superuser": make_person(is_superuser=True),
    }
    seen = {}
    for role, person in people.items():
        client = client_of(person)
        answers = {name: client.get(one.get_absolute_url()) for name, one in found.items()}
        seen[role] = {name for name, answer in answers.items() if answer.status_code == 200}
        assert {answer.status_code for answer in answers.values()} <= {200, 404}
        assert all(body(answer) for answer in answers.values() if answer.streaming)
        # A list is never more than what can be opened.
        assert set(Document.objects.visible_to(client_user(client))) == {found[name] for name in seen[role]}
    everyone = {"public", "public point"}
    member = everyone | {"members", "point"}
    of_sector = member | {"hosts", "session", "topic"}
    assert seen == {
        "visitor": everyone,
        "outsider": everyone,
        "member": member,
        "listed": of_sector,
        "proposer": of_sector | {"draft topic"},
        "participant": member | {"group"},
        "former participant": member,
        "chair": of_sector | {"draft"},
        "manager": of_sector | {"draft"},
        "partner's manager": everyone | {"point"},
        "other manager": everyone,
        "superuser": set(found) - {"draft topic"},
    }


def client_user(client: Client):
    return client.get("/privacy/").wsgi_request.user


def test_matrix_of_who_comes_on_the_pages_to_add_and_remove(sector, event, chair):
    group, lead = make_group(slug="ict-noord"), make_member()
    GroupMembership.objects.create(group=group, person=lead, role="lead", start=timezone.localdate())
    topic = make_topic(sector, by=make_member())
    sector.people.add(topic.by)
    point = FocalPoint.objects.create(sector=sector, year=YEAR, title="Digitale crisis")
    owners = {
        f"?bijeenkomst={event.slug}": event,
        f"?onderwerp={topic.pk}": topic,
        f"?groep={group.slug}": group,
        f"?speerpunt={point.pk}": point,
    }
    removing = {query: reverse("documents:remove", args=[make_document(one).pk]) for query, one in owners.items()}
    people = {
        "visitor": None,
        "member": make_member(),
        "participant": make_participant(group),
        "lead": lead,
        "proposer": topic.by,
        "chair": chair,
        "other chair": make_chair(make_sector()),
        "superuser": make_person(is_superuser=True),
    }
    seen = {}
    for role, person in people.items():
        client = client_of(person)
        pages = [(client.get(ADD + query).status_code, client.get(removing[query]).status_code) for query in owners]
        assert {adding == remove for adding, remove in pages} == {True}
        seen[role] = " ".join(str(adding) for adding, _remove in pages)
    assert seen == {
        "visitor": "302 302 302 302",
        "member": "404 404 404 404",
        "participant": "404 404 404 404",
        "lead": "404 404 200 404",
        "proposer": "404 200 404 404",
        "chair": "200 200 404 200",
        "other chair": "404 404 404 404",
        "superuser": "200 200 200 200",
    }


@pytest.mark.parametrize(
    "query",
    ["", "?bijeenkomst=bestaat-niet", "?onderwerp=x", "?onderwerp=-1", "?onderwerp=²", f"?speerpunt={'9' * 30}",
     "?groep=", "?bijeenkomst=openbaar&groep=ict-noord", "?sector=overheden"],
)  # fmt: skip
def test_add_is_not_there_for_what_does_not_exist(client, chair, event, query):
    client.force_login(chair)
    assert client.get(ADD + query).status_code == 404
    assert client.post(ADD + query, fields()).status_code == 404
    assert not Document.objects.exists()


# Adding


def test_chair_adds_a_document_to_a_meeting(client, chair, event, stored):
    client.force_login(chair)
    page = event.get_absolute_url()
    assert f'href="{ADD}?bijeenkomst=openbaar"' in client.get(page).content.decode()
    html = client.get(f"{ADD}?bijeenkomst=openbaar").content.decode()
    assert 'accept=".pdf,.odt,.ods,.odp,.docx,.xlsx,.pptx,.png,.jpg,.jpeg"' in html
    assert "id_session" not in html
    assert "id_is_public" not in html
    response = client.post(f"{ADD}?bijeenkomst=openbaar", fields())
    assert response.url == f"{page}#documenten"
    found = Document.objects.get()
    assert (found.owner, found.title, found.kind, found.by) == (event, "Verslag van de middag", "report", chair)
    html = client.get(page).content.decode()
    assert f'href="/documenten/{found.pk}/">Verslag van de middag</a>' in html
    assert re.search(r"Verslag \(PDF, \d+\sbytes\)", html)
    assert "“Verslag van de middag” is toegevoegd." in html


def test_chair_adds_slides_to_a_session(client, chair, event):
    session = make_session(make_block(event), title="Werken met gegevens")
    other = make_session(make_block(make_event()))
    client.force_login(chair)
    url = f"{ADD}?bijeenkomst=openbaar"
    assert "De hele bijeenkomst" in client.get(url).content.decode()
    assert client.post(url, fields(session=other.pk)).status_code == 200
    response = client.post(url, fields(session=session.pk, kind="slides"))
    assert response.url == f"{event.get_absolute_url()}#documenten"
    assert Document.objects.get().owner == session
    assert "Sessie: Werken met gegevens" in Client().get(event.get_absolute_url()).content.decode()


def test_chair_makes_a_document_of_a_focal_point_public(client, chair, sector):
    point = FocalPoint.objects.create(sector=sector, year=YEAR, title="Digitale crisis")
    client.force_login(chair)
    url = f"{ADD}?speerpunt={point.pk}"
    assert client.post(url, fields(is_public="on")).url == f"{point.get_absolute_url()}#documenten"
    assert client.post(url, fields(title="Intern", file=upload(content=pdf("Intern")))).status_code == 302
    assert sorted(Document.objects.values_list("title", "is_public")) == [
        ("Intern", False), ("Verslag van de middag", True),
    ]  # fmt: skip
    seen = client_of(None).get(sector.get_absolute_url()).content.decode()
    assert ("Verslag van de middag" in seen, "Intern" in seen) == (True, False)


def test_add_keeps_what_was_typed_and_asks_for_the_file_again(client, chair, event, stored):
    make_session(make_block(event))
    client.force_login(chair)
    response = client.post(f"{ADD}?bijeenkomst=openbaar", fields(title="", kind="slides"))
    html = response.content.decode()
    assert response.status_code == 200
    assert "<title>Fout: " in html
    assert "Kies het bestand nog een keer: je browser onthoudt het niet." in html
    assert re.search(r'value="slides"[^>]*checked', html)
    response = client.post(f"{ADD}?bijeenkomst=openbaar", fields(file=upload("a.pdf", b"<html>")))
    html = response.content.decode()
    assert 'value="Verslag van de middag"' in html
    assert "Dit soort bestand kunnen we niet aannemen. Je kunt een PDF toevoegen" in html
    response = client.post(f"{ADD}?bijeenkomst=openbaar", {"title": "x", "kind": "report"})
    assert "Dit veld is verplicht." in response.content.decode()
    assert (Document.objects.count(), list(stored.rglob("*.*"))) == (0, [])


def test_add_says_that_the_file_is_there_under_another_title(client, chair, event):
    client.force_login(chair)
    url = f"{ADD}?bijeenkomst=openbaar"
    assert [client.post(url, fields()).status_code for _ in range(2)] == [302, 302]
    html = client.post(url, fields(title="Anders")).content.decode()
    assert "Dit bestand staat hier al, als “Verslag van de middag”." in html
    assert Document.objects.count() == 1


def test_add_stores_a_photo_without_its_place(client, chair, event, stored):
    client.force_login(chair)
    client.post(f"{ADD}?bijeenkomst=openbaar", fields(file=upload("foto.JPG", photo())))
    found = Document.objects.get()
    assert (found.content_type, found.original_name, b"Exif" in (stored / found.file.name).read_bytes()) == (
        "image/jpeg",
        "foto.jpg",
        False,
    )


@pytest.mark.parametrize("name", ["../../../../etc/cron.d/x.pdf", "/etc/x.pdf", "..\\..\\x.pdf", "x\x00.pdf", "x.pdf"])
def test_add_never_takes_a_path_from_a_name(client, chair, event, stored, name):
    client.force_login(chair)
    boundary = "grens"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in (("title", "x"), ("kind", "report"))
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    sent = "".join(parts).encode() + head.encode() + pdf() + f"\r\n--{boundary}--\r\n".encode()
    content_type = f"multipart/form-data; boundary={boundary}"
    assert client.post(f"{ADD}?bijeenkomst=openbaar", sent, content_type=content_type).status_code == 302
    found = Document.objects.get()
    assert found.original_name == "x.pdf"
    assert [path.resolve() for path in stored.rglob("*") if path.is_file()] == [stored / found.file.name]


def test_add_refuses_a_large_file_without_keeping_it(client, chair, event, settings):
    settings.DOCUMENT_MAX_MB = 1
    client.force_login(chair)
    url = f"{ADD}?bijeenkomst=openbaar"
    for size in (1024**2 + 1, 2 * 1024**2):
        html = client.post(url, fields(file=upload(content=bytes(size)))).content.decode()
        assert "Dit bestand is te groot. Een bestand mag hoogstens 1 MB zijn. Maak het kleiner." in html
        assert 'value="Verslag van de middag"' in html
        assert "Dit veld is verplicht." not in html
    whole = pdf() + b" " * (1024**2 - len(pdf()) - 10) + b"startxref %%EOF"[-10:]
    assert len(whole) == 1024**2
    html = client.post(url, fields(file=upload(content=whole))).content.decode()
    assert "te groot" not in html


class Counting(BytesIO):
    """What a browser sends; it remembers how much of it was read."""

    taken = 0

    def read(self, size: int = -1) -> bytes:
        found = super().read(size)
        self.taken += len(found)
        return found


def sent(size: int) -> tuple[Counting, int]:
    text = '--grens\r\nContent-Disposition: form-data; name="title"\r\n\r\nVerslag\r\n'
    head = '--grens\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
    whole = (text + head).encode() + bytes(size) + b"\r\n--grens--\r\n"
    return Counting(whole), len(whole)


@pytest.mark.parametrize(
    ("size", "exceeded", "most_read"),
    [(1_000, False, 2_000), (1_100_000, True, 2_000_000), (2_000_000, True, 3_000_000), (9_000_000, True, 200_000)],
)
def test_limit_reads_no_more_of_what_is_absurd(size, exceeded, most_read):
    stream, length = sent(size)
    request = RequestFactory().post("/", content_type="multipart/form-data; boundary=grens", CONTENT_LENGTH=length)
    request.environ["wsgi.input"] = request._stream = stream
    request._read_started = False
    limit = UploadLimit(request, 1_000_000)
    request.upload_handlers.insert(0, limit)
    assert request.POST["title"] == "Verslag"
    assert (limit.is_exceeded, "file" in request.FILES) == (exceeded, not exceeded)
    assert stream.taken <= most_read
    assert OVERHEAD < 1_000_000


def test_add_asks_for_the_token_of_the_form(chair, event):
    client = Client(enforce_csrf_checks=True)
    client.force_login(chair)
    url = f"{ADD}?bijeenkomst=openbaar"
    assert client.post(url, fields()).status_code == 403
    client.get(url)
    token = client.cookies["csrftoken"].value
    assert client.post(url, fields(csrfmiddlewaretoken=token)).status_code == 302


# Removing


def test_chair_removes_a_document_after_one_question(client, chair, event):
    found = make_document(event, title="Oud verslag")
    client.force_login(chair)
    url = reverse("documents:remove", args=[found.pk])
    assert f'href="{url}"' in client.get(event.get_absolute_url()).content.decode()
    assert "Verwijder “Oud verslag”" in client.get(url).content.decode()
    assert Document.objects.exists()
    assert client.post(url).url == f"{event.get_absolute_url()}#documenten"
    assert not Document.objects.exists()
    assert client.post(url).status_code == 404


# The lists


def test_page_of_a_meeting_lists_its_own_first_and_then_those_of_its_sessions(client, event):
    block = make_block(event)
    for title, owner in (
        ("Dia's", make_session(block, title="B")), ("Eerst", event), ("Extra", make_session(block, title="A")),
        ("Daarna", event), ("Elders", make_event()),
    ):  # fmt: skip
        make_document(owner, title=title)
    html = client.get(event.get_absolute_url()).content.decode()
    titles = re.findall(r'href="/documenten/\d+/">([^<]+)</a>', html)
    assert titles == ["Eerst", "Daarna", "Extra", "Dia&#x27;s"]
    assert re.findall(r"Sessie: (\w)", html) == ["A", "B"]
    assert "Verwijder" not in html


def test_pages_without_documents_say_nothing_of_them(client, event, sector):
    FocalPoint.objects.create(sector=sector, year=YEAR, title="Digitale crisis")
    group = make_group()
    topic = make_topic(sector)
    listed = make_member()
    sector.people.add(listed)
    for person in (None, listed, make_participant(group)):
        client = client_of(person)
        for page in (event, sector, group):
            assert 'id="documenten"' not in client.get(page.get_absolute_url()).content.decode()
    assert 'id="documenten"' not in client_of(listed).get(topic.get_absolute_url()).content.decode()


def test_page_of_a_group_lists_what_its_meetings_and_topics_left_to_who_may_read_it(client):
    group = make_group()
    meeting, hidden = make_event(groups=[group]), make_event(groups=[group], audience=Event.Audience.HOSTS)
    make_document(make_session(make_block(meeting)), title="Dia's")
    make_document(hidden, title="Besluit")
    make_document(make_topic(group), title="Achtergrond")
    make_document(make_topic(group, status=TopicProposal.Status.WITHDRAWN), title="Vervallen")
    seen = {}
    for role, person in {"visitor": None, "member": make_member(), "taking part": make_participant(group)}.items():
        html = client_of(person).get(group.get_absolute_url()).content.decode()
        seen[role] = re.findall(r'href="/documenten/\d+/">([^<]+)</a>', html)
    seen_of_all = ["Dia&#x27;s"]
    assert seen == {
        "visitor": seen_of_all, "member": seen_of_all, "taking part": [*seen_of_all, "Besluit", "Achtergrond"],
    }  # fmt: skip
    assert f"Bijeenkomst: {meeting.title}" in html


def test_page_of_a_group_lists_documents_for_who_takes_part(client):
    group = make_group(slug="ict-noord")
    make_document(group, title="Werkplan")
    lead = make_participant(group)
    lead.group_memberships.update(role="lead")
    seen = {}
    for role, person in {"visitor": None, "member": make_member(), "taking part": make_participant(group),
                         "lead": lead}.items():  # fmt: skip
        html = client_of(person).get(group.get_absolute_url()).content.decode()
        seen[role] = ("Werkplan" in html, f"{ADD}?groep=ict-noord" in html, "/verwijderen/" in html)
    assert seen == {
        "visitor": (False, False, False),
        "member": (False, False, False),
        "taking part": (True, False, False),
        "lead": (True, True, True),
    }


def test_page_of_a_topic_lists_its_documents(client, sector, chair):
    topic = make_topic(sector, by=make_member())
    sector.people.add(topic.by)
    make_document(topic, title="Achtergrond")
    listed = make_member()
    sector.people.add(listed)
    seen = {}
    for role, person in {"listed": listed, "proposer": topic.by, "chair": chair}.items():
        html = client_of(person).get(topic.get_absolute_url()).content.decode()
        seen[role] = ("Achtergrond" in html, f"{ADD}?onderwerp={topic.pk}" in html)
    assert seen == {"listed": (True, False), "proposer": (True, True), "chair": (True, True)}


def test_page_of_a_sector_lists_all_of_a_focal_point(client, sector, chair):
    """Its own, and those of its topics and of the meetings where these are talked about; each reader sees its own."""
    point = FocalPoint.objects.create(sector=sector, year=YEAR, title="Digitale crisis")
    other = FocalPoint.objects.create(sector=sector, year=YEAR, title="Common Ground")
    meeting = make_event(sectors=[sector], title="Oefening")
    hidden = make_event(sectors=[sector], title="Besloten", audience=Event.Audience.HOSTS)
    topic = make_topic(sector, focal_point=point, event=meeting, status=TopicProposal.Status.PLANNED, title="Oefenen")
    make_topic(sector, focal_point=other, event=hidden, status=TopicProposal.Status.PLANNED)
    aside = make_event(sectors=[sector])
    make_topic(sector, focal_point=point, event=aside)  # proposed for it only
    declined = make_topic(sector, focal_point=point, status=TopicProposal.Status.WITHDRAWN)
    named = make_event(sectors=[sector], title="Training")
    named.focal_points.add(point)
    for title, owner, more in (
        ("Plan", point, {"is_public": True}), ("Intern plan", point, {}), ("Achtergrond", topic, {}),
        ("Verslag", meeting, {}), ("Dia's", make_session(make_block(meeting)), {}), ("Besluit", hidden, {}),
        ("Iets anders", aside, {}), ("Niet gekozen", declined, {}),
        ("Lesboek", named, {}), ("Opdracht", make_session(make_block(named)), {}),
    ):  # fmt: skip
        make_document(owner, title=title, **more)
    seen = {}
    for role, person in {"visitor": None, "member": make_member(), "chair": chair}.items():
        html = client_of(person).get(sector.get_absolute_url()).content.decode()
        seen[role] = (re.findall(r'href="/documenten/\d+/">([^<]+)</a>', html), html.count("/verwijderen/"))
    assert seen == {
        "visitor": (["Plan", "Verslag", "Dia&#x27;s", "Lesboek", "Opdracht"], 0),
        "member": (["Plan", "Intern plan", "Verslag", "Dia&#x27;s", "Lesboek", "Opdracht"], 0),
        "chair": (
            ["Plan", "Intern plan", "Achtergrond", "Verslag", "Dia&#x27;s", "Besluit", "Lesboek", "Opdracht"],
            2,
        ),
    }
    for words in ("Onderwerp: Oefenen", "Bijeenkomst: Oefening", "Speerpunt: Digitale crisis"):
        assert words in html
    assert ADD not in html
    assert f"{ADD}?speerpunt={point.pk}" in client_of(chair).get(point.get_absolute_url()).content.decode()


def test_no_page_tells_a_reader_who_added_a_document(client, event, chair):
    make_document(event, by=make_member(name="Anna Oplader"))
    for person in (None, make_member(), chair):
        assert "Anna Oplader" not in client_of(person).get(event.get_absolute_url()).content.decode()


def queries_of(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    return len(asked)


def test_lists_cost_one_query_however_many_there_are(sector, chair, event):
    group = make_group()
    topic = make_topic(sector, event=event)
    point = FocalPoint.objects.create(sector=sector, year=YEAR, title="Digitale crisis")
    participant = make_participant(group)
    sector.people.add(participant)
    pages = [page.get_absolute_url() for page in (event, sector, group, topic)]
    clients = [client_of(person) for person in (None, participant, chair)]

    def count() -> list:
        return [
            queries_of(client, url) for client in clients for url in pages if client != clients[0] or url != pages[3]
        ]

    none = count()
    session = make_session(make_block(event))
    counts = []
    for _ in range(2):
        for owner in (event, session, topic, group, point):
            make_document(owner)
        counts.append(count())
    assert counts[0] == counts[1]
    assert none == counts[0]


def test_office_file_is_a_real_upload_through_the_browser_s_form(client, chair, event):
    client.force_login(chair)
    client.post(f"{ADD}?bijeenkomst=openbaar", fields(file=upload("Dia's.pptx", office("pptx")), kind="slides"))
    found = Document.objects.get()
    response = Client().get(found.get_absolute_url())
    assert response["Content-Disposition"] == 'attachment; filename="Dia\'s.pptx"'
    assert body(response) == office("pptx")

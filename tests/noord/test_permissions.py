"""Who gets what: every page for every role as a table, and the public addresses as a literal."""

from datetime import timedelta

import pytest
from django.contrib.admin.sites import site
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from consultations.models import Answer, AnswerSheet, Participation
from events.models import Event, TopicInput
from events.operations import registrations as operations
from events.operations.feeds import renew_feed
from knowledge_groups.models import GroupRequest
from members.models import Person
from tests.factories import (
    make_chair,
    make_consultation,
    make_document,
    make_event,
    make_event_manager,
    make_focal_point,
    make_group,
    make_member,
    make_organisation,
    make_person,
    make_programme_manager,
    make_question,
    make_sector,
    make_topic,
)

pytestmark = pytest.mark.django_db

ANSWER = "00000000-0000-4000-8000-000000000001"

PUBLIC = {
    "",
    "agenda/",
    "agenda.ics",
    "agenda/antwoord/<str:token>/",
    "agenda/persoonlijk/<str:token>.ics",
    "agenda/<slug:slug>.ics",
    "agenda/<slug:slug>/",
    "sectoren/",
    "sectoren/<slug:slug>.ics",
    "sectoren/<slug:slug>/",
    "kennisgroepen/",
    "kennisgroepen/<slug:slug>.ics",
    "kennisgroepen/<slug:slug>/",
    "documenten/<int:pk>/",
    "kennisgroepen/<slug:slug>/jaar/<int:year>/",
    "sectoren/<slug:slug>/jaar/<int:year>/",
    "speerpunten/<int:pk>/",
    "resultaten/",
    "leden/",
    "lid-worden/",
    "mail/stop/<str:token>/",
    "toegankelijkheid/",
    "privacy/",
    "gezond/",
}

ROLES = [
    "visitor", "outsider", "member", "participant", "chair", "manager", "other_manager", "event_manager",
    "administrator",
]  # fmt: skip
# 200 = the page, 302 = to the login or away, 404 = it does not exist for this person, 405 = only by POST.
MATRIX = {
    # visitor outsider member participant chair manager other_manager event_manager administrator
    "/": "200 200 200 200 200 200 200 200 200",
    "/agenda/": "200 200 200 200 200 200 200 200 200",
    "/agenda/openbaar/": "200 200 200 200 200 200 200 200 200",
    "/agenda/openbaar.ics": "200 200 200 200 200 200 200 200 200",
    "/agenda/leden/": "404 404 200 200 200 200 404 200 200",
    "/agenda/leden.ics": "404 404 200 200 200 200 404 200 200",
    "/agenda/besloten/": "404 404 404 200 200 200 404 200 200",
    "/agenda/besloten.ics": "404 404 404 200 200 200 404 200 200",
    "/agenda/concept/": "404 404 404 404 200 200 404 200 200",
    "/agenda/concept.ics": "404 404 404 404 200 200 404 200 200",
    "/agenda/openbaar/aanmelden/": "302 200 200 302 200 200 200 200 200",
    "/agenda/leden/aanmelden/": "302 404 200 200 200 200 404 200 200",
    "/agenda/besloten/aanmelden/": "302 404 404 302 200 200 404 200 200",
    "/agenda/openbaar/mijn-aanmelding/": "302 302 302 200 302 302 302 302 302",
    "/agenda/openbaar/afmelden/": "302 302 302 200 302 302 302 302 302",
    "/agenda/openbaar/collega/": "302 404 200 200 200 404 404 404 404",
    "/agenda/openbaar/overdragen/": "302 404 404 200 404 404 404 404 404",
    "/agenda/openbaar/deelnemers/": "302 404 404 200 404 200 404 200 200",
    "/agenda/besloten/deelnemers/": "302 404 404 200 404 200 404 200 200",
    "/agenda/openbaar/deelnemers/export/": "302 405 405 405 405 405 405 405 405",
    "/agenda/openbaar/aanwezig/": "302 404 404 404 404 200 404 200 200",
    "/agenda/openbaar/aanwezig/code/": "302 404 404 404 404 200 404 200 200",
    "/agenda/openbaar/aanwezig/lijst/": "302 404 404 404 404 200 404 200 200",
    "/agenda/openbaar/badges/": "302 404 404 404 404 200 404 200 200",
    "/agenda/openbaar/uitnodigen/": "302 404 404 404 200 200 404 200 200",
    "/agenda/openbaar/uitnodigingen/": "302 404 404 404 200 200 404 200 200",
    "/agenda/openbaar/uitnodigingen/herinneren/": "302 405 405 405 405 405 405 405 405",
    "/agenda/concept/uitnodigen/": "302 404 404 404 200 200 404 200 200",
    "/agenda/openbaar/wijziging/": "302 404 404 404 404 302 404 302 302",
    "/agenda/openbaar/onderwerpen/": "302 404 404 200 200 200 404 200 200",
    "/agenda/concept/onderwerpen/": "302 404 404 404 200 200 404 200 200",
    "/onderwerpen/1/": "302 404 404 200 200 200 404 200 200",
    "/agenda/openbaar/onderwerpen/stap/agenda/": "302 404 404 404 200 200 404 200 200",
    "/agenda/concept/onderwerpen/stap/oproep/": "302 404 404 404 200 200 404 200 200",
    "/onderwerpen/": "302 200 200 200 200 200 200 200 200",
    "/onderwerpen/nieuw/": "302 200 200 302 302 302 302 200 200",
    "/onderwerpen/nieuw/?sector=overheden": "302 404 404 200 200 200 404 200 200",
    "/onderwerpen/nieuw/?groep=ict-noord": "302 404 404 404 404 404 404 200 200",
    "/onderwerpen/nieuw/?bijeenkomst=openbaar": "302 404 404 200 200 200 404 200 200",
    "/onderwerpen/1/steun/": "302 405 405 405 405 405 405 405 405",
    "/onderwerpen/1/wijzigen/": "302 404 404 200 404 404 404 404 404",
    "/onderwerpen/1/intrekken/": "302 404 404 200 404 404 404 404 404",
    "/onderwerpen/1/kiezen/": "302 404 404 404 200 200 404 200 200",
    "/onderwerpen/1/wensenlijst/": "302 404 404 404 200 200 404 200 200",
    "/onderwerpen/1/niet-kiezen/": "302 404 404 404 200 200 404 200 200",
    "/onderwerpen/1/samenvatten/": "302 404 404 404 200 200 404 200 200",
    "/onderwerpen/2/": "302 404 404 200 404 404 404 404 404",
    "/onderwerpen/input/1/": "302 404 404 404 200 404 404 404 404",
    "/onderwerpen/input/1/intrekken/": "302 404 404 404 200 404 404 404 404",
    "/sectoren/overheden/onderwerpen/": "302 404 404 200 200 200 404 200 200",
    "/kennisgroepen/ict-noord/onderwerpen/": "302 404 404 404 404 404 404 200 200",
    "/vragen/": "302 200 200 200 200 200 200 200 200",
    "/vragen/nieuw/": "302 404 404 404 200 200 200 404 200",
    "/vragen/1/": "302 404 404 200 200 200 404 404 200",
    "/vragen/1/bedankt/": "302 404 404 302 302 302 404 404 302",
    "/vragen/1/vervanger/": "302 404 404 404 404 404 404 404 404",
    "/vragen/1/antwoorden/": "302 404 404 200 200 200 404 404 200",
    "/vragen/1/antwoorden/1/": "302 404 404 404 200 200 404 404 200",
    f"/vragen/1/antwoorden/1/{ANSWER}/weghalen/": "302 404 404 404 200 200 404 404 200",
    "/vragen/1/antwoorden/export/": "302 405 405 405 405 405 405 405 405",
    "/vragen/1/beheer/": "302 404 404 404 200 200 404 404 200",
    "/vragen/1/wijzigen/": "302 404 404 404 302 302 404 404 302",
    "/vragen/1/voorbeeld/": "302 404 404 404 200 200 404 404 200",
    "/vragen/1/code/": "302 404 404 404 200 200 404 404 200",
    "/vragen/1/stap/sluiten/": "302 404 404 404 200 200 404 404 200",
    "/vragen/1/uitkomst/": "302 404 404 404 302 302 404 404 302",
    "/vragen/1/acties/1/": "302 405 405 405 405 405 405 405 405",
    "/vragen/1/vraag/": "302 405 405 405 405 405 405 405 405",
    "/vragen/1/vraag/1/": "302 404 404 404 200 200 404 404 200",
    "/vragen/1/vraag/1/plaats/": "302 405 405 405 405 405 405 405 405",
    "/vragen/2/": "302 404 404 404 302 302 404 404 302",
    "/vragen/2/beheer/": "302 404 404 404 200 200 404 404 200",
    "/documenten/nieuw/": "302 404 404 404 404 404 404 404 404",
    "/documenten/nieuw/?bijeenkomst=openbaar": "302 404 404 404 200 200 404 200 200",
    "/documenten/1/": "404 404 404 200 200 200 404 200 200",
    "/documenten/1/verwijderen/": "302 404 404 404 200 200 404 200 200",
    "/sectoren/": "200 200 200 200 200 200 200 200 200",
    "/sectoren/overheden/": "200 200 200 200 200 200 200 200 200",
    "/sectoren/overheden/volgen/": "302 302 302 302 302 302 302 302 302",
    "/sectoren/overheden/niet-meer-volgen/": "302 302 302 302 302 302 302 302 302",
    "/kennisgroepen/": "200 200 200 200 200 200 200 200 200",
    "/kennisgroepen/ict-noord/": "200 200 200 200 200 200 200 200 200",
    "/kennisgroepen/ict-noord/meedoen/": "302 302 302 302 302 302 302 302 302",
    "/kennisgroepen/ict-noord/stoppen/": "302 302 302 302 302 302 302 302 302",
    "/sectoren/overheden/jaar/2026/": "200 200 200 200 200 200 200 200 200",
    "/kennisgroepen/ict-noord/jaar/2026/": "200 200 200 200 200 200 200 200 200",
    "/kennisgroepen/ict-noord/verzoek/": "302 302 302 302 302 302 302 302 302",
    "/kennisgroepen/ict-noord/verzoek/intrekken/": "302 302 302 302 302 302 302 302 302",
    "/kennisgroepen/besloten-groep/verzoek/": "302 302 200 200 200 302 302 302 302",
    "/kennisgroepen/besloten-groep/verzoek/1/ja/": "302 405 405 405 405 405 405 405 405",
    "/kennisgroepen/besloten-groep/verzoek/1/nee/": "302 404 404 404 404 404 404 404 200",
    "/speerpunten/1/": "200 200 200 200 200 200 200 200 200",
    "/resultaten/": "200 200 200 200 200 200 200 200 200",
    "/leden/": "200 200 200 200 200 200 200 200 200",
    "/lid-worden/": "302 302 302 302 302 302 302 302 302",
    "/mijn/": "302 200 200 200 200 200 200 200 200",
    "/mijn/agenda-link/": "302 405 405 405 405 405 405 405 405",
    "/mijn/gegevens/": "302 200 200 200 200 200 200 200 200",
    "/mijn/mail/": "302 200 200 200 200 200 200 200 200",
    "/toegankelijkheid/": "200 200 200 200 200 200 200 200 200",
    "/privacy/": "200 200 200 200 200 200 200 200 200",
    "/beheer/": "302 404 404 404 404 200 200 200 200",
}


@pytest.fixture
def network(documents_folder):
    sector = make_sector(slug="overheden")
    make_group(slug="ict-noord")
    events = {
        "openbaar": make_event(slug="openbaar", sectors=[sector]),
        "leden": make_event(slug="leden", sectors=[sector], audience=Event.Audience.MEMBERS),
        "besloten": make_event(slug="besloten", sectors=[sector], audience=Event.Audience.HOSTS),
        "concept": make_event(slug="concept", sectors=[sector], status=Event.Status.DRAFT),
    }
    make_document(events["besloten"], pk=1)
    participant, chair = make_member(), make_chair(sector)
    make_focal_point(sector, pk=1)
    GroupRequest.objects.create(pk=1, group=make_group(slug="besloten-groep", is_open=False), person=make_member())
    sector.people.add(participant)
    topic = make_topic(sector, pk=1, by=participant)
    make_topic(sector, pk=2, by=participant, status="draft", proposed_at=None)
    TopicInput.objects.create(pk=1, proposal=topic, by=chair, text="Neem ook kleine gemeenten mee.")
    question = make_question(make_consultation(sector, pk=1, is_open=True), pk=1)
    row = Participation.objects.create(consultation_id=1, person=make_member(), has_answered=True)
    sheet = AnswerSheet.objects.create(
        consultation_id=1, participation=row, is_anonymous=False, answered_at=timezone.now()
    )
    Answer.objects.create(pk=ANSWER, sheet=sheet, question=question, text="Ja")
    make_consultation(sector, pk=2)
    for slug in ("openbaar", "besloten"):
        operations.register(event=events[slug], person=participant)
    return {
        "visitor": None,
        "outsider": make_person(),
        "member": make_member(),
        "participant": participant,
        "chair": chair,
        "manager": make_programme_manager(sector),
        "other_manager": make_programme_manager(make_sector()),
        "event_manager": make_event_manager(),
        "administrator": Person.objects.create_superuser("beheer@noord.example", name="Beheer"),
    }


def client_of(person: Person | None) -> Client:
    client = Client()
    if person:
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def status_of(client: Client, url: str) -> str:
    response = client.get(url)
    if response.streaming:  # a file, which is closed at its end
        list(response.streaming_content)
    return str(response.status_code)


def test_matrix_of_pages_and_roles(network):
    clients = {role: client_of(network[role]) for role in ROLES}
    seen = {url: " ".join(status_of(clients[role], url) for role in ROLES) for url in MATRIX}
    assert seen == MATRIX


def own_patterns(resolver: URLResolver | None = None, prefix: str = ""):
    """Yield the addresses that are ours: not allauth's and not the administration's."""
    for pattern in (resolver or get_resolver()).url_patterns:
        address = prefix + str(pattern.pattern)
        if address.startswith(("account/", "beheer/")):
            continue
        if isinstance(pattern, URLPattern):
            yield address, pattern.callback
        else:
            yield from own_patterns(pattern, address)


def test_public_addresses_are_exactly_these():
    assert {address for address, view in own_patterns() if not getattr(view, "login_required", True)} == PUBLIC


def test_every_address_of_ours_is_in_the_matrix():
    shapes = {
        url.replace("overheden", "<slug:slug>")
        .replace("ict-noord", "<slug:slug>")
        .replace("besloten-groep", "<slug:slug>")
        .replace("openbaar", "<slug:slug>")
        .replace("/vraag/1/", "/vraag/<int:question>/")
        .replace("/antwoorden/1/", "/antwoorden/<int:question>/")
        .replace(f"/{ANSWER}/", "/<uuid:answer>/")
        .replace("/acties/1/", "/acties/<int:action>/")
        .replace("/stap/sluiten/", "/stap/<slug:name>/")
        .replace("/1/", "/<int:pk>/")
        .replace("/stap/agenda/", "/stap/<str:step>/")
        .replace("/2026/", "/<int:year>/")
        .lstrip("/")
        for url in MATRIX
    }
    elsewhere = {  # proven where they are: a feed by its secret, another's registration, the health of the portal
        "agenda.ics",
        "agenda/antwoord/<str:token>/",
        "agenda/persoonlijk/<str:token>.ics",
        "agenda/<slug:slug>/afmelden/<int:pk>/",
        "agenda/<slug:slug>/ik-ben-er/<str:token>/",
        "sectoren/<slug:slug>.ics",
        "kennisgroepen/<slug:slug>.ics",
        "mail/stop/<str:token>/",
        "gezond/",
    }
    assert {address for address, _view in own_patterns()} - shapes - elsewhere == set()


def test_administration_is_closed_for_everyone_else(network):
    addresses = [f"/beheer/{model._meta.app_label}/{model._meta.model_name}/" for model in site._registry]
    seen = {
        role: {client_of(network[role]).get(address).status_code for address in addresses}
        for role in ("visitor", "member", "chair", "manager", "administrator")
    }
    assert seen == {"visitor": {302}, "member": {404}, "chair": {404}, "manager": {200, 403}, "administrator": {200}}


def test_a_role_counts_from_its_first_day_up_to_and_including_its_last(network):
    manager = network["manager"]
    role = manager.sector_roles.get()
    today = timezone.localdate()
    seen = []
    for start, end in [(1, None), (0, None), (0, 0), (-9, -1)]:
        role.start = today + timedelta(days=start)
        role.end = None if end is None else today + timedelta(days=end)
        role.save()
        seen.append(client_of(manager).get("/agenda/concept/").status_code)
    assert seen == [404, 200, 200, 404]


def test_a_member_is_one_on_the_day_itself():
    organisation = make_organisation()
    person = make_member(organisation=organisation)
    make_event(slug="leden", audience=Event.Audience.MEMBERS)
    client = client_of(person)
    assert client.get("/agenda/leden/").status_code == 200
    membership = organisation.memberships.get()
    membership.end = timezone.localdate() - timedelta(days=1)
    membership.save()
    assert client.get("/agenda/leden/").status_code == 404


def test_no_answer_of_a_feed_sets_a_cookie(network):
    token = renew_feed(person=network["member"])
    for url in ("/agenda.ics", "/agenda/openbaar.ics", f"/agenda/persoonlijk/{token}.ics"):
        assert not Client().get(url).cookies

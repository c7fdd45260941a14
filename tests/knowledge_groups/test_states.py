"""The life of a group: proposed, active, ended, each with its day and its decision."""

from datetime import date, timedelta

import pytest
import time_machine
from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from documents.owners import address_to_add
from events.models import Event
from events.stand import stand_of
from events.topic_rights import Part, standing_of
from events.topic_rules import may_choose_for, may_give_input, may_propose_for
from knowledge_groups import operations
from knowledge_groups.models import GroupMembership, GroupRequest, KnowledgeGroup
from noord.domain import DomainError
from noord.outbox.models import Mail
from tests.events.test_planning_pages import typed
from tests.factories import (
    amsterdam,
    make_document,
    make_event,
    make_group,
    make_member,
    make_participant,
    make_person,
    make_programme_manager,
    make_sector,
    make_topic,
)

pytestmark = pytest.mark.django_db

State = KnowledgeGroup.State
TODAY = date(2026, 6, 10)


@pytest.fixture(autouse=True)
def in_june():
    with time_machine.travel(amsterdam(2026, 6, 10, 12), tick=False):
        yield


@pytest.fixture
def administrator():
    return make_person(is_staff=True, is_superuser=True)


def make_proposal(**fields) -> KnowledgeGroup:
    return make_group(**{"state": State.PROPOSED, "proposed_on": date(2026, 3, 7)} | fields)


def test_start_keeps_the_day_and_the_decision():
    group = operations.start_group(group=make_proposal(), on=date(2026, 6, 1), decision=" De ledenraad zei ja. ")
    group.refresh_from_db()
    assert (group.state, group.started_on, group.decision) == (State.ACTIVE, date(2026, 6, 1), "De ledenraad zei ja.")
    assert group.state_sentence.replace("\xa0", " ") == "Kennisgroep sinds 1 juni 2026"


@pytest.mark.parametrize(
    ("fields", "on", "decision"),
    [
        ({}, TODAY + timedelta(days=1), "Ja."),
        ({}, date(2026, 3, 6), "Ja."),
        ({}, TODAY, "  "),
        ({"state": State.ACTIVE}, TODAY, "Ja."),
        ({"state": State.ENDED}, TODAY, "Ja."),
    ],
)
def test_start_refuses(fields, on, decision):
    group = make_proposal(**fields)
    with pytest.raises(DomainError):
        operations.start_group(group=group, on=on, decision=decision)
    assert KnowledgeGroup.objects.get().started_on is None


def test_end_ends_who_takes_part_and_leaves_the_meetings(administrator):
    group = make_group(is_open=False, started_on=date(2019, 3, 7))
    old, left, new, later = (make_participant(group) for _ in range(4))
    periods = {left: ("2020-01-01", "2021-01-01"), new: ("2026-06-08", None), later: ("2026-07-01", None)}
    for person, (start, end) in periods.items():
        group.memberships.filter(person=person).update(start=start, end=end)
    event = make_event(groups=[group])
    asker = make_member()
    request = operations.ask_to_join(group=group, person=asker)
    operations.end_group(group=group, on=date(2026, 6, 1), decision="De groep is klaar.", by=administrator)
    group.refresh_from_db()
    assert (group.state, group.ended_on, group.end_decision) == (State.ENDED, date(2026, 6, 1), "De groep is klaar.")
    rows = {row.person: (row.start, row.end) for row in group.memberships.all()}
    assert rows == {
        old: (date(2020, 1, 1), date(2026, 6, 1)),
        left: (date(2020, 1, 1), date(2021, 1, 1)),
        new: (date(2026, 6, 8), date(2026, 6, 8)),
    }
    event.refresh_from_db()
    assert event.status == Event.Status.PUBLISHED
    request.refresh_from_db()
    assert (request.status, request.reason) == (GroupRequest.Status.DECLINED, "De groep is gestopt.")
    assert Mail.objects.filter(kind="knowledge_groups.answer", to=asker.email).count() == 1


def test_end_of_a_proposal_that_does_not_go_ahead(administrator):
    group = operations.end_group(group=make_proposal(), on=TODAY, decision="Te weinig animo.", by=administrator)
    assert (group.state, group.started_on, group.ended_on) == (State.ENDED, None, TODAY)


@pytest.mark.parametrize(
    ("fields", "on", "decision"),
    [
        ({"started_on": date(2026, 6, 5)}, date(2026, 6, 4), "Klaar."),
        ({}, TODAY + timedelta(days=1), "Klaar."),
        ({}, TODAY, ""),
        ({"state": State.ENDED}, TODAY, "Klaar."),
    ],
)
def test_end_refuses(administrator, fields, on, decision):
    group = make_group(**fields)
    person = make_participant(group)
    with pytest.raises(DomainError):
        operations.end_group(group=group, on=on, decision=decision, by=administrator)
    assert group.memberships.get(person=person).end is None


def test_database_refuses_days_that_are_out_of_order():
    group = make_group(proposed_on=date(2026, 3, 1), started_on=date(2026, 4, 1), ended_on=date(2026, 5, 1))
    for fields in ({"started_on": date(2026, 2, 1)}, {"ended_on": date(2026, 3, 31)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            KnowledgeGroup.objects.filter(pk=group.pk).update(**fields)


# On the page


def page(url: str, person=None) -> str:
    client = Client()
    if person:
        client.force_login(person)
    return client.get(url).content.decode().replace("\xa0", " ")


def test_page_tells_state_and_decision():
    proposed = make_proposal()
    active = make_group(started_on=date(2019, 3, 7), decision="De ledenraad zei <ja>.")
    ended = make_group(state=State.ENDED, ended_on=date(2026, 5, 1), end_decision="De groep is klaar.")
    unknown = make_group()
    shown = {
        proposed: ["Voorgesteld op 7 maart 2026", "Dit is een voorstel. Het is nog geen kennisgroep"],
        active: ["Kennisgroep sinds 7 maart 2019.", "Besluit: De ledenraad zei &lt;ja&gt;."],
        ended: ["Gestopt op 1 mei 2026.", "Besluit: De groep is klaar.", "Deze groep is gestopt"],
        unknown: ["Actief"],
    }
    for group, words in shown.items():
        html = page(group.get_absolute_url())
        assert [word for word in words if word not in html] == []
    assert "Besluit" not in page(unknown.get_absolute_url())
    assert "Voorgesteld." in page(reverse("knowledge_groups:list"))


# In the administration


def admin_url(name: str, group: KnowledgeGroup) -> str:
    return reverse(f"admin:knowledge_groups_knowledgegroup_{name}", args=[group.pk])


def proven(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_administrator_starts_and_ends_a_group_by_a_button(administrator):
    client, group = proven(administrator), make_proposal(is_open=False)
    html = client.get(admin_url("change", group)).content.decode()
    assert admin_url("start", group) in html
    assert client.get(admin_url("start", group)).status_code == 200
    assert KnowledgeGroup.objects.get().state == State.PROPOSED
    client.post(admin_url("start", group), {"on": "2026-06-01", "decision": "Ja."})
    assert KnowledgeGroup.objects.get().state == State.ACTIVE
    html = client.get(admin_url("change", group)).content.decode()
    assert admin_url("start", group) not in html

    make_participant(group)
    make_event(groups=[group], title="Gaat nog komen")
    operations.ask_to_join(group=group, person=make_member())
    html = client.get(admin_url("end", group)).content.decode()
    for words in ("1 persoon doet mee.", "1 persoon vroeg om mee te mogen doen", "Gaat nog komen", "blijven staan"):
        assert words in html
    client.post(admin_url("end", group), {"on": "2026-06-09", "decision": "Klaar."})
    group.refresh_from_db()
    assert (group.state, group.ended_on) == (State.ENDED, date(2026, 6, 9))
    assert admin_url("end", group) not in client.get(admin_url("change", group)).content.decode()
    kind = ContentType.objects.get_for_model(KnowledgeGroup)
    states = LogEntry.objects.filter(content_type=kind, object_id=group.pk, changes__has_key="state")
    assert {tuple(entry.changes["state"]) for entry in states.exclude(action=LogEntry.Action.CREATE)} == {
        ("proposed", "active"),
        ("active", "ended"),
    }


def test_refusal_is_said_on_the_page_and_keeps_what_was_typed(administrator):
    group = make_proposal()
    response = proven(administrator).post(
        admin_url("start", group), {"on": "2026-03-01", "decision": "Wij zeiden ja."}
    )
    html = response.content.decode().replace("\xa0", " ")
    assert "Vul 7 maart 2026 in, of een latere dag." in html.replace("zaterdag ", "")
    assert "Wij zeiden ja." in html


@pytest.mark.parametrize("name", ["start", "end"])
def test_programme_manager_looks_and_does_not_decide(name):
    client, group = proven(make_programme_manager(make_sector())), make_proposal()
    assert admin_url(name, group) not in client.get(admin_url("change", group)).content.decode()
    for answer in (client.get(admin_url(name, group)), client.post(admin_url(name, group), {"on": TODAY})):
        assert answer.status_code == 403
    assert KnowledgeGroup.objects.get().state == State.PROPOSED


def test_new_group_is_a_proposal_of_today(administrator):
    client = proven(administrator)
    url = reverse("admin:knowledge_groups_knowledgegroup_add")
    form = client.get(url).context["adminform"].form
    assert form.initial["proposed_on"] == TODAY
    assert "state" not in form.fields


def opened(client: Client, group: KnowledgeGroup) -> dict:
    return typed(client.get(admin_url("change", group)))


def test_page_of_before_the_start_keeps_the_day_and_the_decision(administrator):
    client, group = proven(administrator), make_proposal()
    before = opened(client, group) | {"summary": "Over ICT."}
    client.post(admin_url("start", group), {"on": "2026-06-01", "decision": "De ledenraad zei ja."})
    response = client.post(admin_url("change", group), before)
    assert response.status_code == 200
    assert f"{administrator} heeft dit om 12.00 uur gewijzigd" in response.content.decode().replace("\xa0", " ")
    assert client.post(admin_url("change", group), typed(response)).status_code == 302
    group.refresh_from_db()
    assert (group.state, group.started_on, group.decision, group.summary) == (
        State.ACTIVE, date(2026, 6, 1), "De ledenraad zei ja.", "Over ICT.",
    )  # fmt: skip


def test_page_of_before_the_end_does_not_let_the_group_go_on(administrator):
    client, group = proven(administrator), make_group(started_on=date(2019, 3, 7), decision="Ja.")
    person = make_participant(group)
    before = opened(client, group) | {"decision": "Ja, met applaus."}
    operations.end_group(group=group, on=date(2026, 6, 9), decision="Klaar.", by=administrator)
    response = client.post(admin_url("change", group), before)
    assert response.status_code == 200
    assert client.post(admin_url("change", group), typed(response)).status_code == 302
    group.refresh_from_db()
    assert (group.state, group.decision, group.ended_on, group.end_decision) == (
        State.ENDED, "Ja, met applaus.", date(2026, 6, 9), "Klaar.",
    )  # fmt: skip
    assert group.memberships.get(person=person).end == date(2026, 6, 9)


@pytest.mark.parametrize("end", ["", "2026-06-11"])
def test_nobody_goes_on_in_a_group_that_has_ended(administrator, end):
    client, group = proven(administrator), make_group()
    make_participant(group)
    operations.end_group(group=group, on=date(2026, 6, 9), decision="Klaar.", by=administrator)
    response = client.post(admin_url("change", group), opened(client, group) | {"memberships-0-end": end})
    assert "Deze groep is gestopt: vul de laatste dag in." in response.content.decode()
    assert group.memberships.get().end == date(2026, 6, 9)


# Its meetings and topics go round as those of a sector


def test_cycle_of_a_meeting_of_a_group_is_led_by_its_coordinators():
    group = make_group()
    coordinator, participant = make_participant(group), make_participant(group)
    group.memberships.filter(person=coordinator).update(role=GroupMembership.Role.COORDINATOR)
    now = amsterdam(2026, 6, 10, 12)
    make_event(groups=[group], kind=Event.Kind.MEETING, start=amsterdam(2026, 7, 8, 13))
    event = Event.objects.with_topics().get()
    assert stand_of(event, now).sentence.startswith("Er is nog geen onderwerp")
    seen = {}
    for person in (coordinator, participant):
        standing = standing_of(person)
        chooses = bool(may_choose_for(standing, event, now=now))
        seen[person] = (standing.in_home(group), bool(may_propose_for(standing, event, now=now)), chooses)
    assert seen == {coordinator: (Part.CHAIR, True, True), participant: (Part.MEMBER, False, False)}


def test_coordinator_of_an_ended_group_no_longer_leads_it(administrator):
    group = make_group()
    coordinator = make_participant(group)
    group.memberships.update(role=GroupMembership.Role.COORDINATOR)
    operations.end_group(group=group, on=date(2026, 6, 9), decision="Klaar.", by=administrator)
    assert standing_of(coordinator).in_home(group) == Part.NONE
    assert not KnowledgeGroup.objects.led_by(coordinator).exists()


# What stays of a group that has ended


def test_who_took_part_until_the_end_goes_on_reading(administrator, documents_folder):
    group = make_group(started_on=date(2019, 3, 7))
    participant, new, left, stranger = (
        make_participant(group),
        make_participant(group),
        make_participant(group),
        make_member(),
    )
    group.memberships.filter(person=new).update(start=date(2026, 6, 9))
    group.memberships.filter(person=left).update(end=date(2026, 5, 1))
    event = make_event(groups=[group], audience=Event.Audience.HOSTS, start=amsterdam(2026, 5, 20, 13))
    topic = make_topic(group)
    documents = [make_document(owner, title="Werkplan") for owner in (group, event, topic)]
    operations.end_group(group=group, on=date(2026, 6, 1), decision="Klaar.", by=administrator)
    with time_machine.travel(amsterdam(2027, 6, 10, 12), tick=False):
        seen = {}
        for person in (participant, new, left, stranger):
            addresses = [one.get_absolute_url() for one in (event, topic, *documents)]
            client = proven(person)
            answers = [client.get(address) for address in addresses]
            codes = {answer.status_code for answer in answers}
            for answer in answers:
                answer.getvalue()  # closes the file
            seen[person] = (codes, "Werkplan" in client.get(group.get_absolute_url()).content.decode())
        assert seen == {
            participant: ({200}, True),
            new: ({200}, True),
            left: ({404}, False),
            stranger: ({404}, False),
        }
        html = page(group.get_absolute_url(), participant)
        assert "Wie tot het einde meedeed" in html
        assert address_to_add(group) not in html
        assert not Event.objects.managed_by(participant).exists()


def test_participant_of_an_ended_group_gives_no_input_any_more(administrator):
    group = make_group()
    person = make_participant(group)
    topic = make_topic(group)
    operations.end_group(group=group, on=date(2026, 6, 9), decision="Klaar.", by=administrator)
    assert not may_give_input(standing_of(person), topic, now=amsterdam(2026, 6, 10, 12))


@pytest.mark.parametrize(("weeks", "status"), [(8, 200), (9, 404)])
def test_who_led_until_the_end_adds_the_report_of_the_last_meeting(administrator, documents_folder, weeks, status):
    group = make_group()
    lead, participant = make_participant(group), make_participant(group)
    group.memberships.filter(person=lead).update(role=GroupMembership.Role.LEAD)
    earlier, last, coming = (
        make_event(groups=[group], audience=Event.Audience.HOSTS, start=amsterdam(2026, month, 8, 13))
        for month in (3, 6, 11)
    )
    operations.end_group(group=group, on=date(2026, 6, 9), decision="Klaar.", by=administrator)
    with time_machine.travel(amsterdam(2026, 6, 9, 12) + timedelta(weeks=weeks), tick=False):
        client = proven(lead)
        assert client.get(address_to_add(last)).status_code == status
        assert (address_to_add(last) in page(last.get_absolute_url(), lead)) == (status == 200)
        assert {client.get(address_to_add(one)).status_code for one in (earlier, coming, group)} == {404}
        assert proven(participant).get(address_to_add(last)).status_code == 404

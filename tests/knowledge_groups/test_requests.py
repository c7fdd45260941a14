"""Asking to join a closed group: who hears of it, who answers, and two at once."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from knowledge_groups import operations
from knowledge_groups.models import GroupMembership, GroupRequest, KnowledgeGroup
from members.merging import merge
from members.models import Membership, Person
from noord.domain import DomainError
from noord.outbox.models import Mail
from noord.outbox.renderers import renderer_of
from tests.factories import (
    make_event,
    make_group,
    make_member,
    make_organisation,
    make_participant,
    make_person,
    make_sector,
)
from tests.threads import all_at_once

pytestmark = pytest.mark.django_db

Status = GroupRequest.Status


@pytest.fixture
def group():
    return make_group(name="ICT Noord", slug="ict-noord", is_open=False)


def make_lead(group, role=GroupMembership.Role.COORDINATOR, **fields) -> Person:
    person = make_participant(group, **fields)
    group.memberships.filter(person=person).update(role=role)
    return person


def ask(group, person=None, text="") -> GroupRequest:
    return operations.ask_to_join(group=group, person=person or make_member(), text=text)


def mails() -> list[tuple[str, str]]:
    return sorted(Mail.objects.values_list("kind", "to"))


def text_of(mail: Mail) -> str:
    return renderer_of(mail.kind).write(**mail.params).text


def takes_part(group, person) -> bool:
    return group.memberships.active_on().filter(person=person).exists()


# Asking


def test_ask_tells_each_who_leads_once(group):
    leads = [make_lead(group), make_lead(group, GroupMembership.Role.LEAD)]
    make_participant(group)
    past = make_lead(group)
    group.memberships.filter(person=past).update(end=timezone.localdate() - timedelta(days=1))
    person = make_member(name="Anna Proef", organisation=make_organisation(name="gemeente Assen"))
    request = ask(group, person, "Ik doe dit werk al jaren.")
    assert ask(group, person, "Nog eens") == request
    assert mails() == sorted(("knowledge_groups.request", lead.email) for lead in leads)
    text = text_of(Mail.objects.first())
    for words in ("Anna Proef vraagt om mee te doen met ICT Noord", "gemeente Assen", "Ik doe dit werk al jaren."):
        assert words in text
    assert "/kennisgroepen/ict-noord/#verzoeken" in text


def test_ask_reaches_the_network_when_nobody_who_leads_has_an_address(group, settings):
    make_lead(group, email=None)
    ask(group)
    assert mails() == [("knowledge_groups.request", settings.ORGANISER_EMAIL)]
    assert "komt deze mail bij het netwerk" in text_of(Mail.objects.get())


def test_ask_again_after_an_answer_is_a_new_request(group):
    lead, person = make_lead(group), make_member()
    operations.decline_request(request=ask(group, person), by=lead, reason="De groep is vol.")
    ask(group, person)
    assert [request.status for request in group.requests.all()] == [Status.DECLINED, Status.OPEN]
    assert [kind for kind, _to in mails()].count("knowledge_groups.request") == 2


@pytest.mark.parametrize("fields", [{"is_open": True}, {"state": KnowledgeGroup.State.ENDED}])
def test_ask_refuses_an_open_and_an_ended_group(fields):
    with pytest.raises(DomainError):
        ask(make_group(**{"is_open": False} | fields))
    assert not GroupRequest.objects.exists()


def test_ask_refuses_who_does_not_work_at_a_member(group):
    with pytest.raises(DomainError):
        ask(group, make_person())
    assert mails() == []


def test_ask_by_who_takes_part_changes_nothing(group):
    assert ask(group, make_participant(group)) is None
    assert not GroupRequest.objects.exists()


def test_database_keeps_one_open_request_per_person_and_a_reason_with_a_no(group):
    request = ask(group)
    again = {"group": group, "person": request.person}
    for fields in ({}, {"status": Status.DECLINED, "decided_at": timezone.now()}, {"status": Status.ACCEPTED}):
        with pytest.raises(IntegrityError), transaction.atomic():
            GroupRequest.objects.create(**again | fields)


def test_withdrawn_request_is_no_longer_there_to_answer(group):
    lead, request = make_lead(group), ask(group)
    operations.withdraw_request(group=group, person=request.person)
    operations.withdraw_request(group=group, person=request.person)
    with pytest.raises(DomainError, match="ingetrokken"):
        operations.accept_request(request=request, by=lead)
    assert not takes_part(group, request.person)
    assert renderer_of("knowledge_groups.request").write(request=request.pk, person=lead.pk) is None


# Answering


def test_accept_lets_take_part_from_today_and_tells_it_once(group):
    lead, request = make_lead(group, email="lead@noord.example"), ask(group)
    for _ in range(2):
        operations.accept_request(request=request, by=lead)
    membership = group.memberships.get(person=request.person)
    assert (membership.start, membership.end, membership.role) == (timezone.localdate(), None, "participant")
    request.refresh_from_db()
    assert (request.status, request.decided_by) == (Status.ACCEPTED, lead)
    assert mails()[0] == ("knowledge_groups.answer", request.person.email)
    assert len(mails()) == 2
    message = renderer_of("knowledge_groups.answer").write(request=request.pk)
    assert "Het antwoord is ja" in message.text
    assert message.reply_to == "lead@noord.example"


def test_decline_tells_the_reason(group):
    lead, request = make_lead(group), ask(group)
    for _ in range(2):
        operations.decline_request(request=request, by=lead, reason=" De groep is vol. ")
    assert not takes_part(group, request.person)
    text = text_of(Mail.objects.get(kind="knowledge_groups.answer"))
    assert "Het antwoord is nee" in text
    assert "De reden: De groep is vol." in text


def test_decline_without_a_reason_is_refused(group):
    lead, request = make_lead(group), ask(group)
    with pytest.raises(DomainError):
        operations.decline_request(request=request, by=lead, reason="  ")
    request.refresh_from_db()
    assert request.is_open


def test_second_answer_says_who_was_first(group):
    anna, bram, request = make_lead(group, name="Anna"), make_lead(group, name="Bram"), ask(group)
    operations.accept_request(request=request, by=anna)
    with pytest.raises(DomainError, match="Anna heeft deze vraag al beantwoord: doet mee"):
        operations.decline_request(request=request, by=bram, reason="Nee.")
    assert takes_part(group, request.person)
    assert len([kind for kind, _to in mails() if kind == "knowledge_groups.answer"]) == 1


@pytest.mark.parametrize("who", ["participant", "stranger", "lead of another"])
def test_answer_is_for_who_leads_this_group(group, who):
    person = {"participant": lambda: make_participant(group), "stranger": make_member,
              "lead of another": lambda: make_lead(make_group())}[who]()  # fmt: skip
    request = ask(group)
    for answer in (operations.accept_request, lambda **given: operations.decline_request(**given, reason="Nee.")):
        with pytest.raises(DomainError):
            answer(request=request, by=person)
    request.refresh_from_db()
    assert request.is_open


def test_accept_refuses_who_works_at_no_member_any_more(group):
    lead, request = make_lead(group), ask(group)
    Membership.objects.filter(organisation=request.person.organisation).update(end=timezone.localdate() - timedelta(1))
    with pytest.raises(DomainError, match="werkt niet meer bij een lid"):
        operations.accept_request(request=request, by=lead)
    assert not takes_part(group, request.person)


def test_join_when_the_group_was_opened_answers_the_request(group):
    lead, request = make_lead(group), ask(group)
    KnowledgeGroup.objects.update(is_open=True)
    operations.join(group=group, person=request.person)
    request.refresh_from_db()
    assert request.status == Status.ACCEPTED
    operations.accept_request(request=request, by=lead)
    assert group.memberships.filter(person=request.person).count() == 1
    assert not Mail.objects.filter(kind="knowledge_groups.answer").exists()


def test_merge_of_two_who_asked_keeps_one_open_request(group):
    keep, gone = make_member(), make_member()
    for person in (keep, gone):
        ask(group, person)
    merge(keep=keep, gone=gone, by=make_person(is_superuser=True))
    assert [(request.person, request.status) for request in group.requests.all()] == [(keep, Status.OPEN)]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_who_lead_answer_at_once_and_one_answer_counts(group):
    anna, bram = make_lead(group), make_lead(group)
    for _ in range(5):
        request = ask(group)

        def answer(number: int, request=request) -> str:
            try:
                if number:
                    operations.decline_request(request=request, by=bram, reason="Vol.")
                else:
                    operations.accept_request(request=request, by=anna)
            except DomainError as error:
                return str(error)
            return ""

        assert all_at_once(answer, 2).count("") == 1
        request.refresh_from_db()
        assert takes_part(group, request.person) == (request.status == Status.ACCEPTED)
        assert Mail.objects.filter(key=f"group-request:{request.pk}:answer").count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_asking_many_times_and_joining_at_once_gives_one_participation(group):
    make_lead(group)
    person = make_member()
    all_at_once(lambda number: ask(group, person), 4)
    assert group.requests.count() == Mail.objects.count() == 1
    KnowledgeGroup.objects.update(is_open=True)
    request = group.requests.get()
    lead = group.memberships.exclude(role="participant").get().person

    def take_part(number: int) -> None:
        if number % 2:
            operations.accept_request(request=request, by=lead)
        else:
            operations.join(group=group, person=person)

    all_at_once(take_part, 4)
    assert group.memberships.filter(person=person).count() == 1
    assert not group.requests.open().exists()


# Without anybody who leads


def make_manager_of_all(*rights: str, **fields) -> Person:
    """Make somebody of the office with these rights over knowledge groups, given by hand."""
    person = make_person(is_staff=True, **fields)
    person.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return Person.objects.get(pk=person.pk)


def test_who_manages_all_groups_answers_where_nobody_leads(client, group):
    manager = make_manager_of_all("view_knowledgegroup", "change_knowledgegroup")
    client.force_login(manager)
    first, second = ask(group, make_member(name="Vrager Proef")), ask(group)
    assert "Vrager Proef" in page(client, group)
    client.post(reverse("knowledge_groups:accept", args=[group.slug, first.pk]))
    client.post(reverse("knowledge_groups:decline", args=[group.slug, second.pk]), {"reason": "Vol."})
    assert [request.status for request in group.requests.all()] == [Status.ACCEPTED, Status.DECLINED]


def test_who_only_looks_at_all_groups_does_not_answer(client, group):
    looker, request = make_manager_of_all("view_knowledgegroup"), ask(group, make_member(name="Vrager Proef"))
    client.force_login(looker)
    assert "Vrager Proef" not in page(client, group)
    assert client.post(reverse("knowledge_groups:accept", args=[group.slug, request.pk])).status_code == 404
    html = client.get(reverse("admin:knowledge_groups_knowledgegroup_changelist")).content.decode()
    assert "Open verzoeken" not in html


def test_administration_counts_the_requests_and_leads_to_them(client, group):
    client.force_login(make_manager_of_all("view_knowledgegroup", "change_knowledgegroup"))
    pages = [
        reverse("admin:knowledge_groups_knowledgegroup_changelist"),
        reverse("admin:knowledge_groups_knowledgegroup_change", args=[group.pk]),
    ]
    for _ in range(2):
        ask(group)
        make_participant(group)
    link = f'<a href="{group.get_absolute_url()}#verzoeken">'
    listed, shown = (client.get(url).content.decode() for url in pages)
    assert f"{link}2</a>" in listed
    assert f"{link}Beantwoord 2 verzoeken om mee te doen</a>" in shown
    group.requests.all().delete()
    assert [link in client.get(url).content.decode() for url in pages] == [False, False]


# The pages


def page(client, group) -> str:
    response = client.get(group.get_absolute_url())
    assert response.status_code == 200
    return response.content.decode()


def test_member_asks_and_withdraws_on_the_page(client, group):
    person = make_member()
    client.force_login(person)
    url = reverse("knowledge_groups:ask", args=[group.slug])
    assert url in page(client, group)
    assert client.get(url).status_code == 200
    assert client.post(url, {"text": ""}).url == group.get_absolute_url()
    html = page(client, group)
    assert "Je hebt gevraagd of je mee mag doen" in html
    assert url not in html.replace(reverse("knowledge_groups:withdraw", args=[group.slug]), "")
    assert client.post(reverse("knowledge_groups:withdraw", args=[group.slug])).status_code == 302
    assert url in page(client, group)


def test_question_that_is_too_long_keeps_what_was_typed(client, group):
    client.force_login(make_member())
    response = client.post(reverse("knowledge_groups:ask", args=[group.slug]), {"text": "woord " * 100})
    assert response.status_code == 200
    assert "woord woord" in response.content.decode()
    assert not GroupRequest.objects.exists()


def test_page_to_ask_tells_who_reads_it(client, group):
    client.force_login(make_member())
    html = client.get(reverse("knowledge_groups:ask", args=[group.slug])).content.decode()
    assert "Alleen wie de groep leidt" not in html
    for words in ("Wie de groep leidt, leest dit", "beheerders kunnen het lezen", "mailbox van Samenwerking Noord"):
        assert words in html


def test_page_to_ask_leads_back_when_asking_is_not_possible(client, group):
    client.force_login(make_person())
    assert client.get(reverse("knowledge_groups:ask", args=[group.slug])).url == group.get_absolute_url()


def test_only_who_leads_sees_the_requests(client, group):
    lead = make_lead(group)
    request = ask(group, make_member(name="Vrager Proef"), "Omdat <b>ik</b> wil.")
    for person in (None, make_member(), make_participant(group)):
        if person:
            client.force_login(person)
        assert "Vrager Proef" not in page(client, group)
        for name in ("accept", "decline"):
            url = reverse(f"knowledge_groups:{name}", args=[group.slug, request.pk])
            assert client.post(url, {"reason": "Nee."}).status_code == (404 if person else 302)
    client.force_login(lead)
    html = page(client, group)
    assert "Vrager Proef" in html
    assert "Omdat &lt;b&gt;ik&lt;/b&gt; wil." in html
    client.post(reverse("knowledge_groups:accept", args=[group.slug, request.pk]))
    assert takes_part(group, request.person)
    assert "Vrager Proef" not in page(client, group).replace("Vrager Proef doet mee en krijgt een mail.", "")


def test_request_of_another_group_is_not_found_under_this_one(client, group):
    other = make_group(is_open=False)
    request = ask(other)
    client.force_login(make_lead(group))
    url = reverse("knowledge_groups:accept", args=[group.slug, request.pk])
    assert client.post(url).status_code == 404
    assert not takes_part(other, request.person)


def test_get_on_a_button_changes_nothing(client, group):
    lead, request = make_lead(group), ask(group)
    client.force_login(lead)
    assert client.get(reverse("knowledge_groups:accept", args=[group.slug, request.pk])).status_code == 405
    assert client.get(reverse("knowledge_groups:decline", args=[group.slug, request.pk])).status_code == 200
    client.force_login(request.person)
    client.get(reverse("knowledge_groups:withdraw", args=[group.slug]))
    request.refresh_from_db()
    assert request.is_open


@pytest.mark.parametrize("rows", [1, 3])
def test_page_of_who_leads_has_a_query_budget(client, django_assert_num_queries, group, rows):
    client.force_login(make_lead(group))
    for _ in range(rows):
        ask(group)
        make_event(groups=[group], sectors=[make_sector()])
    with django_assert_num_queries(11):
        client.get(group.get_absolute_url())

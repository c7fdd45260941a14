"""Merging two people or organisations, over all apps, and taking it back."""

from datetime import date, timedelta
from threading import Thread

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from events.models import CalendarFeed, Invitation, InvitationRound, Registration, RegistrationReason, SessionChoice
from events.operations.feeds import find_feed, renew_feed
from knowledge_groups.models import GroupMembership
from members.merging import forget_records, merge, moving, references, undo
from members.models import EmailDomain, MailPreferences, Membership, Merge, Organisation, Person, Position
from noord.administration import history
from noord.domain import DomainError
from sectors.models import SectorRole
from tests.factories import (
    make_block,
    make_chair,
    make_event,
    make_group,
    make_organisation,
    make_participant,
    make_person,
    make_programme_manager,
    make_registration,
    make_sector,
    make_session,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    return make_person(name="Beheer", is_staff=True, is_superuser=True)


def snapshot() -> dict[str, list]:
    """Everything in the database that a merge may touch, to compare before and after an undo."""
    left_out = ("history", "auditlog", "sessions", "admin", "contenttypes", "auth", "outbox", "account")
    return {
        model._meta.label: {row[0]: row for row in model._base_manager.values_list("pk", *names)}
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label not in left_out and model not in (Merge, CalendarFeed)
        for names in [[field.attname for field in model._meta.concrete_fields if field.name != "password"]]
    }


def rich_person(name: str, organisation: Organisation, **fields) -> Person:
    """Somebody with a row in every table that can point at a person."""
    person = make_person(name=name, organisation=organisation, **fields)
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    MailPreferences.objects.create(person=person, news=False)
    make_sector().people.add(person)
    SectorRole.objects.create(sector=make_sector(), person=person, role=SectorRole.Role.CHAIR, start=date(2020, 1, 1))
    GroupMembership.objects.create(group=make_group(), person=person, start=date(2020, 1, 1))
    person.groups.add(Group.objects.get_or_create(name="Redactie")[0])
    make_registration(make_event(), person, registered_by=person)
    renew_feed(person=person)
    return person


def test_merge_moves_every_row_that_points_at_the_person(boss):
    organisation = make_organisation()
    keep = make_person(name="Jan de Vries", organisation=organisation)
    gone = rich_person("J. de Vries", organisation)
    merge(keep=keep, gone=gone, by=boss)
    assert not Person.objects.filter(pk=gone.pk).exists()
    assert keep.positions.get().organisation == organisation  # the two overlapped and are one
    found = (
        keep.sectors.count(), keep.sector_roles.count(), keep.group_memberships.count(),
        keep.registrations.get().registered_by, keep.mail_preferences.news,
    )  # fmt: skip
    assert found == (1, 1, 1, keep, False)
    # What lets somebody in does not move.
    assert (keep.groups.count(), CalendarFeed.objects.count()) == (0, 0)
    for model, field in references(Person):
        assert not model._base_manager.filter(**{field.name: gone.pk}).exists(), model


def test_undo_puts_everything_back(boss):
    organisation = make_organisation()
    keep, gone = rich_person("Jan de Vries", organisation), rich_person("J. de Vries", organisation, phone="06")
    group = GroupMembership.objects.filter(person=keep).get().group
    role = GroupMembership.Role.COORDINATOR
    GroupMembership.objects.create(group=group, person=gone, start=date(2019, 1, 1), role=role)
    event = Registration.objects.get(person=keep).event
    make_registration(event, gone, status=Registration.Status.WAITING)
    before = snapshot()
    done = merge(keep=keep, gone=gone, by=boss, take={"email", "phone"})
    keep.refresh_from_db()
    assert (keep.email, keep.phone) == (gone.email, "06")
    assert GroupMembership.objects.get(group=group).role == role
    back = undo(merge=done, by=boss)
    assert (back.pk, back.has_usable_password()) == (gone.pk, False)
    assert snapshot() == before
    assert set(EmailAddress.objects.values_list("user", "email")) == {
        (keep.pk, Person.objects.get(pk=keep.pk).email), (gone.pk, gone.email)
    }  # fmt: skip
    done.refresh_from_db()
    assert (done.record, done.can_be_undone) == (None, False)


def test_undo_is_refused_after_thirty_days_and_twice(boss):
    keep, gone = make_person(), make_person()
    done = merge(keep=keep, gone=gone, by=boss)
    with time_machine.travel(timezone.now() + timedelta(days=31)), pytest.raises(DomainError):
        undo(merge=done, by=boss)
    undo(merge=done, by=boss)
    with pytest.raises(DomainError):
        undo(merge=done, by=boss)


def test_forget_records_after_thirty_days(boss):
    done = merge(keep=make_person(), gone=make_person(), by=boss)
    assert forget_records() == 0
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert (forget_records(), forget_records()) == (1, 0)
    done.refresh_from_db()
    assert done.record is None


@pytest.mark.parametrize(
    ("own", "others", "stays"),
    [
        ("confirmed", "confirmed", "confirmed"),
        ("waiting", "confirmed", "confirmed"),
        ("cancelled", "waiting", "waiting"),
        ("confirmed", "cancelled", "confirmed"),
        ("cancelled", "cancelled", "cancelled"),
    ],
)
def test_merge_keeps_the_better_registration(boss, own, others, stays):
    event, keep, gone = make_event(), make_person(), make_person()
    make_registration(event, keep, status=own)
    make_registration(event, gone, status=others)
    before = snapshot()
    done = merge(keep=keep, gone=gone, by=boss)
    assert list(Registration.objects.values_list("person", "status")) == [(keep.pk, stays)]
    undo(merge=done, by=boss)
    assert snapshot() == before


def test_merge_keeps_the_sessions_and_gives_the_free_seat_to_who_waits(boss):
    event = make_event(capacity=2)
    block = make_block(event)
    session = make_session(block)
    keep, gone, waits = make_person(), make_person(), make_person()
    worse = make_registration(event, keep, queued_at=timezone.now())
    better = make_registration(event, gone, queued_at=timezone.now() - timedelta(days=1))
    SessionChoice.objects.create(registration=better, block=block, first=session, seat=session)
    SessionChoice.objects.create(registration=worse, block=block, first=session, seat=session)
    make_registration(event, waits, status=Registration.Status.WAITING)
    done = merge(keep=keep, gone=gone, by=boss)
    assert keep.registrations.get() == better
    assert SessionChoice.objects.get().registration == better
    assert waits.registrations.get().is_confirmed
    # The seat went to somebody else: who comes back waits.
    undo(merge=done, by=boss)
    assert {r.person_id: r.status for r in event.registrations.all()} == {
        keep.pk: "waiting", gone.pk: "confirmed", waits.pk: "confirmed"
    }  # fmt: skip
    assert SessionChoice.objects.count() == 2


def test_merge_keeps_one_invitation(boss):
    event, keep, gone = make_event(), make_person(), make_person()
    sent = InvitationRound.objects.create(event=event)
    Invitation.objects.create(event=event, person=keep, round=sent)
    Invitation.objects.create(event=event, person=gone, round=sent, maybe_at=timezone.now())
    before = snapshot()
    done = merge(keep=keep, gone=gone, by=boss)
    assert Invitation.objects.get().maybe_at
    undo(merge=done, by=boss)
    assert snapshot() == before


def test_merged_person_cannot_get_in_any_more(client, boss):
    keep, gone = make_person(), make_person(password="wachtwoord-van-weleer")
    token = renew_feed(person=gone)
    Authenticator.objects.create(user=gone, type=Authenticator.Type.TOTP, data={})
    client.force_login(gone)
    assert client.get("/mijn/").status_code == 200
    done = merge(keep=keep, gone=gone, by=boss)
    assert client.get("/mijn/").status_code == 302
    assert not client.login(email=gone.email, password="wachtwoord-van-weleer")
    assert find_feed(token) is None
    # Undone, the old session, second factor and password stay away.
    undo(merge=done, by=boss)
    assert client.get("/mijn/").status_code == 302
    assert not client.login(email=gone.email, password="wachtwoord-van-weleer")
    assert not Authenticator.objects.exists()


def test_merge_is_refused_for_who_enters_the_administration():
    manager = make_programme_manager(make_sector())
    other, staff = make_programme_manager(make_sector()), make_person(is_staff=True)
    for one in (other, staff, make_person(is_superuser=True)):
        for keep, gone in ((one, make_person()), (make_person(), one)):
            with pytest.raises(DomainError):
                merge(keep=keep, gone=gone, by=manager)
    person = make_person()
    with pytest.raises(DomainError):
        merge(keep=person, gone=person, by=manager)
    assert merge(keep=make_person(), gone=make_person(), by=manager)


def test_undo_is_refused_to_a_manager_when_the_person_enters_the_administration_now(boss):
    keep, manager = make_person(), make_programme_manager(make_sector())
    done = merge(keep=keep, gone=make_person(), by=manager)
    Person.objects.filter(pk=keep.pk).update(is_superuser=True)
    with pytest.raises(DomainError):
        undo(merge=done, by=manager)
    assert undo(merge=done, by=boss)


def test_undo_leaves_what_was_changed_since(boss):
    keep, gone = make_person(phone="1"), make_person(phone="2")
    done = merge(keep=keep, gone=gone, by=boss, take={"phone"})
    Person.objects.filter(pk=keep.pk).update(phone="3")
    undo(merge=done, by=boss)
    assert list(Person.objects.filter(pk__in=[keep.pk, gone.pk]).order_by("pk").values_list("phone", flat=True)) == [
        "3", "2"
    ]  # fmt: skip


def test_undo_leaves_out_what_is_not_there_any_more(boss):
    keep, gone, event = make_person(), make_person(), make_event()
    make_registration(event, keep)
    make_registration(event, gone)
    done = merge(keep=keep, gone=gone, by=boss)
    event.delete()
    assert undo(merge=done, by=boss).registrations.count() == 0


def test_undo_starts_with_the_last_merge(boss):
    first, second, third = make_person(), make_person(), make_person()
    one = merge(keep=second, gone=first, by=boss)
    two = merge(keep=third, gone=second, by=boss)
    with pytest.raises(DomainError):
        undo(merge=one, by=boss)
    undo(merge=two, by=boss)
    undo(merge=one, by=boss)
    assert Person.objects.filter(pk__in=[first.pk, second.pk, third.pk]).count() == 3


def test_merge_organisations_with_overlapping_memberships(boss):
    keep = make_organisation(name="gemeente Hogeland", slug="hogeland", domain="hogeland.example")
    gone = make_organisation(
        name="Het Hogeland", slug="het-hogeland", domain="hethogeland.example", cbs_code="GM1966", is_member=False
    )
    Membership.objects.create(organisation=gone, start=date(2015, 1, 1), end=date(2019, 6, 30))
    person = make_person(organisation=gone)
    Position.objects.create(person=person, organisation=keep, start=date(2022, 1, 1), is_main_contact=True)
    province = make_organisation(kind=Organisation.Kind.PROVINCE)
    for one in (keep, gone):
        one.provinces.add(province)
    make_sector().organisations.add(gone)
    make_event(host=gone)
    gone.participants.add(keep)  # would point at itself
    before = snapshot()
    done = merge(keep=keep, gone=gone, by=boss, take={"cbs_code", "slug"})
    keep.refresh_from_db()
    assert (keep.name, keep.slug, keep.cbs_code) == ("gemeente Hogeland", "het-hogeland", "GM1966")
    assert list(keep.memberships.values_list("start", "end")) == [(date(2015, 1, 1), None)]
    position = keep.positions.get()
    assert (position.start, position.end, position.title, position.is_main_contact) == (
        date(2020, 1, 1), None, "adviseur", True
    )  # fmt: skip
    assert (keep.provinces.count(), keep.participants.count(), keep.sectors.count()) == (1, 0, 1)
    assert EmailDomain.objects.filter(organisation=keep).count() == 2
    undo(merge=done, by=boss)
    assert snapshot() == before


def test_merge_is_told_in_the_history_of_who_stays(boss):
    keep, gone = make_person(name="Jan"), make_participant(make_group(), name="Johan")
    gone.name = "Johannes"
    gone.save()
    done = merge(keep=keep, gone=gone, by=boss)
    entries = history.entries_of(keep)
    said = [entry for entry in entries if (entry.additional_data or {}).get("said") == "merge"]
    assert [(entry.actor, entry.additional_data["other"]) for entry in said] == [(boss, "Johannes")]
    # What happened to the one who went is part of it, and nobody is forgotten.
    assert ["Johan", "Johannes"] in [entry.changes["name"] for entry in entries if "name" in (entry.changes or {})]
    undo(merge=done, by=boss)
    assert "Johannes" not in str([entry.changes for entry in history.entries_of(keep)])


def tomorrow() -> date:
    return timezone.localdate() + timedelta(days=1)


def people_with_a_role() -> dict[str, Person]:
    """Everybody whose account is worth taking over, by what makes it so."""
    found = {"chair": make_chair(make_sector()), "staff": make_person(is_staff=True)}
    for name, role in (("soon chair", "chair"), ("soon manager", "programme_manager")):
        found[name] = make_person()
        SectorRole.objects.create(sector=make_sector(), person=found[name], role=role, start=tomorrow())
    for role in ("coordinator", "lead"):
        found[role] = make_participant(make_group())
        found[role].group_memberships.update(role=role)
    found["soon lead"] = make_participant(make_group())
    found["soon lead"].group_memberships.update(role="lead", start=tomorrow())
    return found


def test_merge_is_refused_to_a_manager_for_who_has_a_role_now_or_later(boss):
    manager = make_programme_manager(make_sector())
    for name, one in people_with_a_role().items():
        for keep, gone in ((one, make_person()), (make_person(), one)):
            with pytest.raises(DomainError):
                merge(keep=keep, gone=gone, by=manager)
            assert Person.objects.filter(pk__in=[keep.pk, gone.pk]).count() == 2, name
        assert merge(keep=one, gone=make_person(), by=boss)


def test_merge_is_free_for_participants_and_for_who_had_a_role():
    former = make_person()
    SectorRole.objects.create(
        sector=make_sector(), person=former, role="chair", start=date(2020, 1, 1), end=date(2021, 1, 1)
    )
    assert merge(keep=make_participant(make_group()), gone=former, by=make_programme_manager(make_sector()))


@pytest.mark.parametrize("what", ["superuser", "staff", "group", "chair", "soon chair", "lead"])
def test_undo_is_refused_to_a_manager_when_rights_or_a_role_would_come_back(boss, what):
    keep, manager = make_person(), make_programme_manager(make_sector())
    gone = people_with_a_role().get(what) or make_person(is_superuser=what == "superuser")
    if what == "group":
        gone.groups.add(Group.objects.create(name="Redactie"))
    done = merge(keep=keep, gone=gone, by=boss)
    # What moved to the one that stays does not hide what comes back.
    keep.sector_roles.all().delete()
    keep.group_memberships.all().delete()
    with pytest.raises(DomainError):
        undo(merge=done, by=manager)
    assert not Person.objects.filter(pk=gone.pk).exists()
    assert undo(merge=done, by=boss).pk == gone.pk


def test_undo_is_refused_to_a_manager_when_the_one_who_stayed_got_a_role(boss):
    keep, manager = make_person(), make_programme_manager(make_sector())
    done = merge(keep=keep, gone=make_person(), by=manager, take={"email"})
    SectorRole.objects.create(sector=make_sector(), person=keep, role="chair", start=tomorrow())
    with pytest.raises(DomainError):
        undo(merge=done, by=manager)


def test_merge_is_given_up_when_a_row_arrives_meanwhile(boss, monkeypatch):
    keep, gone, event = make_person(), make_person(), make_event()
    make_registration(make_event(), gone)
    last = list(references(Person))[-1][0]._meta.label_lower
    assert last != "events.registration"

    def arrive(merging, rows, field):
        make_registration(event, gone)  # what a person does while we are busy

    monkeypatch.setitem(moving._hooks, last, arrive)
    before = snapshot()
    with pytest.raises(DomainError):
        merge(keep=keep, gone=gone, by=boss)
    assert snapshot() == before
    assert gone.registrations.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_merge_is_given_up_when_somebody_else_registers_the_person_meanwhile(monkeypatch):
    boss = make_person(name="Beheer", is_staff=True, is_superuser=True)
    keep, gone, event = make_person(), make_person(), make_event()
    last = list(references(Person))[-1][0]._meta.label_lower

    def register() -> None:
        make_registration(event, gone)
        connection.close()

    def arrive(merging, rows, field):
        other = Thread(target=register)
        other.start()
        other.join(timeout=20)

    monkeypatch.setitem(moving._hooks, last, arrive)
    with pytest.raises(DomainError):
        merge(keep=keep, gone=gone, by=boss)
    assert gone.registrations.get().event == event


@pytest.mark.parametrize("keep", ["", "0", "x", None])
def test_merge_page_wants_to_know_who_stays(client, boss, keep):
    one, other = make_person(), make_person()
    client.force_login(boss)
    url = merging_url(one, other)
    assert client.post(url, {} if keep is None else {"keep": keep}).status_code == 404
    assert client.post(url, {"keep": str(make_person().pk)}).status_code == 404
    assert Person.objects.filter(pk__in=[one.pk, other.pk]).count() == 2
    assert client.post(url, {"keep": str(other.pk)}).status_code == 302
    assert not Person.objects.filter(pk=one.pk).exists()


def merging_url(one, other) -> str:
    return reverse("admin:members_merge_compare", args=[one._meta.model_name, one.pk, other.pk])


@pytest.mark.parametrize("take", [set(), {"prospect_stage"}])
@pytest.mark.parametrize("is_member_kept", [True, False])
def test_merged_member_is_no_prospect(boss, take, is_member_kept):
    member = make_organisation()
    prospect = make_organisation(
        is_member=False, prospect_since=date(2026, 1, 1), prospect_stage="talked", expected_on=date(2027, 1, 1)
    )
    keep, gone = (member, prospect) if is_member_kept else (prospect, member)
    before = snapshot()
    done = merge(keep=keep, gone=gone, by=boss, take=take)
    keep.refresh_from_db()
    assert (keep.prospect_since, keep.prospect_stage, keep.expected_on) == (None, "", None)
    undo(merge=done, by=boss)
    assert snapshot() == before


def test_fields_that_belong_together_are_taken_together(client, boss):
    keep = make_organisation(is_member=False, tile_column=1, tile_row=2, tile_label="KE")
    gone = make_organisation(
        is_member=False, prospect_since=date(2026, 1, 1), prospect_stage="talked", expected_on=date(2027, 1, 1),
        tile_column=3, tile_row=4, tile_label="GO",
    )  # fmt: skip
    client.force_login(boss)
    url = merging_url(keep, gone)
    fields = {row[0]: row[2:4] for row in client.get(url).context["fields"]}
    assert not {"prospect_stage", "expected_on", "tile_row", "tile_label"} & set(fields)
    assert fields["tile_column"] == ("1, 2, KE", "3, 4, GO")
    client.post(url, {"keep": keep.pk, "field_prospect_since": gone.pk, "field_tile_column": keep.pk})
    keep.refresh_from_db()
    assert (keep.prospect_since, keep.prospect_stage, keep.expected_on) == (
        date(2026, 1, 1), "talked", date(2027, 1, 1)
    )  # fmt: skip
    assert (keep.tile_column, keep.tile_row, keep.tile_label) == (1, 2, "KE")
    # Whichever of them is named, and whoever names it.
    third = make_organisation(is_member=False, tile_column=5, tile_row=6, tile_label="DE")
    merge(keep=keep, gone=third, by=boss, take={"tile_row"})
    keep.refresh_from_db()
    assert (keep.tile_column, keep.tile_row, keep.tile_label) == (5, 6, "DE")


def test_merge_tells_which_rule_it_would_break(boss, monkeypatch):
    keep, gone, third = make_organisation(), make_organisation(cbs_code="GM0001"), make_organisation()

    def arrive(merging, rows, field):
        Organisation.objects.filter(pk=gone.pk).update(cbs_code="")
        Organisation.objects.filter(pk=third.pk).update(cbs_code="GM0001")

    monkeypatch.setitem(moving._hooks, "members.emaildomain", arrive)
    rule = next(one for one in Organisation._meta.constraints if one.name.endswith("cbs_code_once"))
    with pytest.raises(DomainError, match=str(rule.violation_error_message)):
        merge(keep=keep, gone=gone, by=boss, take={"cbs_code"})


def test_database_names_the_rule_that_was_broken(boss, monkeypatch):
    keep, gone = make_organisation(domain="noord.example"), make_organisation()

    def arrive(merging, rows, field):
        EmailDomain.objects.update(name="NOORD.example")

    monkeypatch.setitem(moving._hooks, "members.emaildomain", arrive)
    rule = next(iter(EmailDomain._meta.constraints))
    with pytest.raises(DomainError, match=str(rule.violation_error_message)):
        merge(keep=keep, gone=gone, by=boss)


def test_compare_page_counts_meetings_only_for_who_sees_them_all(client, boss):
    one, other = make_member_of_a_meeting(), make_member_of_a_meeting()
    seen = {}
    for reader in (boss, make_programme_manager(make_sector())):
        client.force_login(reader)
        counted = client.get(merging_url(one, other)).context["numbers"]
        seen[reader == boss] = {label for label, _one, _other in counted}
    hidden = {label for label in seen[True] if Registration._meta.verbose_name_plural.lower() in label.lower()}
    assert hidden
    assert seen[True] - seen[False] == hidden


def make_member_of_a_meeting() -> Person:
    person = make_person(organisation=make_organisation())
    make_registration(make_event(sectors=[make_sector()]), person)
    return person


@pytest.mark.parametrize("was_there", ["keep", "gone"])
def test_merge_keeps_the_attendance_and_every_reason(boss, was_there):
    people = {"keep": make_person(), "gone": make_person()}
    event, seen = make_event(start=timezone.now() - timedelta(days=1)), timezone.now()
    for name, person in people.items():
        there = {"attended_at": seen, "attendance_source": "hand"} if name == was_there else {}
        row = make_registration(event, person, **there)
        RegistrationReason.objects.create(registration=row, kind="above_capacity", text=name)
    before = snapshot()
    done = merge(**people, by=boss)
    registration = Registration.objects.get(event=event)
    assert (registration.person, registration.attended_at) == (people["keep"], seen)
    assert sorted(registration.reasons.values_list("text", flat=True)) == ["gone", "keep"]
    undo(merge=done, by=boss)
    assert snapshot() == before

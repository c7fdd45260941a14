"""Who may do what in the administration: every role with every model as a table, and every address of it."""

from datetime import date, timedelta
from urllib.parse import unquote

import pytest
import time_machine
from auditlog.models import LogEntry
from django.apps import apps
from django.contrib.admin import site
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import models
from django.forms import ModelChoiceField
from django.forms.models import _get_foreign_key
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, URLPattern, reverse
from django.utils import timezone

from events.models import Event, Registration, SchoolHoliday
from knowledge_groups.models import GroupMembership, KnowledgeGroup
from members.models import ContactMoment, Duplicate, MembershipRequest, Merge, Organisation, Person, Position, Role
from noord.administration.groups import EVENT_MANAGER, GROUPS, RELATION_MANAGER, keep_groups
from noord.administration.rights import may_enter, reaches_everything
from noord.administration.scoped import ScopedAdmin
from noord.inbox.models import IncomingMessage, MailboxReading
from noord.inbox.receiving import receive
from noord.outbox.holds import hold
from noord.outbox.models import AddressHold, Mail
from sectors.models import FocalPoint, Sector, SectorRole
from tests.factories import (
    make_block,
    make_chair,
    make_consultation,
    make_document,
    make_event,
    make_group,
    make_member,
    make_organisation,
    make_person,
    make_programme_manager,
    make_registration,
    make_sector,
    make_session,
    make_topic,
)
from tests.noord.conftest import enqueue_number
from tests.noord.inbox_messages import plain

pytestmark = pytest.mark.django_db

ROLES = [
    "visitor", "member", "chair", "manager", "other manager", "event manager", "relation manager", "administrator",
]  # fmt: skip

# Of each model one object, of the sector Overheden where it is of a sector. Per role: what it may do with that object.
#   l its list, and the object is in it   v look at it   a add one   c change it   d delete it
#   e export the list   x do something with what is ticked in the list, besides deleting
# Visitors, members and chairs do not get in, whatever the model.
MATRIX = {
    #                              manager   other     event     relation  administrator
    "auditlog.LogEntry":          "-         -         -         -         lv",
    "auth.Group":                 "-         -         -         -         lvacd",
    "consultations.Consultation": "lv        -         -         -         lv",
    "documents.Document":         "lvcd      -         lvcd      -         lvcd",
    "events.Event":               "lvacdx    a         lvacdx    -         lvacdx",
    "events.ProgrammeItem":       "lvacd     a         lvacd     -         lvacd",
    "events.SchoolHoliday":       "lv        lv        lvacd     -         lvacd",
    "events.Registration":        "lvaex     a         lvaex     -         lvaex",
    "events.TopicProposal":       "lv        -         lv        -         lv",
    "inbox.IncomingMessage":      "-         -         -         -         lvx",
    "inbox.MailboxReading":       "-         -         -         -         lv",
    "knowledge_groups.KnowledgeGroup": "lv   lv        lv        lv        lvacd",
    "members.ContactMoment":      "lvacdx    lvacdx    -         lvacdx    lvacdx",
    "members.Duplicate":          "lvx       lvx       -         lvx       lvx",
    "members.Merge":              "lv        lv        -         lv        lv",
    "members.MembershipRequest":  "lvcx      lvcx      -         lvacdx    lvacdx",
    "members.Organisation":       "lvacex    lvacex    lv        lvacdex   lvacdex",
    "members.Person":             "lvacex    lvacex    lv        lvacdex   lvacdex",
    "members.Position":           "lvac      lvac      -         lvacd     lvacd",
    "members.Role":               "lv        lv        -         lv        lvacd",
    "outbox.AddressHold":         "-         -         -         -         lvax",
    "outbox.Mail":                "-         -         -         -         lvx",
    "sectors.FocalPoint":         "lvacd     a         -         -         lvacd",
    "sectors.Sector":             "lvc       -         lv        lv        lvacd",
}  # fmt: skip
COLUMNS = ["manager", "other manager", "event manager", "relation manager", "administrator"]

# Addresses of the administration besides list, add, change, delete and history of each model. Those with an object
# name where it is from; another sector's manager gets a 404 there when the model is kept to the sector.
ADDRESSES = {
    "app_list": None,
    "auth_user_password_change": Person,
    "autocomplete": None,
    "events_event_call_off": Event,
    "events_event_copy": Event,
    "events_event_plan_year": None,
    "events_event_publish": Event,
    "events_registration_move": Registration,
    "events_registration_promote": Registration,
    "index": None,
    "jsi18n": None,
    "knowledge_groups_knowledgegroup_end": KnowledgeGroup,
    "knowledge_groups_knowledgegroup_start": KnowledgeGroup,
    "login": None,
    "logout": None,
    "members_contactmoment_done": ContactMoment,
    "members_contactmoment_steps": None,
    "members_duplicate_find": None,
    "members_merge_compare": None,
    "members_merge_undo": None,
    "members_organisation_contact": Organisation,
    "members_organisation_export": None,
    "members_organisation_import": None,
    "members_organisation_join": Organisation,
    "members_organisation_process_import": None,
    "members_organisation_prospects": None,
    "members_organisation_relation": Organisation,
    "members_organisation_stage": Organisation,
    "members_person_export": None,
    "members_person_import": None,
    "members_person_process_import": None,
    "outbox_mail_traffic": None,
    "password_change": None,
    "password_change_done": None,
    "remove_second_factor": Person,
    "second_factors": None,
    "view_on_site": None,
}


@pytest.fixture
def sector() -> Sector:
    return make_sector(name="Overheden", slug="overheden")


@pytest.fixture
def people(sector) -> dict[str, Person | None]:
    def with_group(name: str) -> Person:
        person = make_person(is_staff=True)
        person.groups.add(Group.objects.get(name=name))
        return person

    return {
        "visitor": None,
        "member": make_member(),
        "chair": make_chair(sector),
        "manager": make_programme_manager(sector),
        "other manager": make_programme_manager(make_sector(name="Veiligheid", slug="veiligheid")),
        "event manager": with_group(EVENT_MANAGER),
        "relation manager": with_group(RELATION_MANAGER),
        "administrator": Person.objects.create_superuser("beheer@noord.example", name="Beheer"),
    }


def one_of_each(sector: Sector) -> dict[str, models.Model]:
    """Make one object of each model in the administration; of a sector, then of this one."""
    event = make_event(sectors=[sector], status=Event.Status.DRAFT)
    member = make_member()
    enqueue_number(1)
    hold(email="dicht@noord.example", detail="")
    receive(plain())
    return {
        "auditlog.LogEntry": LogEntry.objects.create(
            content_type=ContentType.objects.get_for_model(Event), object_pk=str(event.pk), object_id=event.pk,
            object_repr=str(event), action=LogEntry.Action.UPDATE, changes={},
        ),
        "auth.Group": Group.objects.first(),
        "consultations.Consultation": make_consultation(sector),
        "documents.Document": make_document(event),
        "events.Event": event,
        "events.ProgrammeItem": make_session(make_block(event)),
        "events.SchoolHoliday": SchoolHoliday.objects.create(
            name="Proef", start=timezone.localdate(), end=timezone.localdate()
        ),
        "events.Registration": make_registration(make_event(sectors=[sector])),
        "events.TopicProposal": make_topic(sector),
        "inbox.IncomingMessage": IncomingMessage.objects.get(),
        "inbox.MailboxReading": MailboxReading.objects.create(mailbox="agenda", lease_ends_at=timezone.now()),
        "knowledge_groups.KnowledgeGroup": make_group(),
        "members.ContactMoment": ContactMoment.objects.create(organisation=make_organisation()),
        "members.Duplicate": Duplicate.objects.create(
            subject="organisation",
            one_id=make_organisation().pk,
            other_id=make_organisation().pk,
            shared="noord.example",
        ),
        "members.Merge": Merge.objects.create(
            subject="organisation", kept_id=make_organisation().pk, gone_id=0, kept_name="Een", gone_name="Ander"
        ),
        "members.MembershipRequest": MembershipRequest.objects.create(email="wil@elders.example", name="Wil"),
        "members.Organisation": make_organisation(is_member=False),
        "members.Person": make_person(),
        "members.Position": Position.objects.get(person=member),
        "members.Role": Role.objects.create(name="Proefrol"),
        "outbox.AddressHold": AddressHold.objects.get(),
        "outbox.Mail": Mail.objects.latest("pk"),
        "sectors.FocalPoint": FocalPoint.objects.create(sector=sector, year=2026, title="Common Ground"),
        "sectors.Sector": sector,
    }  # fmt: skip


@pytest.fixture
def objects(sector) -> dict[str, models.Model]:
    """One object of each model in the administration; of a sector, then of Overheden."""
    return one_of_each(sector)


def client_of(person: Person | None) -> Client:
    client = Client()
    if person:
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def address(label: str, page: str, *arguments) -> str:
    return reverse(f"admin:{label.lower().replace('.', '_')}_{page}", args=arguments)


def actions_in(response) -> set[str]:
    form = response.context.get("action_form")
    return {value for value, _name in form.fields["action"].choices if value} if form else set()


def may_do(client: Client, label: str, found: models.Model) -> str:
    """Return the letters of what the pages let this client do with the object."""
    seen = ""
    response = client.get(address(label, "changelist"))
    listed = response.status_code == 200 and found in response.context["cl"].queryset
    seen += "l" * listed
    page = client.get(address(label, "change", found.pk))
    seen += "v" * (page.status_code == 200)
    seen += "a" * (client.get(address(label, "add")).status_code == 200)
    seen += "c" * (page.status_code == 200 and page.context["has_change_permission"])
    seen += "d" * (client.get(address(label, "delete", found.pk)).status_code == 200)
    try:
        seen += "e" * (client.get(address(label, "export")).status_code == 200)
    except NoReverseMatch:
        seen += "e" * (listed and any(action.startswith("export") for action in actions_in(response)))
    others = {action for action in actions_in(response) if not action.startswith(("delete_selected", "export"))}
    seen += "x" * (listed and bool(others))
    return seen


@pytest.mark.parametrize("label", MATRIX)
def test_matrix_of_roles_and_models(people, objects, label):
    seen = [may_do(client_of(people[role]), label, objects[label]) or "-" for role in COLUMNS]
    assert seen == MATRIX[label].split()


def test_every_model_of_the_administration_is_in_the_matrix(objects):
    registered = {model._meta.label for model in site._registry}
    assert (registered, set(objects)) == (set(MATRIX), set(MATRIX))


def test_visitors_members_and_chairs_do_not_get_in(people, objects):
    pages = [
        address(label, page, *([found.pk] if page in ("change", "delete", "history") else []))
        for label, found in objects.items()
        for page in ("changelist", "add", "change", "delete", "history")
    ]
    seen = {
        role: {client_of(people[role]).get(page).status_code for page in pages}
        for role in ("visitor", "member", "chair")
    }
    assert seen == {"visitor": {302}, "member": {404}, "chair": {404}}


def names_of(patterns) -> set[str]:
    names = set()
    for pattern in patterns:
        names |= {pattern.name} if isinstance(pattern, URLPattern) else names_of(pattern.url_patterns)
    return names - {None}


def test_every_address_of_the_administration_is_here():
    pages = ("changelist", "add", "change", "delete", "history")
    ordinary = {f"{m._meta.app_label}_{m._meta.model_name}_{page}" for m in site._registry for page in pages}
    assert names_of(site.get_urls()) - ordinary == set(ADDRESSES)


def test_every_model_of_ours_is_kept_by_a_scoped_admin():
    """The others are for superusers alone; the matrix says so too."""
    unscoped = {model._meta.label for model, one in site._registry.items() if not isinstance(one, ScopedAdmin)}
    assert unscoped == {
        "auditlog.LogEntry", "auth.Group", "inbox.IncomingMessage", "inbox.MailboxReading", "outbox.AddressHold",
        "outbox.Mail",
    }  # fmt: skip


OF_A_SECTOR = [
    *("consultations.Consultation", "documents.Document"),
    *("events.Event", "events.ProgrammeItem", "events.Registration", "events.TopicProposal"),
    *("sectors.FocalPoint", "sectors.Sector"),
]


@pytest.mark.parametrize("label", OF_A_SECTOR)
def test_somebody_elses_object_does_not_exist_on_any_address(people, objects, label):
    client, found = client_of(people["other manager"]), objects[label]
    pages = {page: address(label, page, found.pk) for page in ("change", "delete", "history")}
    type_of = ContentType.objects.get_for_model(found)
    pages["view_on_site"] = reverse("admin:view_on_site", args=[type_of.pk, found.pk])
    for name, model in ADDRESSES.items():
        if model is type(found):
            pages[name] = reverse(f"admin:{name}", args=[found.pk])
    seen = {
        (name, how, getattr(client, how)(page).status_code) for name, page in pages.items() for how in ("get", "post")
    }
    assert {code for _name, _how, code in seen} == {404}, seen


@pytest.mark.parametrize("label", OF_A_SECTOR)
def test_own_object_has_all_these_addresses(people, objects, label):
    client, found = client_of(people["manager"]), objects[label]
    assert [client.get(address(label, page, found.pk)).status_code for page in ("change", "history")] == [200, 200]


@pytest.mark.parametrize("label", OF_A_SECTOR)
def test_actions_on_somebody_elses_object_do_nothing(people, objects, label):
    client, found = client_of(people["other manager"]), objects[label]
    list_of = address(label, "changelist")
    before = type(found).objects.filter(pk=found.pk).values().get()
    # Something of one's own, for a list without anything offers no actions at all.
    own = Sector.objects.get(slug="veiligheid")
    mine = make_event(sectors=[own])
    make_registration(mine)
    make_session(make_block(mine))
    make_document(mine)
    FocalPoint.objects.create(sector=own, year=2026, title="Van ons")
    actions = actions_in(client.get(list_of)) | {"delete_selected", "publish", "call_off", "cancel"}
    for action in actions:
        data = {"action": action, "_selected_action": [found.pk], "post": "yes", "confirmed": "1"}
        for across in ("0", "1"):
            client.post(list_of, data | {"select_across": across})
    assert type(found).objects.filter(pk=found.pk).values().get() == before


def pointing_fields():
    """Yield (app.model.field of an admin that offers completion, its target) for every autocompletion there is."""
    for model, one in site._registry.items():
        for holder in (one, *(inline(model, site) for inline in one.inlines)):
            for name in holder.autocomplete_fields:
                field = holder.model._meta.get_field(name)
                yield field, field.remote_field.model


def test_autocompletion_lists_nothing_of_another_sector(people, objects):
    client = client_of(people["other manager"])
    hidden = {type(found): str(found.pk) for label, found in objects.items() if label in OF_A_SECTOR}
    seen = set()
    for field, target in pointing_fields():
        if target in hidden:
            data = {
                "app_label": field.model._meta.app_label, "model_name": field.model._meta.model_name,
                "field_name": field.name, "term": "",
            }  # fmt: skip
            response = client.get(reverse("admin:autocomplete"), data)
            if response.status_code == 200:
                seen |= {(str(field), row["id"]) for row in response.json()["results"] if row["id"] == hidden[target]}
            else:
                assert response.status_code == 403
    assert seen == set()


def request_of(person: Person, **arguments):
    request = RequestFactory().get("/")
    request.user = person

    class Match:
        kwargs = arguments

    request.resolver_match = Match
    return request


def choices_of(person: Person, found: models.Model | None = None) -> dict[str, set]:
    """Return per field of every form what this person may post there, where that is something of a sector."""
    kept = tuple(apps.get_model(label) for label in OF_A_SECTOR)
    seen = {}
    for model, one in site._registry.items():
        own = found if isinstance(found, model) else None
        request = request_of(person, **({"object_id": str(own.pk)} if own else {}))
        if not isinstance(one, ScopedAdmin):
            continue
        forms = [(one, one.get_form(request, own, change=own is not None))]
        for inline in one.get_inline_instances(request, own):
            forms.append((inline, inline.get_formset(request, own).form))
        for holder, form in forms:
            # Of an inline, the field that Django fills in itself.
            parent = _get_foreign_key(model, holder.model, holder.fk_name).name if holder is not one else ""
            for name, field in form.base_fields.items():
                if name != parent and isinstance(field, ModelChoiceField) and issubclass(field.queryset.model, kept):
                    seen[f"{type(holder).__name__}.{name}"] = set(field.queryset)
    return seen


# Fields that may point at anything; each says why.
OPEN = {
    "FocalPointAdmin.partner_sectors",  # whom one works with
    "KnowledgeGroupAdmin.focal_points",  # only administrators change a group
}


def test_no_form_takes_an_object_of_another_sector(people, objects):
    hidden = {found for label, found in objects.items() if label in OF_A_SECTOR}
    hidden.add(objects["events.Registration"].event)
    seen = {name for name, found in choices_of(people["other manager"]).items() if found & hidden}
    assert seen - OPEN == set()


def test_hosts_are_ones_own_and_those_that_are_there(people, sector):
    client, manager = client_of(people["manager"]), people["manager"]
    other = Sector.objects.get(slug="veiligheid")
    led, strange, present = make_group(), make_group(), make_group()
    GroupMembership.objects.create(group=led, person=manager, start=date(2020, 1, 1), role=GroupMembership.Role.LEAD)
    GroupMembership.objects.create(group=strange, person=manager, start=date(2020, 1, 1))
    form = client.get(address("events.Event", "add")).context["adminform"].form
    assert set(form.fields["sectors"].queryset) == {sector}
    assert set(form.fields["groups"].queryset) == {led}
    event = make_event(sectors=[sector, other], groups=[present])
    form = client.get(address("events.Event", "change", event.pk)).context["adminform"].form
    assert set(form.fields["sectors"].queryset) == {sector, other}
    assert set(form.fields["groups"].queryset) == {led, present}


def test_a_posted_sector_of_another_is_refused(people, sector):
    client = client_of(people["other manager"])
    data = {"sector": sector.pk, "year": 2026, "title": "Binnengesmokkeld", "state": "planned", "position": 0}
    response = client.post(address("sectors.FocalPoint", "add"), data)
    assert response.status_code == 200
    assert set(response.context["adminform"].form.errors) == {"sector"}
    assert not FocalPoint.objects.exists()
    data["sector"] = Sector.objects.get(slug="veiligheid").pk
    assert (
        client.post(address("sectors.FocalPoint", "add"), data | {"partner_sectors": [sector.pk]}).status_code == 302
    )
    assert set(FocalPoint.objects.get().partner_sectors.all()) == {sector}


@pytest.mark.parametrize(
    ("shift", "status"), [(-1, 404), (0, 200), (4, 200), (5, 404)], ids=["before", "first day", "last day", "after"]
)
def test_a_right_begins_and_ends_with_the_role(shift, status):
    sector, person = make_sector(), make_person()
    first = date(2026, 3, 2)
    role = SectorRole.Role.PROGRAMME_MANAGER
    SectorRole.objects.create(sector=sector, person=person, role=role, start=first, end=first + timedelta(days=4))
    event = make_event(sectors=[sector], start=timezone.make_aware(timezone.datetime(2026, 6, 1, 10)))
    for moment in ("00:01", "23:59"):
        with time_machine.travel(f"{first + timedelta(days=shift)}T{moment}:00+01:00", tick=False):
            client = client_of(Person.objects.get(pk=person.pk))
            seen = {client.get(page).status_code for page in ("/beheer/", address("events.Event", "change", event.pk))}
            assert seen == {status}


def test_a_role_of_a_chair_gives_nothing_here(people):
    assert not may_enter(people["chair"])


def test_the_groups_get_their_rights_at_a_migration_and_no_others():
    group = Group.objects.get(name=EVENT_MANAGER)
    before = set(group.permissions.all())
    extra = Permission.objects.get(content_type__app_label="members", codename="delete_person")
    kept = Permission.objects.get(content_type__app_label="outbox", codename="view_mail")
    group.permissions.set([extra, kept])
    for app in apps.get_app_configs():
        keep_groups(app, using="default")
    assert set(group.permissions.all()) == before | {kept}
    assert {right.content_type.app_label for right in before} == set(GROUPS[EVENT_MANAGER])
    assert Group.objects.filter(name__in=GROUPS).count() == len(GROUPS)


@pytest.mark.django_db(transaction=True)
def test_the_groups_are_there_after_a_migrate():
    Group.objects.all().delete()
    call_command("migrate", verbosity=0)
    assert {group.name for group in Group.objects.all()} == set(GROUPS)
    assert Group.objects.get(name=RELATION_MANAGER).permissions.filter(codename="add_contactmoment").exists()


def test_a_group_without_the_flag_gives_nothing(people):
    person = make_person()
    person.groups.add(Group.objects.get(name=EVENT_MANAGER))
    assert not may_enter(person)


def test_a_wide_right_to_look_carries_no_right_of_a_role_along(people, sector):
    """A relation manager may look at every sector; as programme manager she changes one of them."""
    manager = Person.objects.get(pk=people["manager"].pk)
    manager.is_staff = True
    manager.save()
    manager.groups.add(Group.objects.get(name=RELATION_MANAGER))
    other = Sector.objects.get(slug="veiligheid")
    assert not reaches_everything(manager, "sectors.view_sector")
    client = client_of(manager)
    assert client.get(address("sectors.Sector", "change", sector.pk)).context["has_change_permission"]
    assert client.get(address("sectors.Sector", "change", other.pk)).status_code == 404


RIGHTS = ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]


@pytest.mark.parametrize("role", ["manager", "relation manager"])
def test_nobody_gives_rights_that_he_lacks(people, role):
    client, person = client_of(people[role]), make_person(email="zij@noord.example")
    data = {f"positions-{part}": "0" for part in ("TOTAL_FORMS", "INITIAL_FORMS")}
    data |= {"name": "Zij", "email": "zij@noord.example", "phone": "", "password": "x"}
    rights = {"is_active": "", "is_staff": "on", "is_superuser": "on", "groups": [Group.objects.first().pk]}
    url = address("members.Person", "change", person.pk)
    assert not set(RIGHTS) & set(client.get(url).context["adminform"].form.fields)
    assert client.post(url, data | rights).status_code == 302
    person.refresh_from_db()
    assert (person.name, person.is_active, person.is_staff, person.is_superuser) == ("Zij", True, False, False)
    assert not person.groups.exists()
    password = reverse("admin:auth_user_password_change", args=[person.pk])
    assert [client.get(password).status_code, client.post(password, {}).status_code] == [404, 404]


@pytest.mark.parametrize("role", ["manager", "event manager", "relation manager"])
@pytest.mark.parametrize("whose", ["administrator", "event manager", "other manager", "manager"])
def test_nobody_changes_the_address_of_who_may_enter(people, role, whose):
    client, person = client_of(people[role]), people[whose]
    url = address("members.Person", "change", person.pk)
    assert not client.get(url).context["has_change_permission"]
    assert client.post(url, {"name": "Weg", "email": "weg@noord.example"}).status_code == 403
    assert client.post(address("members.Person", "delete", person.pk), {"post": "yes"}).status_code == 403
    client.post(
        address("members.Person", "changelist"),
        {"action": "delete_selected", "_selected_action": [person.pk], "post": "yes"},
    )
    assert Person.objects.get(pk=person.pk).email == person.email


def test_history_and_log_are_nobodys_to_change(people, objects):
    client, entry = client_of(people["administrator"]), objects["auditlog.LogEntry"]
    label = "auditlog.LogEntry"
    assert client.get(address(label, "add")).status_code == 403
    assert client.post(address(label, "delete", entry.pk), {"post": "yes"}).status_code == 403
    assert client.post(address(label, "change", entry.pk), {"object_repr": "anders"}).status_code == 403


def test_own_password_is_changed_on_the_page_that_tells_it_by_mail(people):
    client = client_of(people["administrator"])
    assert client.get(reverse("admin:password_change")).url == reverse("account_change_password")
    assert client.post(reverse("admin:logout")).url == reverse("home")
    assert unquote(client.get("/beheer/", follow=True).redirect_chain[-1][0]).endswith("?next=/beheer/")


@pytest.mark.parametrize("role", ["manager", "relation manager"])
@pytest.mark.parametrize("when", ["today", "tomorrow"])
@pytest.mark.parametrize("target", ["chair", "programme_manager", "coordinator", "lead"])
def test_who_has_a_role_now_or_later_is_out_of_reach(people, role, when, target):
    """By another address, or by a merge, one could become that person."""
    person = make_member()
    start = timezone.localdate() + timedelta(days=when == "tomorrow")
    if target in ("coordinator", "lead"):
        GroupMembership.objects.create(group=make_group(), person=person, role=target, start=start)
    else:
        SectorRole.objects.create(sector=make_sector(), person=person, role=target, start=start)
    client, address_of = client_of(people[role]), f"nieuw-{person.pk}@noord.example"
    url = address("members.Person", "change", person.pk)
    assert client.get(url).context["has_change_permission"] is False
    data = {"name": person.name, "email": address_of, "positions-TOTAL_FORMS": 0, "positions-INITIAL_FORMS": 0}
    assert client.post(url, data).status_code == 403
    assert client.post(address("members.Person", "delete", person.pk), {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [person.pk], "post": "yes"}
    client.post(address("members.Person", "changelist"), chosen)
    assert (
        client.get(reverse("admin:members_merge_compare", args=["person", person.pk, make_member().pk])).status_code
        == 403
    )
    assert Person.objects.get(pk=person.pk).email == person.email
    # A superuser may, and everybody may with who takes part or had a role.
    assert client_of(people["administrator"]).get(url).context["has_change_permission"] is True
    GroupMembership.objects.update(role="participant")
    yesterday = timezone.localdate() - timedelta(days=1)
    SectorRole.objects.filter(person=person).update(start=yesterday, end=yesterday)
    assert client.get(url).context["has_change_permission"] is True

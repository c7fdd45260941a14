from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import Permission
from django.db.models import Q
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events.admin.programme import why_kept
from events.models import Event, ProgrammeItem, Registration, SessionBlock, SessionChoice, Speaker, TopicProposal
from events.operations import registrations as operations
from events.seats import Choice
from members.models import Person
from noord.outbox.models import Mail
from tests.events.test_planning_pages import typed
from tests.factories import (
    AMSTERDAM,
    make_block,
    make_chair,
    make_event,
    make_event_manager,
    make_group,
    make_member,
    make_organisation,
    make_programme_manager,
    make_sector,
    make_session,
    make_topic,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    client = Client()
    administrator = Person.objects.create_superuser("beheer@noord.example", name="Beheer")
    client.force_login(administrator, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def proven_client_of(person: Person) -> Client:
    """Return a client that has shown its second factor in this session."""
    TOTP.activate(person, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session["account_authentication_methods"] = [{"method": "mfa", "at": timezone.now().timestamp() + 1}]
    session["account_authentication_methods_user"] = str(person.pk)
    session.save()
    return client


def form_of(event: Event, **changes) -> dict:
    """Return what the page of the meeting would post, with these changes."""
    data = {
        "title": event.title,
        "slug": event.slug,
        "kind": event.kind,
        "audience": event.audience,
        "start_0": f"{event.start.astimezone():%Y-%m-%d}",
        "start_1": "13:30:00",
        "end_0": f"{event.end.astimezone():%Y-%m-%d}",
        "end_1": "17:00:00",
        "place": event.place,
        "capacity": "" if event.capacity is None else event.capacity,
    }
    for prefix, rows in (("blocks", event.blocks.all()), ("items", event.items.all())):
        data |= {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": len(rows)}
    return data | changes


def post(client: Client, event: Event, **changes):
    response = client.post(reverse("admin:events_event_change", args=[event.pk]), form_of(event, **changes))
    assert response.status_code == 302, response.context["adminform"].form.errors
    event.refresh_from_db()


def run(client: Client, action: str, *events: Event, **more):
    data = {"action": action, "_selected_action": [event.pk for event in events], **more}
    return client.post(reverse("admin:events_event_changelist"), data)


def test_more_seats_in_the_administration_promote_from_the_waiting_list(client):
    event = make_event(capacity=1)
    for _ in range(3):
        operations.register(event=event, person=make_member())
    post(client, event, capacity=2)
    assert [row.status for row in event.registrations.all()] == ["confirmed", "confirmed", "waiting"]
    assert Mail.objects.filter(params__news="promoted").count() == 1


def test_more_seats_in_a_session_go_to_who_waits_for_it(client):
    event = make_event()
    block = make_block(event)
    session = make_session(block, capacity=0)
    registration = operations.register(event=event, person=make_member(), choices={})
    registration.choices.create(block=block, first=session)
    url = reverse("admin:events_programmeitem_change", args=[session.pk])
    data = {"event": event.pk, "block": block.pk, "kind": "session", "title": "Sessie", "position": 1, "capacity": 5}
    response = client.post(url, data | {"speakers-TOTAL_FORMS": 0, "speakers-INITIAL_FORMS": 0})
    assert response.status_code == 302
    assert registration.choices.get().seat == session


def test_another_time_raises_the_sequence_and_another_title_does_not(client):
    event = make_event()
    post(client, event)
    assert event.sequence == 1
    post(client, event, title="Andere titel")
    assert (event.sequence, event.title) == (1, "Andere titel")


def test_time_that_the_clock_skips_is_refused_with_a_sentence(client):
    event = make_event()
    data = form_of(event, start_0="2027-03-28", start_1="02:30:00", end_0="2027-03-28", end_1="05:00:00")
    response = client.post(reverse("admin:events_event_change", args=[event.pk]), data)
    assert response.status_code == 200
    assert "start" in response.context["adminform"].form.errors


def test_publish_and_call_off_with_a_page_that_says_how_many_hear_of_it(client):
    event = make_event(status=Event.Status.DRAFT)
    run(client, "publish", event)
    event.refresh_from_db()
    assert event.status == Event.Status.PUBLISHED
    operations.register(event=event, person=make_member())
    page = run(client, "call_off", event).content.decode()
    assert "1 persoon krijgt een mail" in page
    event.refresh_from_db()
    assert event.status == Event.Status.PUBLISHED
    run(client, "call_off", event, confirmed="ja")
    event.refresh_from_db()
    assert (event.status, Mail.objects.filter(params__news="called_off").count()) == (Event.Status.CANCELLED, 1)


def test_registrations_are_cancelled_by_the_verb_and_never_deleted(client):
    registration = operations.register(event=make_event(), person=make_member())
    url = reverse("admin:events_registration_changelist")
    client.post(url, {"action": "delete_selected", "_selected_action": [registration.pk], "post": "yes"})
    assert Registration.objects.exists()
    client.post(url, {"action": "cancel", "_selected_action": [registration.pk]})
    registration.refresh_from_db()
    assert registration.status == "cancelled"


@pytest.fixture(params=["first", "second"])
def chosen(request):
    """Return a session that somebody chose and one that nobody chose, in one block."""
    block = make_block(make_event())
    other, session, free = (make_session(block, title=title) for title in ("Andere", "Gekozen", "Vrij"))
    choice = Choice(session.pk) if request.param == "first" else Choice(other.pk, session.pk)
    operations.register(event=block.event, person=make_member(), choices={block.pk: choice})
    return session, free


def test_session_that_people_chose_is_not_deleted_on_its_page(client, chosen):
    session, free = chosen
    url = reverse("admin:events_programmeitem_delete", args=[session.pk])
    for response in (client.get(url), client.post(url, {"post": "yes"})):
        assert why_kept(ProgrammeItem, [session.pk])[0] in response.content.decode()
    assert SessionChoice.objects.filter(Q(first=session) | Q(second=session)).exists()
    client.post(reverse("admin:events_programmeitem_delete", args=[free.pk]), {"post": "yes"})
    assert not ProgrammeItem.objects.filter(pk=free.pk).exists()


def test_sessions_that_people_chose_are_not_deleted_from_the_list(client, chosen):
    session, free = chosen
    url = reverse("admin:events_programmeitem_changelist")
    data = {"action": "delete_selected", "_selected_action": [session.pk, free.pk], "post": "yes"}
    assert why_kept(ProgrammeItem, [session.pk])[0] in client.post(url, data).content.decode()
    assert SessionChoice.objects.filter(Q(first=session) | Q(second=session)).exists()
    client.post(url, data | {"_selected_action": [free.pk]})
    assert not ProgrammeItem.objects.filter(pk=free.pk).exists()


def lines_of(event: Event) -> dict:
    """Return what the page of the meeting would post for its blocks and its items."""
    data = {}
    for number, block in enumerate(event.blocks.all()):
        start, end = block.start.astimezone(AMSTERDAM), block.end.astimezone(AMSTERDAM)
        data |= {f"blocks-{number}-id": block.pk, f"blocks-{number}-title": block.title}
        data |= {f"blocks-{number}-start": f"{start:%H:%M}", f"blocks-{number}-end": f"{end:%H:%M}"}
    for number, item in enumerate(event.items.all()):
        values = {"id": item.pk, "block": item.block_id, "kind": item.kind, "title": item.title, "position": number}
        data |= {f"items-{number}-{name}": value for name, value in values.items()}
    return data


@pytest.mark.parametrize("line", ["items-1", "blocks-0"])
def test_what_people_chose_is_not_deleted_on_the_page_of_the_meeting(client, chosen, line):
    session, free = chosen
    event = session.event
    url = reverse("admin:events_event_change", args=[event.pk])
    response = client.post(url, form_of(event) | lines_of(event) | {f"{line}-DELETE": "on"})
    assert response.status_code == 200
    model, kept = (SessionBlock, session.block) if line == "blocks-0" else (ProgrammeItem, session)
    assert why_kept(model, [kept.pk])[0] in response.content.decode()
    assert SessionChoice.objects.filter(Q(first=session) | Q(second=session)).exists()
    response = client.post(url, form_of(event) | lines_of(event) | {"items-2-DELETE": "on"})
    assert response.status_code == 302
    assert not ProgrammeItem.objects.filter(pk=free.pk).exists()


@pytest.fixture
def planned():
    """Return a topic that is planned for everyone, and one beside a session, both in a draft."""
    sector = make_sector()
    event = make_event(sectors=[sector], kind=Event.Kind.SECTOR, status=Event.Status.DRAFT)
    talk = ProgrammeItem.objects.create(event=event, title="Voor iedereen", start=event.start)
    session = make_session(make_block(event), title="Ernaast")
    return [
        make_topic(sector, event=event, item=item, status=TopicProposal.Status.PLANNED) for item in (talk, session)
    ]


def test_a_draft_with_planned_topics_is_deleted_and_they_stand_on_the_wish_list(client, planned):
    event = planned[0].event
    url = reverse("admin:events_event_delete", args=[event.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {"post": "yes"}).status_code == 302
    assert not Event.objects.exists()
    rows = TopicProposal.objects.wished().values_list("pk", "status", "event", "item").order_by("pk")
    assert list(rows) == [(topic.pk, "discussed", None, None) for topic in planned]


def test_a_line_in_which_a_topic_is_planned_is_not_deleted(client, planned):
    items = [topic.item for topic in planned]
    url = reverse("admin:events_programmeitem_changelist")
    data = {"action": "delete_selected", "_selected_action": [item.pk for item in items], "post": "yes"}
    for response in (
        client.post(url, data),
        client.post(reverse("admin:events_programmeitem_delete", args=[items[0].pk]), {"post": "yes"}),
    ):
        assert (
            "Hier is een onderwerp gepland: Voor iedereen. Zet het onderwerp eerst op de" in response.content.decode()
        )
    assert [TopicProposal.objects.get(pk=topic.pk).item for topic in planned] == items


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("items-0", "Hier is een onderwerp gepland: Voor iedereen. Zet het onderwerp eerst op de wensenlijst"),
        ("blocks-0", "In dit blok is een onderwerp gepland: "),
    ],
)
def test_what_a_topic_is_planned_in_is_not_deleted_on_the_page_of_the_meeting(client, planned, line, said):
    event = planned[0].event
    url = reverse("admin:events_event_change", args=[event.pk])
    start = event.start.astimezone(AMSTERDAM)
    data = (
        form_of(event)
        | lines_of(event)
        | {"items-0-block": "", "items-0-start": f"{start:%H:%M}", f"{line}-DELETE": "on"}
    )
    response = client.post(url, data)
    assert response.status_code == 200
    assert said in response.content.decode()
    assert [TopicProposal.objects.get(pk=topic.pk).item for topic in planned] == [topic.item for topic in planned]


def post_item(client: Client, url: str, block: SessionBlock, event: Event):
    data = {"event": event.pk, "block": block.pk, "kind": "session", "title": "Sessie", "position": 1}
    return client.post(url, data | {"speakers-TOTAL_FORMS": 0, "speakers-INITIAL_FORMS": 0})


def test_new_session_has_no_block_of_any_meeting_to_choose(client):
    block = make_block(make_event())
    response = post_item(client, reverse("admin:events_programmeitem_add"), block, make_event())
    assert "block" in response.context["adminform"].form.errors
    assert not ProgrammeItem.objects.exists()


def test_session_does_not_move_to_another_meeting_without_its_block(client):
    session = make_session(make_block(make_event()))
    url = reverse("admin:events_programmeitem_change", args=[session.pk])
    response = post_item(client, url, session.block, make_event())
    assert len(response.context["adminform"].form.errors["block"]) == 1
    assert post_item(client, url, session.block, session.event).status_code == 302


def test_new_meeting_has_no_block_of_another_one_to_choose(client):
    block = make_block(make_event())
    response = client.get(reverse("admin:events_event_add"))
    formset = next(
        line.formset for line in response.context["inline_admin_formsets"] if line.opts.model == ProgrammeItem
    )
    assert block not in formset.empty_form.fields["block"].queryset


@pytest.mark.parametrize(("codenames", "is_asked"), [(["change_event", "view_event"], False), (None, True)])
@pytest.mark.parametrize("role", ["none", "elsewhere", "chair"])
def test_question_about_a_change_is_for_who_manages_the_meeting(role, codenames, is_asked):
    """Who edits it without a say over its registrations decides nothing about mails to people."""
    sector = make_sector()
    event = make_event(sectors=[sector], audience="hosts")
    operations.register(event=event, person=make_chair(sector))
    match role:
        case "none":
            staff = make_member()
        case "elsewhere":
            staff = make_programme_manager(make_sector())
        case "chair":
            staff = make_chair(sector)
    staff.is_staff = True
    staff.save()
    rights = Permission.objects.filter(content_type__app_label="events")
    staff.user_permissions.set(rights if codenames is None else rights.filter(codename__in=codenames))
    client = Client()
    client.force_login(staff, backend="allauth.account.auth_backends.AuthenticationBackend")
    url = reverse("admin:events_event_change", args=[event.pk])
    response = client.post(url, form_of(event, place="Assen"), follow=True)
    if role == "elsewhere" and not is_asked:  # the role has more rights of this kind, so it keeps all to its sector
        assert response.status_code == 404
        return
    assert event.change_notices.filter(closed_at=None).exists()
    asked, back = reverse("events:change_notice", args=[event.slug]), reverse("admin:events_event_changelist")
    assert response.redirect_chain == [(asked if is_asked else back, 302)]
    assert response.status_code == 200


def test_session_with_another_name_is_a_newer_version_for_calendars(client):
    event = make_event()
    session = make_session(make_block(event))
    Event.objects.filter(pk=event.pk).update(changed_at=event.changed_at - timedelta(days=1))
    data = {"event": event.pk, "block": session.block_id, "kind": "session", "title": "Nieuwe naam", "position": 1}
    data |= {"speakers-TOTAL_FORMS": 0, "speakers-INITIAL_FORMS": 0}
    client.post(reverse("admin:events_programmeitem_change", args=[session.pk]), data)
    session.refresh_from_db()
    assert session.title == "Nieuwe naam"
    before = event.changed_at
    event.refresh_from_db()
    assert event.changed_at >= before
    assert event.sequence == 0


@pytest.mark.parametrize("model", ["event", "registration", "programmeitem"])
def test_lists_keep_their_query_count(client, model, django_assert_max_num_queries):
    counts = []
    for rows in (1, 2):
        for _ in range(rows):
            event = make_event(sectors=[make_sector()])
            make_session(make_block(event))
            operations.register(event=event, person=make_member())
        with django_assert_max_num_queries(20) as queries:
            client.get(reverse(f"admin:events_{model}_changelist"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def make_programme(number: int, **fields) -> Event:
    """Make a meeting with so many of everything that its page shows, beside as many others on its day."""
    day = {"venue": "Dorpshuis", "sectors": [make_sector() for _ in range(number)]}
    event = make_event(
        capacity=50, host=make_organisation(), follow_up_of=make_event(), groups=[make_group()], **day | fields
    )
    event.sectors.add(*day["sectors"])
    for _ in range(number):
        operations.register(event=event, person=make_member())
        block, speaker = make_block(event), make_member()
        other = make_event(**day | {"sectors": [make_sector(), make_sector()]})
        for session in (make_session(block, room="Zaal 1"), make_session(make_block(other), room="Zaal 1")):
            Speaker.objects.create(item=session, name=speaker.name, person=speaker)
    event.change_notices.create(before={})
    return event


@pytest.mark.parametrize(("role", "most"), [("administrator", 18), ("programme manager", 21), ("event manager", 21)])
def test_page_of_a_meeting_asks_the_same_of_the_database_whatever_there_is(
    role, most, settings, django_assert_num_queries
):
    """With the second factor, an open notice, a host, other meetings that day: 18 to 21, and never more."""
    sector = make_sector()
    match role:
        case "administrator":
            person = Person.objects.create_superuser("chef@noord.example", name="Chef")
        case "programme manager":
            person = make_programme_manager(sector)
        case "event manager":
            person = make_event_manager()
    client = proven_client_of(person)
    settings.STAFF_MFA_REQUIRED = True
    for number in (1, 3):
        event = make_programme(number, sectors=[sector])
        url = reverse("admin:events_event_change", args=[event.pk])
        client.get(url)
        with django_assert_num_queries(most):
            response = client.get(url)
        assert response.status_code == 200
        assert len(response.context["warnings"]) >= 3 * number
        assert response.context["untold"]


def test_saving_a_meeting_asks_a_fixed_number_and_some_per_line(django_assert_max_num_queries):
    """65, and 14 for a block with a session and a speaker: Django checks each line and each constraint by itself."""
    sector, counts = make_sector(), []
    client = proven_client_of(make_programme_manager(sector))
    for number in (1, 2, 3):
        event = make_programme(number, sectors=[sector])
        url = reverse("admin:events_event_change", args=[event.pk])
        sectors = [str(one.pk) for one in event.sectors.all()]
        data = typed(client.get(url)) | {"summary": "Kort", "sectors": sectors, "_continue": "1"}
        with django_assert_max_num_queries(65 + 14 * number) as queries:
            assert client.post(url, data).status_code == 302
        counts.append(len(queries))
    assert counts[2] - counts[1] == counts[1] - counts[0] <= 14, counts

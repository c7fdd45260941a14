import pytest
from django.test import Client
from django.urls import reverse

from events.models import Event, Registration
from events.operations import registrations as operations
from members.models import Person
from noord.outbox.models import Mail
from tests.factories import make_block, make_event, make_member, make_sector, make_session

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    client = Client()
    administrator = Person.objects.create_superuser("beheer@noord.example", name="Beheer")
    client.force_login(administrator, backend="allauth.account.auth_backends.AuthenticationBackend")
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

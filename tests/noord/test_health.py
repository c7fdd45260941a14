import time
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from noord.outbox.models import Mail

pytestmark = pytest.mark.django_db


def mail(**fields: object) -> Mail:
    """Make a mail that waits."""
    number = Mail.objects.count()
    values = {
        "key": f"key-{number}",
        "kind": "test",
        "to": "a@noord.example",
        "message_id": f"<{number}@noord.example>",
    }
    return Mail.objects.create(**values | fields)


def test_health_answers_with_each_part_when_all_is_well(client: Client, settings):
    settings.REDIS_URL = ""
    response = client.get("/gezond/")

    assert (response.status_code, response.json()) == (
        200,
        {"down": [], "database": "ok", "broker": "in process", "outbox": "0 s"},
    )
    assert "no-store" in response["Cache-Control"]
    assert response.cookies == {}


def test_health_tells_the_lag_when_mail_is_waiting(client: Client, time_machine):
    time_machine.move_to("2026-03-10T12:00:00Z", tick=False)
    mail(next_attempt_at=timezone.now() - timedelta(minutes=2))
    mail(next_attempt_at=timezone.now() - timedelta(days=2), status=Mail.Status.SENT)
    mail(next_attempt_at=timezone.now() + timedelta(hours=1), status=Mail.Status.RETRY)
    response = client.get("/gezond/")

    assert (response.status_code, response.json()["outbox"]) == (200, "120 s")


def test_health_names_the_outbox_when_nobody_sends_it(client: Client, time_machine):
    time_machine.move_to("2026-03-10T12:00:00Z", tick=False)
    mail(next_attempt_at=timezone.now() - timedelta(minutes=16))
    response = client.get("/gezond/")

    assert (response.status_code, response.json()["down"]) == (503, ["outbox"])


@pytest.mark.parametrize("kind", ["refused", "silent"])
def test_health_names_the_broker_within_a_second_when_it_is_down(
    client: Client, settings, kind, free_port, silent_port
):
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port if kind == 'refused' else silent_port}/0"
    before = time.monotonic()
    response = client.get("/gezond/")

    assert time.monotonic() - before < 1
    assert (response.status_code, response.json()) == (
        503,
        {"down": ["broker"], "database": "ok", "broker": "down", "outbox": "0 s"},
    )


@pytest.mark.redis
def test_health_reaches_the_real_broker(client: Client):
    assert client.get("/gezond/").json()["broker"] == "ok"


def test_health_refuses_a_change(client: Client):
    assert client.post("/gezond/").status_code == 405

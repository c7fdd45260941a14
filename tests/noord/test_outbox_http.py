"""A hundred people register over HTTP while Redis is away: gunicorn as in production, real workers, real mail."""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import pytest
from django.test import Client

from events.models import Event, Registration
from members.models import Person
from noord.outbox.tasks import TOGETHER
from tests.conftest import ROOT, MailServer, database_url, find_port
from tests.factories import make_event
from tests.noord.outbox_workers import (
    NEEDS_WORKERS,
    Broker,
    address,
    all_sent,
    arrived,
    once,
    sweep_until_sent,
    wait_for,
)

pytestmark = NEEDS_WORKERS

EARLY, CROWD = 20, 100  # people who register before, and after Redis stops
AT_ONCE = 8  # of them
PROCESSES = 2  # of the web
CSRF = "a" * 32


class Answer(NamedTuple):
    status: int
    location: str | None
    seconds: float


class Web:
    """The portal behind gunicorn, with what it logs."""

    def __init__(self, log: Path, environment: dict[str, str]) -> None:
        self.port, self.log = find_port(), log
        here = {
            "BIND": f"127.0.0.1:{self.port}",
            "SITE_URL": f"http://127.0.0.1:{self.port}",
            "ALLOWED_HOSTS": "127.0.0.1",
        }
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "noord.wsgi", "--workers", str(PROCESSES)],
                cwd=ROOT,
                env=os.environ | environment | here,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def is_well(self) -> bool:
        """Tell whether it answers, and that it misses nothing."""
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.ask("GET", "/gezond/").status == 200
        except OSError:
            return False

    def ask(self, method: str, path: str, body: str = "", headers: dict[str, str] | None = None) -> Answer:
        """Send a request on a connection of its own, as a browser that comes for the first time."""
        begin = time.monotonic()
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, body or None, headers or {})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return Answer(answer.status, answer.getheader("Location"), time.monotonic() - begin)

    def register(self, event: Event, sessions: list[str]) -> list[Answer]:
        """Let everyone with one of these sessions press the button, some at once."""

        def press(session: str) -> Answer:
            headers = {
                "Content-Type": "application/x-www-form-urlencoded",
                "Cookie": f"sessionid={session}; csrftoken={CSRF}",
            }
            body = urlencode({"csrfmiddlewaretoken": CSRF, "dietary_wish": "", "name_visible": "on"})
            return self.ask("POST", f"/agenda/{event.slug}/aanmelden/", body, headers)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(press, sessions))

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def web(portal: MailServer, broker: Broker, settings, tmp_path: Path) -> Iterator[Web]:
    """A web that has just started, as in production, on the same database, Redis and mail server as the workers."""
    settings.SECRET_KEY = secrets.token_urlsafe(60)  # sessions that this process opens must be good there
    environment = {
        "DEBUG": "off",
        "DJANGO_SETTINGS_MODULE": "noord.settings",
        "SECRET_KEY": settings.SECRET_KEY,
        "DATABASE_URL": database_url(),
        "REDIS_URL": broker.url,
        "EMAIL_URL": f"smtp://127.0.0.1:{portal.port}",
        "DEFAULT_FROM_EMAIL": settings.DEFAULT_FROM_EMAIL,
        "ORGANISER_EMAIL": settings.ORGANISER_EMAIL,
        "DOCUMENTS_DIR": str(tmp_path),
    }
    web = Web(tmp_path / "gunicorn.txt", environment)
    try:
        wait_for(web.is_well, seconds=30, state=web.log.read_text)
        yield web
    finally:
        web.stop()


def log_in(count: int) -> list[str]:
    """Make so many people; return the keys of their sessions. Nobody types a password."""
    people = Person.objects.bulk_create(Person(email=address(n), name=f"Lid {n}") for n in range(count))
    keys = []
    for person in people:
        client = Client()
        client.force_login(person)
        keys.append(client.session.session_key)
    return keys


@contextmanager
def frozen(broker: Broker) -> Iterator[None]:
    broker.freeze()
    try:
        yield
    finally:
        broker.thaw()


@contextmanager
def gone(broker: Broker) -> Iterator[None]:
    broker.stop()
    try:
        yield
    finally:
        broker.start()


@pytest.mark.parametrize("fault", [frozen, gone], ids=["frozen", "gone"])
def test_redis_that_stops_delays_nobody_who_registers_and_loses_no_mail(
    web: Web, portal: MailServer, broker: Broker, fault
):
    event = make_event()
    sessions = log_in(EARLY + CROWD)
    confirmed = Registration.objects.filter(event=event, status=Registration.Status.CONFIRMED)
    # Each process of the web has its connections, as on any day; after TOGETHER it asks Redis again.
    web.register(event, sessions[:EARLY])
    wait_for(all_sent)
    time.sleep(TOGETHER)

    with fault(broker):
        answers = web.register(event, sessions[EARLY:])
        assert {(answer.status, answer.location) for answer in answers} == {(302, event.get_absolute_url())}
        assert (len(answers), confirmed.count()) == (CROWD, EARLY + CROWD)
        assert max(answer.seconds for answer in answers) < 2
    # Each of them did ask Redis, and had no answer.
    assert web.log.read_text().count("the broker cannot be reached") >= PROCESSES

    sweep_until_sent()
    assert arrived(portal) == once(EARLY + CROWD)

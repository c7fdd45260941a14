"""Chromium, once per session, and people with a browser before the portal as it really runs."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import override_settings
from playwright.sync_api import Browser, sync_playwright
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from events.models import Event
from events.operations.registrations import register
from members.models import Person
from noord.demo.people import ACCOUNTS
from tests.browser.letters import Mailboxes
from tests.browser.visitor import Visitor, session_of
from tests.conftest import CHROMIUM, MailServer

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

report_key = pytest.StashKey[pytest.TestReport]()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Keep what became of the test, for the fixture that photographs."""
    report = yield
    if report.when == "call":
        item.stash[report_key] = report
    return report


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread, in which Django refuses to talk to the database unless told.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def open_browser(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Visitor]]:
    """Return a function that gives somebody a browser; a failed test leaves pictures of what they saw."""
    visitors: list[Visitor] = []

    def start(url: str, **options) -> Visitor:
        visitors.append(Visitor(chromium, url, **options))
        return visitors[-1]

    yield start
    report = request.node.stash.get(report_key, None)
    for number, visitor in enumerate(visitors):
        if report and report.failed:
            visitor.photograph(f"{request.node.name}-{number}")
        visitor.context.close()


def load_demo() -> None:
    """Load the demo network, which refuses to come without DEBUG (as a test run is)."""
    with override_settings(DEBUG=True):
        call_command("load_demo", verbosity=0)


@pytest.fixture
def demo(transactional_db: None) -> None:
    """The demo network, for one test."""
    load_demo()


@pytest.fixture
def site(live_server: LiveServer, settings: object) -> str:
    """The address of the running portal, whose mails and calendars carry it too."""
    settings.SITE_URL = live_server.url
    return live_server.url


@pytest.fixture
def visitor(site: str, open_browser: Callable[..., Visitor]) -> Callable[..., Visitor]:
    """Return a function that opens the portal for somebody: visitor(person), or visitor() for nobody yet."""

    def start(person: Person | None = None, **options) -> Visitor:
        somebody = open_browser(site, **options)
        if person:
            somebody.take_session(session_of(person))
        return somebody

    return start


@pytest.fixture
def mailboxes(site: str, smtp_server: MailServer) -> Mailboxes:
    """Everyone's mailbox."""
    return Mailboxes(smtp_server)


def wait_for_connections(seconds: float = 10) -> None:
    """Let the server's threads see that the browsers have gone.

    One that is still there when the server stops may no longer touch SQLite's connection in memory, and then leaves
    its socket open: a warning that fails the next test.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not any("process_request_thread" in thread.name for thread in threading.enumerate()):
            return
        time.sleep(0.02)


@dataclass(frozen=True)
class Network:
    """The demo network, running; `cookies` are sessions of people who are logged in, by e-mail address."""

    url: str
    cookies: dict[str, str]


@pytest.fixture(scope="module")
def network(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Network]:
    """One server and one loading of the demo for a whole file of tests that change nothing another one sees.

    The demo member is registered for the lunch session and waits for the training. The tests need the mark django_db:
    without it pytest-django makes no test database, and this would be about the real one.
    """
    with django_db_blocker.unblock():
        assert "test_" in connection.settings_dict["NAME"] or "memory" in connection.settings_dict["NAME"]
        load_demo()
        member = Person.objects.get(email="lid@noord.example")
        for slug in ("lunchsessie-common-ground", "opleiding-projectportfoliomanagement"):
            register(event=Event.objects.get(slug=slug), person=member, dietary_wish="geen noten", name_visible=True)
        cookies = {account.email: session_of(Person.objects.get(email=account.email)) for account in ACCOUNTS}
        server = LiveServer("localhost")
        with override_settings(SITE_URL=server.url):
            yield Network(server.url, cookies)
        wait_for_connections()
        server.stop()
        call_command("flush", interactive=False, verbosity=0)
        # Beside Playwright's event loop Django has a connection of its own, which nobody else closes: when this file
        # is a process's last one, PostgreSQL would not drop the database.
        connection.close()


@pytest.fixture
def look_in(network: Network, open_browser: Callable[..., Visitor]) -> Callable[..., Visitor]:
    """Return a function that opens the demo network: look_in("lid@noord.example"), or look_in() for nobody."""

    def start(email: str = "", **options) -> Visitor:
        somebody = open_browser(network.url, **options)
        if email:
            somebody.take_session(network.cookies[email])
        return somebody

    return start

"""Which services this run has, and the fixtures that every app's tests share.

A test that needs more than Python says so with a marker: postgres, redis, worker (both, and a real
Celery worker), browser or dovecot. Without the service it is left out, and the last line says so; with
CI=true that is an error.
"""

import asyncio
import gc
import math
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from redis.backoff import NoBackoff
from redis.retry import Retry

from noord.outbox import tasks
from tests.processes import FileByFile, large_first

ROOT = Path(__file__).parent.parent
CI = os.environ.get("CI", "").lower() in ("1", "on", "true", "yes")
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
DOVECOT = shutil.which("dovecot") or "/usr/sbin/dovecot"
NEEDS = {
    "postgres": ["PostgreSQL"],
    "redis": ["Redis"],
    "worker": ["PostgreSQL", "Redis"],
    "browser": ["Chromium"],
    "dovecot": ["Dovecot"],
}
left_out: dict[str, int] = {}


def redis_answers() -> bool:
    """Tell whether the Redis of REDIS_URL is there."""
    with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0)) as client:
        try:
            return client.ping()
        except redis.RedisError:
            return False


def missing_services() -> set[str]:
    """Return the services that this run does not have."""
    present = {
        "PostgreSQL": connection.vendor == "postgresql",
        "Redis": bool(settings.REDIS_URL),
        "Chromium": Path(CHROMIUM).exists(),
        "Dovecot": Path(DOVECOT).exists(),
    }
    return {service for service, there in present.items() if not there}


def pytest_sessionstart() -> None:
    """Raise pytest.UsageError when the Redis that was asked for is not there."""
    if settings.REDIS_URL and not redis_answers():
        raise pytest.UsageError("REDIS_URL is set, but no Redis answers there.")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what cannot run here, and run the browser's tests last.

    Under CI=true nothing runs at all when a test would be left out that the caller did not leave out himself
    (-m "not browser").
    """
    missing = missing_services()
    kept, dropped = [], []
    for item in items:
        wanted = {service for marker in NEEDS if item.get_closest_marker(marker) for service in NEEDS[marker]}
        (dropped if wanted & missing else kept).append(item)
        for service in wanted & missing:
            left_out[service] = left_out.get(service, 0) + 1
    if CI and dropped:
        kept = []  # and not an error, which one of several processes (-n) could not bring across
    config.hook.pytest_deselected(items=dropped)
    if hasattr(config, "workerinput"):
        kept = large_first(kept)
    # Playwright keeps an event loop in its thread, in which Django refuses to work unless told otherwise.
    items[:] = sorted(kept, key=lambda item: item.get_closest_marker("browser") is not None)


def pytest_collection_finish() -> None:
    """Collect garbage seldom: what is loaded by now stays, and a test leaves little behind. It saves a tenth."""
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> FileByFile:
    """Share the suite among several processes in our own way."""
    config.option.loadscopereorder = False
    return FileByFile(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """Hear from one of several processes what it left out, which is the same in each."""
    left_out.update(getattr(node, "workeroutput", {}).get("left_out", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line what was left out."""
    if left_out and CI:
        missing = " and no ".join(sorted(left_out))
        terminalreporter.write_line(f"CI=true leaves nothing out, but there is no {missing}.", red=True)
    elif left_out:
        parts = [f"{count} for want of {service}" for service, count in sorted(left_out.items())]
        terminalreporter.write_line(f"Left out: {', '.join(parts)}.", yellow=True)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Say what was left out to the one that started this process, and take away what it left behind.

    That is files of tests that had no folder of their own, and its keys in Redis.
    """
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = left_out
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)
    if settings.REDIS_URL and redis_answers():
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            for key in client.scan_iter(match=f"{settings.REDIS_PREFIX}*", count=1000):
                client.unlink(key)


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """Start without what an earlier test cached or was rate limited for."""
    cache.clear()


@pytest.fixture
def documents_folder(settings: object, tmp_path: Path) -> Path:
    """An empty folder of the test's own, in which documents are kept."""
    settings.MEDIA_ROOT = tmp_path / "documents"
    return settings.MEDIA_ROOT


class MailServer:
    """An SMTP server on this machine that keeps what it gets and fails on demand.

    Set `faults["somebody@noord.example"] = "451 4.7.1 Later"` to refuse a recipient, `data_fault` to
    refuse the text of every mail, `pause` (seconds) to be slow with an answer. `messages` are the
    envelopes taken (mail_from, rcpt_tos, content in bytes), `connections` counts the connections.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all mail and all faults."""
        self.messages: list[Envelope] = []
        self.faults: dict[str, str] = {}
        self.data_fault = ""
        self.pause = 0.0
        self.connections = 0

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Count the connection."""
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the recipient, or refuse as told."""
        if address in self.faults:
            return self.faults[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep the mail, or refuse as told."""
        if self.pause:
            await asyncio.sleep(self.pause)
        if self.data_fault:
            return self.data_fault
        self.messages.append(envelope)
        return "250 OK"


def find_port() -> int:
    """Return a port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def free_port() -> int:
    """A port of 127.0.0.1 where nothing answers."""
    return find_port()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port of 127.0.0.1 that takes connections and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(50)
        yield server.getsockname()[1]


@pytest.fixture(scope="session")
def mail_server() -> Iterator[MailServer]:
    """The session's mail server with its `port`; tests take smtp_server, which is empty."""
    server = MailServer()
    server.port = find_port()
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    yield server
    controller.stop()


@pytest.fixture
def smtp_server(mail_server: MailServer, settings: object) -> MailServer:
    """An empty mail server; this process's mail goes there (a real worker's goes there always)."""
    mail_server.reset()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mail_server.port
    return mail_server


def database_url() -> str:
    """Return the address of the test database, for another process."""
    here = connection.settings_dict
    login = here["USER"] + (f":{here['PASSWORD']}" if here["PASSWORD"] else "")
    return f"postgres://{login}@{here['HOST']}:{here['PORT'] or 5432}/{here['NAME']}"


@pytest.fixture(scope="session")
def start_celery(
    django_db_setup: None, mail_server: MailServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., subprocess.Popen]]:
    """Return a function that starts `celery -A noord ...` on the test database and waits for a word in its log.

    start_celery("worker", "--concurrency=1", until="ready.") returns the running process with its
    `log` (a path). Whatever still runs at the end of the session is stopped.
    """
    running: list[subprocess.Popen] = []

    def start(*arguments: str, until: str, environment: dict[str, str] | None = None) -> subprocess.Popen:
        log = tmp_path_factory.mktemp("celery") / "log.txt"
        variables = {
            "DJANGO_SETTINGS_MODULE": "noord.settings",
            "DATABASE_URL": database_url(),
            "EMAIL_URL": f"smtp://127.0.0.1:{mail_server.port}",
        }
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "noord", *arguments, "--loglevel=INFO"],
                cwd=ROOT,
                env=os.environ | variables | (environment or {}),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        process.log = log
        running.append(process)
        deadline = time.monotonic() + 30
        while until not in log.read_text(errors="replace"):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"celery {arguments[0]} did not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.05)
        return process

    yield start
    for process in running:
        if process.poll() is None:
            process.terminate()
    for process in running:
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def session_worker(start_celery: Callable[..., subprocess.Popen]) -> list[subprocess.Popen]:
    """The session's worker in a list, empty until a test wants one and again when it was killed."""
    return []


@pytest.fixture
def real_broker() -> Iterator[None]:
    """Let .delay() go to Redis instead of running in this process, with an empty queue."""
    current_app.conf.task_always_eager = False
    with current_app.connection_for_write() as broker:
        broker.default_channel.queue_purge(current_app.conf.task_default_queue)
    yield
    current_app.conf.task_always_eager = True


@pytest.fixture
def mail_waits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let mail wait in the outbox: the threads of a race do not send it, and wake no worker of another test."""
    monkeypatch.setitem(tasks._silent_until, current_app.conf.broker_url, math.inf)
    current_app.conf.task_always_eager = False
    yield
    current_app.conf.task_always_eager = True


@pytest.fixture
def celery_worker_process(
    transactional_db: None,
    smtp_server: MailServer,
    real_broker: None,
    session_worker: list[subprocess.Popen],
    start_celery: Callable[..., subprocess.Popen],
) -> subprocess.Popen:
    """A real Celery worker on this test's database; its mail goes to smtp_server. For tests marked worker."""
    if not session_worker or session_worker[0].poll() is not None:
        session_worker[:] = [start_celery("worker", "--concurrency=1", "--without-gossip", until="ready.")]
    return session_worker[0]

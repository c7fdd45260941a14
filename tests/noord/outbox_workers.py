"""What the tests with real workers share: a Redis to stop, workers on it, mails to queue, and a count of arrivals."""

import os
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from celery import current_app

from noord.outbox import tasks
from noord.outbox.models import Mail
from noord.outbox.queue import NewMail, enqueue_many
from tests.conftest import MailServer, find_port

REDIS_SERVER = shutil.which("redis-server")
NEEDS_WORKERS = [
    pytest.mark.worker,
    pytest.mark.django_db(transaction=True),
    # Under CI nothing may be left out: there a missing server is a failure, not a skip.
    pytest.mark.skipif(not REDIS_SERVER and not os.environ.get("CI"), reason="needs redis-server"),
]
LEASE = 3
ONE_WORKER = ("worker", "--concurrency=1", "--without-gossip", "--without-mingle")

Start = Callable[..., subprocess.Popen]


class Broker:
    """A Redis of one file's own, to stop and to empty."""

    def __init__(self, directory: Path) -> None:
        self.port, self.directory = find_port(), directory
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        command = [REDIS_SERVER, "--port", str(self.port), "--save", "", "--bind", "127.0.0.1"]
        self.process = subprocess.Popen(command, cwd=self.directory, stdout=subprocess.DEVNULL)
        wait_for(self.answers)

    def answers(self) -> bool:
        with redis.Redis(port=self.port, socket_connect_timeout=1, socket_timeout=1) as client:
            try:
                return client.ping()
            except redis.RedisError:
                return False

    def freeze(self) -> None:
        """Take connections and say nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        self.thaw()
        self.process.terminate()
        self.process.wait(timeout=10)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A Redis of this file's own."""
    broker = Broker(tmp_path_factory.mktemp("redis"))
    yield broker
    broker.stop()


@pytest.fixture(scope="module")
def start(start_celery: Start, broker: Broker) -> Iterator[Start]:
    """Return a function that starts a worker or a beat on this file's Redis, with a short lease and quick sweeps."""
    running = []

    def run(*arguments: str, until: str, **environment: str) -> subprocess.Popen:
        variables = {"REDIS_URL": broker.url, "OUTBOX_LEASE_SECONDS": str(LEASE), "OUTBOX_SWEEP_SECONDS": "1"}
        running.append(start_celery(*arguments, until=until, environment=variables | environment))
        return running[-1]

    yield run
    for process in running:
        process.terminate()
    for process in running:
        process.wait(timeout=30)


@pytest.fixture(scope="module")
def two_workers(start: Start) -> list[subprocess.Popen]:
    """Two workers on this file's Redis."""
    return [start(*ONE_WORKER, until="ready.") for _ in "12"]


@pytest.fixture
def portal(broker: Broker, two_workers: list[subprocess.Popen], smtp_server: MailServer) -> Iterator[MailServer]:
    """The mail server behind two workers, with this process as the web, on the Redis that fails."""
    conf, amqp = current_app.conf, current_app.amqp
    wanted = {"task_always_eager": False, "broker_url": broker.url}
    before, pool = {name: conf[name] for name in wanted}, amqp._producer_pool
    conf.update(wanted)
    amqp._producer_pool = None
    # As a web process that has just started, which knows nothing of the broker's faults in the test before.
    for known in (tasks._asked_at, tasks._covered_until, tasks._silent_until):
        known.clear()
    yield smtp_server
    conf.update(before)
    amqp._producer_pool = pool


def tree(process: subprocess.Popen) -> list[int]:
    """Return the process and its children."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [process.pid, *map(int, children)]


def queue(*numbers: int) -> None:
    """Queue a mail to each of these people, and ask for a worker."""
    enqueue_many(
        NewMail("account.notice", f"n:{n}", address(n), {"subject": "S", "text": "T"}, is_bulk=True) for n in numbers
    )


def queue_quietly(count: int) -> None:
    """Queue so many mails in a way that wakes nobody."""
    Mail.objects.bulk_create(
        Mail(
            key=f"n:{n}",
            kind="account.notice",
            to=address(n),
            params={"subject": "S", "text": "T"},
            message_id=f"<{n}@noord.example>",
        )
        for n in range(count)
    )


def wait_for(condition: Callable[[], bool], *, seconds: float = 60, state: Callable[[], object] | None = None) -> None:
    """Wait until it holds; fails the test after so many seconds, and tells the state of the outbox."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, (state or outbox_state)()
        time.sleep(0.05)


def outbox_state() -> Counter:
    return Counter(Mail.objects.values_list("status", "error"))


def all_sent() -> bool:
    return not Mail.objects.exclude(status=Mail.Status.SENT).exists()


def sweep_until_sent() -> None:
    """Ask for a worker each second, as beat does."""

    def swept() -> bool:
        current_app.send_task("noord.outbox.tasks.send_outbox", retry=False)
        time.sleep(0.5)
        return all_sent()

    wait_for(swept)


def address(number: int) -> str:
    return f"lid-{number}@noord.example"


def once(count: int) -> Counter:
    """Return what must have arrived when each of so many people gets one mail."""
    return Counter(address(n) for n in range(count))


def arrived(server: MailServer) -> Counter:
    return Counter(envelope.rcpt_tos[0] for envelope in server.messages)


def message_ids(server: MailServer, to: str) -> set[bytes]:
    """Return the Message-IDs of all that came to this address; one, when a mail came twice."""
    return {
        line
        for envelope in server.messages
        if envelope.rcpt_tos == [to]
        for line in envelope.content.splitlines()
        if line.startswith(b"Message-ID:")
    }

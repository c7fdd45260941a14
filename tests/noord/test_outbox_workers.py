"""Nothing lost, nothing twice: real workers, two at once, while Redis, PostgreSQL and the workers themselves fail."""

import os
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
import redis
from celery import current_app
from django.db import connection
from django.db.models import Max
from django.utils import timezone

from noord.outbox import tasks
from noord.outbox.models import Mail
from noord.outbox.queue import NewMail, enqueue_many
from tests.conftest import MailServer, database_url, find_port

REDIS_SERVER = shutil.which("redis-server")
pytestmark = [
    pytest.mark.worker,
    pytest.mark.django_db(transaction=True),
    # Under CI nothing may be left out: there a missing server is a failure, not a skip.
    pytest.mark.skipif(not REDIS_SERVER and not os.environ.get("CI"), reason="needs redis-server"),
]

LEASE = 3


class Broker:
    """A Redis of this file's own, to stop and to empty."""

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

    def stop(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        self.process.wait(timeout=10)


def wait_for(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    """Wait until it holds; fails the test after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, Counter(Mail.objects.values_list("status", "error"))
        time.sleep(0.05)


def tree(process: subprocess.Popen) -> list[int]:
    """Return the process and its children."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [process.pid, *map(int, children)]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    broker = Broker(tmp_path_factory.mktemp("redis"))
    yield broker
    broker.stop()


Start = Callable[..., subprocess.Popen]


@pytest.fixture(scope="module")
def start(start_celery: Start, broker: Broker) -> Iterator[Start]:
    """Return a function that starts a worker or a beat on this file's Redis, with a short lease and quick sweeps."""
    running = []

    def run(*arguments: str, until: str) -> subprocess.Popen:
        variables = {"REDIS_URL": broker.url, "OUTBOX_LEASE_SECONDS": str(LEASE), "OUTBOX_SWEEP_SECONDS": "1"}
        running.append(start_celery(*arguments, until=until, environment=variables))
        return running[-1]

    yield run
    for process in running:
        process.terminate()
    for process in running:
        process.wait(timeout=30)


@pytest.fixture(scope="module")
def two_workers(start: Start) -> list[subprocess.Popen]:
    return [start("worker", "--concurrency=1", "--without-gossip", "--without-mingle", until="ready.") for _ in "12"]


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


def queue(*numbers: int) -> None:
    enqueue_many(
        NewMail("account.notice", f"n:{n}", f"lid-{n}@noord.example", {"subject": "S", "text": "T"}, is_bulk=True)
        for n in numbers
    )


def all_sent() -> bool:
    return not Mail.objects.exclude(status=Mail.Status.SENT).exists()


def sweep_until_sent() -> None:
    """Ask for a worker each second, as beat does."""

    def swept() -> bool:
        current_app.send_task("noord.outbox.tasks.send_outbox", retry=False)
        time.sleep(0.5)
        return all_sent()

    wait_for(swept)


def arrived(server: MailServer) -> Counter:
    return Counter(envelope.rcpt_tos[0] for envelope in server.messages)


def once(count: int) -> Counter:
    return Counter(f"lid-{n}@noord.example" for n in range(count))


def test_two_workers_and_two_beats_send_each_mail_once(portal: MailServer, start: Start):
    beats = [start("beat", until="beat: Starting") for _ in "12"]
    # Queued in a way that wakes nobody: the two beats do.
    portal.pause = 0.002
    queue_quietly(200)
    wait_for(all_sent)
    for beat in beats:
        beat.terminate()
        beat.wait(timeout=30)
    assert arrived(portal) == once(200)
    assert Mail.objects.aggregate(Max("attempts"))["attempts__max"] == 1


def queue_quietly(count: int) -> None:
    Mail.objects.bulk_create(
        Mail(
            key=f"n:{n}",
            kind="account.notice",
            to=f"lid-{n}@noord.example",
            params={"subject": "S", "text": "T"},
            message_id=f"<{n}@noord.example>",
        )
        for n in range(count)
    )


@contextmanager
def frozen(broker: Broker) -> Iterator[None]:
    """Let Redis take connections and say nothing."""
    broker.process.send_signal(signal.SIGSTOP)
    yield
    broker.process.send_signal(signal.SIGCONT)


@contextmanager
def gone(broker: Broker) -> Iterator[None]:
    broker.stop()
    yield
    broker.start()


@pytest.mark.parametrize("fault", [frozen, gone], ids=["frozen", "gone"])
def test_redis_that_stops_delays_nobody_and_loses_nothing(portal: MailServer, broker: Broker, fault):
    times = []

    def register(number: int) -> None:
        begin = time.monotonic()
        queue(number)
        times.append(time.monotonic() - begin)
        connection.close()

    with fault(broker):
        # Four at a time, as the web's processes do.
        for first in range(0, 100, 4):
            threads = [threading.Thread(target=register, args=[first + n]) for n in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    sweep_until_sent()
    assert (len(times), max(times) < 2) == (100, True)
    assert arrived(portal) == once(100)


def test_redis_that_is_flushed_loses_nothing(portal: MailServer, broker: Broker):
    portal.pause = 0.005
    queue(*range(100))
    wait_for(lambda: len(portal.messages) > 5)
    with redis.Redis(port=broker.port) as client:
        client.flushall()
    queue(*range(100, 120))
    sweep_until_sent()
    assert arrived(portal) == once(120)


def test_postgres_sessions_that_end_in_mid_batch_stop_no_worker(portal: MailServer):
    portal.pause = 0.01
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        mine = cursor.fetchone()
    queue(*range(150))
    wait_for(lambda: len(portal.messages) > 30)
    with psycopg.connect(database_url(), autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid NOT IN (pg_backend_pid(), %s) AND query LIKE '%%outbox_mail%%'",
            mine,
        )
    sweep_until_sent()
    # Who waits for the database still records the mail that has left: no double here.
    assert arrived(portal) == once(150)


def test_workers_killed_in_mid_batch_send_at_most_their_mail_in_flight_twice(
    portal: MailServer, two_workers: list[subprocess.Popen], start: Start
):
    portal.pause = 0.005
    queue(*range(500))
    wait_for(lambda: len(portal.messages) > 150)
    for pid in [pid for worker in two_workers for pid in tree(worker)]:
        os.kill(pid, signal.SIGKILL)
    for worker in two_workers:
        worker.wait()
    in_hand = Mail.objects.filter(status=Mail.Status.SENDING)
    assert 0 < in_hand.count() <= 100
    assert not in_hand.filter(next_attempt_at__gt=timezone.now() + timedelta(seconds=LEASE)).exists()

    portal.pause = 0
    start("worker", "--concurrency=1", "--without-gossip", "--without-mingle", until="ready.")
    sweep_until_sent()
    counts = arrived(portal)
    assert set(counts) == set(once(500))
    doubles = [address for address, count in counts.items() if count > 1]
    # One mail in flight for each of the two workers.
    assert (len(doubles) <= 2, max(counts.values()) <= 2) == (True, True)
    for address in doubles:
        ids = {
            line
            for envelope in portal.messages
            if envelope.rcpt_tos == [address]
            for line in envelope.content.splitlines()
            if line.startswith(b"Message-ID:")
        }
        assert len(ids) == 1

"""PostgreSQL restarts while a worker sends: a server of this file's own, which may be stopped."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.conftest import ROOT, MailServer, database_url, find_port
from tests.noord.outbox_workers import (
    NEEDS_WORKERS,
    ONE_WORKER,
    Start,
    arrived,
    message_ids,
    once,
    queue_quietly,
    tree,
    wait_for,
)


def find_programs() -> Path | None:
    """Return the folder with initdb and pg_ctl, of the newest version here."""
    if there := shutil.which("initdb"):
        return Path(there).resolve().parent
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max((path.parent for path in found), key=lambda path: float(path.parent.name), default=None)


PROGRAMS = find_programs()
# PostgreSQL refuses to run as root.
AS_POSTGRES = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
pytestmark = [
    *NEEDS_WORKERS,
    pytest.mark.skipif(not PROGRAMS and not os.environ.get("CI"), reason="needs initdb and pg_ctl"),
]

COUNT = 150
EACH = 0.03  # seconds that the mail server takes for a mail
LEASE = 4  # seconds; a batch of 50 takes less than the half of it, so that none is given back
# Both in the second batch. Between them lies more than the half second whose results a crash may take along.
SETTLED, RESTART = 55, 90  # mails that have left


class Postgres:
    """A server with one database: the portal's, empty."""

    def __init__(self, home: Path) -> None:
        assert PROGRAMS, "initdb and pg_ctl are missing"
        self.home, self.port = home, find_port()
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"
        if AS_POSTGRES:
            shutil.chown(home, "postgres")
        self.run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")

    def run(self, program: str, *arguments: str) -> None:
        command = [*AS_POSTGRES, str(PROGRAMS / program), "-D", str(self.home / "data"), *arguments]
        subprocess.run(command, cwd=self.home, stdout=subprocess.DEVNULL, check=True)

    def control(self, *arguments: str) -> None:
        """Do as pg_ctl is told and wait until it is done."""
        self.run("pg_ctl", "--wait", "--silent", "--log", str(self.home / "log.txt"), *arguments)

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.home} -c fsync=off"
        self.control("start", "--options", options)

    def queue(self, count: int) -> None:
        """Queue so many mails: rows of the test database, carried over here."""
        queue_quietly(count)
        with psycopg.connect(database_url()) as tests, psycopg.connect(self.url) as here:
            here.execute("TRUNCATE outbox_mail")
            with (
                tests.cursor().copy("COPY outbox_mail TO STDOUT") as rows,
                here.cursor().copy("COPY outbox_mail FROM STDIN") as copies,
            ):
                for row in rows:
                    copies.write(row)

    def outbox(self) -> Counter:
        """Return how many mails there are by status."""
        with psycopg.connect(self.url) as connection:
            return Counter(dict(connection.execute("SELECT status, count(*) FROM outbox_mail GROUP BY status")))


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Start a server of one's own in a folder of its own, and stop it in the end."""
    # Not pytest's own folder: that is closed to the account which the server runs under. And short, for its socket.
    with tempfile.TemporaryDirectory(prefix="noord-postgres-") as home:
        server = Postgres(Path(home))
        server.start()
        try:
            yield server
        finally:
            server.control("stop", "--mode=immediate")


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """A server with the tables of the portal."""
    with running_postgres() as server:
        variables = {"DJANGO_SETTINGS_MODULE": "noord.settings", "DATABASE_URL": server.url}
        command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
        subprocess.run(command, cwd=ROOT, env=os.environ | variables, check=True)
        yield server


@pytest.fixture(scope="module")
def worker(postgres: Postgres, start: Start) -> subprocess.Popen:
    """A worker on that server, with the beat that wakes it each second."""
    start("beat", until="beat: Starting", DATABASE_URL=postgres.url)
    return start(*ONE_WORKER, until="ready.", DATABASE_URL=postgres.url, OUTBOX_LEASE_SECONDS=str(LEASE))


def restart_in_mid_batch(postgres: Postgres, worker: subprocess.Popen, server: MailServer, *, mode: str) -> set[str]:
    """Restart PostgreSQL while mail leaves and wait until all is sent; return who had theirs well before.

    The worker must be the same process in the end, and no row may be left in its hands.
    """
    processes = tree(worker)
    server.pause = EACH
    postgres.queue(COUNT)
    wait_for(lambda: len(server.messages) > SETTLED, state=postgres.outbox)
    settled = set(arrived(server))
    wait_for(lambda: len(server.messages) > RESTART, state=postgres.outbox)
    assert postgres.outbox()["sending"] > 0
    postgres.control("restart", f"--mode={mode}")
    assert len(server.messages) < COUNT

    wait_for(lambda: postgres.outbox() == {"sent": COUNT}, seconds=30, state=postgres.outbox)
    assert tree(worker) == processes
    return settled


def test_postgres_that_restarts_in_mid_batch_doubles_nothing(
    postgres: Postgres, worker: subprocess.Popen, smtp_server: MailServer
):
    restart_in_mid_batch(postgres, worker, smtp_server, mode="fast")
    # Who waits for the database still records the mail that has left: no double here.
    assert arrived(smtp_server) == once(COUNT)


def test_postgres_that_crashes_in_mid_batch_loses_nothing_and_doubles_the_last_half_second(
    postgres: Postgres, worker: subprocess.Popen, smtp_server: MailServer
):
    settled = restart_in_mid_batch(postgres, worker, smtp_server, mode="immediate")
    counts = arrived(smtp_server)
    assert set(counts) == set(once(COUNT))
    doubles = {address for address, count in counts.items() if count > 1}
    assert (max(counts.values()) <= 2, doubles & settled) == (True, set())
    assert [len(message_ids(smtp_server, address)) for address in doubles] == [1] * len(doubles)

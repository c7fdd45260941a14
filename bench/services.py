"""What a measurement runs on: databases of its own, static files, and gunicorn with two sync workers."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import redis
from psycopg import sql

from bench.load import ask, build

ROOT = Path(__file__).resolve().parent.parent
SERVER = os.environ.get("DATABASE_URL") or "postgres://postgres@127.0.0.1/postgres"
REDIS_URL = os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379/15"
REDIS_PREFIX = "noord-bench:"
SITE = "https://portal.example"
TICKS = os.sysconf("SC_CLK_TCK")
FROM_OUTSIDE = ("DEBUG", "DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "GUNICORN_CMD_ARGS", "WEB_CONCURRENCY")


def database_url(name: str) -> str:
    """Return the address of a database on the server of DATABASE_URL."""
    return urlsplit(SERVER)._replace(path=f"/{name}").geturl()


def _on_server(statement: sql.Composed) -> None:
    if not SERVER.startswith("postgres"):
        raise SystemExit("make bench needs PostgreSQL: DATABASE_URL=postgres://user:password@host/database")
    try:
        with psycopg.connect(SERVER, autocommit=True, connect_timeout=5) as connection:
            connection.execute(statement)
    except psycopg.OperationalError as error:
        raise SystemExit(f"make bench needs PostgreSQL; set DATABASE_URL. {error}") from error


def drop(name: str) -> None:
    _on_server(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def fresh_database(name: str, *, keep: bool = False) -> Iterator[str]:
    """Make an empty database, yield its address, drop it afterwards."""
    drop(name)
    _on_server(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield database_url(name)
    finally:
        if not keep:
            drop(name)


def vacuum(url: str) -> None:
    """Give the planner its numbers, as autovacuum would have by the time anyone visits."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def execute(url: str, statement: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statement)


def count_rows(url: str, query: str) -> int:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchone()[0]


def environment(url: str, **more: str) -> dict[str, str]:
    """Return the portal's variables as in production."""
    clean = {name: value for name, value in os.environ.items() if name not in FROM_OUTSIDE}
    return clean | {
        "SECRET_KEY": KEY,
        "ALLOWED_HOSTS": "portal.example",
        "SITE_URL": SITE,
        "DATABASE_URL": url,
        "REDIS_URL": REDIS_URL,
        "REDIS_PREFIX": REDIS_PREFIX,
        "EMAIL_URL": "smtp://127.0.0.1:9",  # the mails stay in the outbox: no worker runs here
        "DEFAULT_FROM_EMAIL": "portal@portal.example",
        "ORGANISER_EMAIL": "agenda@portal.example",
        "DOCUMENTS_DIR": str(ROOT / "var" / "bench-documents"),
        "TRUST_PROXY": "on",
        "DJANGO_SETTINGS_MODULE": "bench.portal_settings",
        "BENCH_STATIC_ROOT": str(STATIC_ROOT),
        **more,
    }


KEY = secrets.token_urlsafe(60)
STATIC_ROOT = ROOT / "var" / "bench-static"


def python(*arguments: str, env: dict[str, str]) -> str:
    """Run Python in the repository and return what it printed; stop when it fails."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"python {' '.join(arguments)} failed.\n{done.stdout}")
    return done.stdout


@dataclass(slots=True)
class Server:
    """A gunicorn with its workers."""

    port: int
    process: subprocess.Popen

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def processor_seconds(self) -> float:
        """Return what the workers used so far, in user and system mode."""
        total = 0
        for pid in self.workers():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def gunicorn(application: str, env: dict[str, str], path: str) -> Iterator[Server]:
    """Serve the application with 2 sync workers; ready when the path answers 200."""
    port = free_port()
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "gunicorn",
            application,
            "--bind",
            f"127.0.0.1:{port}",
            "--workers",
            "2",
            "--worker-class",
            "sync",
            "--log-level",
            "warning",
        ],
        cwd=ROOT,
        env=env,
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, process, path)
        yield Server(port, process)
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_for(port: int, process: subprocess.Popen, path: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            status = ask(port, build("GET", path)).status
        except OSError:
            status = 0
        if status == 200:
            return
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"gunicorn does not serve {path} (status {status}).")
        time.sleep(0.1)


def check_redis() -> None:
    with redis.Redis.from_url(REDIS_URL, socket_connect_timeout=2) as client:
        try:
            client.ping()
        except redis.RedisError as error:
            raise SystemExit(f"make bench needs Redis; set REDIS_URL. {error}") from error


def empty_redis() -> None:
    """Take this measurement's keys out of Redis."""
    with redis.Redis.from_url(REDIS_URL) as client:
        for key in client.scan_iter(match=f"{REDIS_PREFIX}*", count=1000):
            client.unlink(key)

"""A load generator of the standard library: threads with raw sockets, so that it takes little of the machine.

Every request is a connection of its own, as gunicorn's sync workers want it.
"""

import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

TIMEOUT = 20.0  # seconds for one answer


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str:
        """Return the (first) header, or an empty text."""
        wanted = name.lower().encode()
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.strip().lower() == wanted:
                return value.strip().decode()
        return ""

    @property
    def size(self) -> int:
        """Bytes over the wire, headers and all."""
        return len(self.head) + 4 + len(self.body)


@dataclass(slots=True)
class Run:
    """What came of a series of requests. Times in seconds."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    size: int = 0

    @property
    def per_second(self) -> float:
        return len(self.times) / self.seconds

    @property
    def p95(self) -> float:
        return sorted(self.times)[max(0, int(len(self.times) * 0.95) - 1)]


def build(method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> bytes:
    """Return a request as the proxy in front of the portal would pass it on."""
    lines = [f"{method} {path} HTTP/1.1", "Host: portal.example", "X-Forwarded-Proto: https", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def ask(port: int, request: bytes) -> Answer:
    """Send the request to 127.0.0.1 and return the whole answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT) as connection:
        connection.sendall(request)
        parts = []
        while part := connection.recv(262144):
            parts.append(part)
    head, _, body = b"".join(parts).partition(b"\r\n\r\n")
    return Answer(int(head[9:12] or 0), head, body)


def fire(port: int, requests: Sequence[bytes], *, clients: int, seconds: float) -> Run:
    """Send the requests, each once, by so many clients at once; stop when the seconds are over."""
    run = Run()
    waiting = list(reversed(requests))
    deadline = time.perf_counter() + seconds
    lock = threading.Lock()
    faults: list[Exception] = []

    def work() -> None:
        try:
            while not faults and time.perf_counter() < deadline:
                try:
                    request = waiting.pop()
                except IndexError:
                    return
                start = time.perf_counter()
                answer = ask(port, request)
                took = time.perf_counter() - start
                with lock:
                    run.times.append(took)
                    run.statuses[answer.status] = run.statuses.get(answer.status, 0) + 1
                    run.size = answer.size
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=work) for _ in range(clients)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run.seconds = time.perf_counter() - start
    if faults:
        raise faults[0]
    return run

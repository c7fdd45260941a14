"""Rounds of requests: in every round each page and the bare views beside it, so that noise falls on all alike."""

from dataclasses import dataclass, field
from statistics import median
from urllib.parse import urlencode

from bench import cases
from bench.cases import Case
from bench.load import Run, ask, build, fire
from bench.services import Server

SECONDS = 2.5  # the longest that one run may take, so that a slow machine is done in time too


@dataclass(slots=True)
class Result:
    """The runs of one page on one server; the numbers are medians. Times in seconds."""

    runs: list[Run] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return median(run.per_second for run in self.runs)

    @property
    def p95(self) -> float:
        return median(run.p95 for run in self.runs)

    @property
    def middle(self) -> float:
        return median(time for run in self.runs for time in run.times)

    @property
    def processor_time(self) -> float:
        return median(self.processor)

    @property
    def size(self) -> int:
        return self.runs[-1].size


def ratio(result: Result, other: Result) -> float:
    """Return how many times faster the first is: the median over the rounds, each beside its own neighbour."""
    return median(a.per_second / b.per_second for a, b in zip(result.runs, other.runs, strict=True))


def processor_ratio(result: Result, other: Result) -> float:
    return median(b / a if a else 0.0 for a, b in zip(result.processor, other.processor, strict=True))


@dataclass(slots=True)
class Site:
    """A server with what bench_prepare told of its database."""

    server: Server
    prepared: dict
    next_person: int = 0

    def cookie(self, n: int) -> str:
        return f"{self.prepared['session_cookie']}={self.prepared['sessions'][n]}"

    def request(self, case: Case) -> bytes:
        headers = {"Cookie": self.cookie(cases.PERSON - 1)} if case.logged_in else {}
        path = case.path or self.prepared["feed"]
        if case.unchanged:
            etag = ask(self.server.port, build("GET", path, headers)).header("ETag")
            headers["If-None-Match"] = etag or '"no etag"'
        return build("GET", path, headers)

    def registrations(self, number: int) -> list[bytes]:
        """Return so many registrations, each of another person who is logged in."""
        requests = []
        for n in range(self.next_person, self.next_person + number):
            name, session = self.prepared["choices"][n % len(self.prepared["choices"])]
            body = urlencode({"csrfmiddlewaretoken": self.prepared["csrf"], name: session}).encode()
            headers = {
                "Cookie": f"{self.cookie(n)}; {self.prepared['csrf_cookie']}",
                "Origin": "https://portal.example",
            }
            requests.append(build("POST", cases.REGISTER, headers, body))
        self.next_person += number
        return requests


def bare_registrations(number: int) -> list[bytes]:
    token = "a" * 32
    headers = {"Cookie": f"csrftoken={token}"}
    body = urlencode({"csrfmiddlewaretoken": token, "name": "Persoon"}).encode()
    return [build("POST", "/register/", headers, body)] * number


def measure(result: Result, server: Server, requests: list[bytes], *, clients: int, status: int) -> None:
    """Add a run; every answer must have the status."""
    before = server.processor_seconds()
    run = fire(server.port, requests, clients=clients, seconds=SECONDS)
    if set(run.statuses) != {status}:
        raise SystemExit(f"Answers other than {status}: {run.statuses}; {requests[0][:80]!r}")
    result.processor.append((server.processor_seconds() - before) / len(run.times))
    result.runs.append(run)


def warm_up(server: Server, request: bytes) -> None:
    """Let both workers load templates, translations and connections."""
    fire(server.port, [request] * 8, clients=cases.CLIENTS, seconds=SECONDS)


def time_lists(site: Site) -> dict[str, float]:
    """Return for each list of the administration how many seconds it takes, for one person at a time (median)."""
    headers = {"Cookie": f"{site.prepared['session_cookie']}={site.prepared['administrator']}"}
    times = {}
    for path in site.prepared["lists"]:
        request = build("GET", path, headers)
        warm_up(site.server, request)
        run = fire(site.server.port, [request] * cases.ADMIN_TIMES, clients=1, seconds=SECONDS * 4)
        if set(run.statuses) != {200}:
            raise SystemExit(f"{path} answers {run.statuses}")
        times[path] = median(run.times)
    return times

"""Measure the portal beside a bare Django: python -m bench [--quick] [--rounds N] [--keep]."""

import argparse
import json
import time
from contextlib import ExitStack

from bench import cases, measure, report, services, wire
from bench.cases import Case
from bench.load import fire
from bench.measure import Result, Site
from bench.services import Server

# People, meetings and topics; with twenty topics each list of them fills its page.
SMALL, LARGE = (1000, 100, 20), (100_000, 10_000, 300)
PER_ROUND = 160  # registrations
COUNTED = 3  # registrations of bench_count
WARMING = 8  # registrations that let both workers do what a process does once
REGISTERED = (
    "SELECT count(*) FROM events_registration r JOIN events_event e ON e.id = r.event_id "
    "JOIN events_sessionchoice c ON c.registration_id = r.id JOIN outbox_mail m "
    "ON m.params->>'registration' = r.id::text "
    "WHERE e.slug = 'vervolgafspraak' AND r.status = 'confirmed' AND c.seat_id IS NOT NULL"
)


def say(text: str) -> None:
    print(text, flush=True)


def load(url: str, people: int, meetings: int, topics: int, sessions: int) -> dict:
    """Fill a database and return what bench_prepare says of it."""
    env = services.environment(url, DEBUG="on")
    services.python("manage.py", "migrate", "--verbosity", "0", env=env)
    volume = ["--people", str(people), "--meetings", str(meetings), "--topics", str(topics)]
    services.python("manage.py", "load_demo", *volume, "--verbosity", "0", env=env)
    prepared = json.loads(
        services.python("manage.py", "bench_prepare", "--sessions", str(sessions), env=services.environment(url))
    )
    services.vacuum(url)
    return prepared


def load_bare(url: str) -> dict[str, str]:
    """Make the tables and a hundred rows of the bare project; return its variables."""
    env = services.environment(url, DJANGO_SETTINGS_MODULE="bench.bare.settings")
    services.python("-m", "django", "migrate", "--run-syncdb", "--verbosity", "0", env=env)
    services.execute(
        url,
        "INSERT INTO bare_meeting (slug, title, place, text, start, seats_taken) "
        "SELECT 'meeting-' || n, 'Meeting ' || n, 'Tolbert', "
        "'Drie korte verhalen uit de praktijk. Daarna is er tijd voor vragen.', now() + n * interval '1 day', 0 "
        "FROM generate_series(1, 100) n",
    )
    services.vacuum(url)
    return env


def run_rounds(bare: Server, sites: dict[str, Site], rounds: int) -> dict[tuple[str, str], Result]:
    """Measure everything so many times; the results by (page, site), where a bare view has the name of its page."""
    results: dict[tuple[str, str], Result] = {}
    feed = [cases.FEED, cases.FEED_UNCHANGED, cases.ALL_MEETINGS]

    def run(case: Case, name: str, server: Server, requests: list[bytes], clients: int, status: int) -> None:
        result = results.setdefault((case.name, name), Result())
        measure.measure(result, server, requests, clients=clients, status=status)

    for number in range(rounds):
        say(f"Round {number + 1} of {rounds}")
        for case in [*cases.PAGES, *feed, *cases.OTHERS]:
            if case.ratio is not None or case.unchanged:
                # Right before the page, for the machine is another one a minute later.
                view = cases.BARE[case.beside]
                requests = [measure.build("GET", view.path)] * view.requests
                if not number:
                    measure.warm_up(bare, requests[0])
                run(case, "bare", bare, requests, case.clients, 200)
            for name, site in sites.items():
                request = site.request(case)
                if not number:
                    measure.warm_up(site.server, request)
                status = 304 if case.unchanged else 200
                run(case, name, site.server, [request] * case.requests, case.clients, status)
        many = cases.CLIENTS_REGISTERING
        if not number:
            for server, requests in [
                (bare, measure.bare_registrations(WARMING)),
                *((site.server, site.registrations(WARMING)) for site in sites.values()),
            ]:
                fire(server.port, requests, clients=cases.CLIENTS, seconds=measure.SECONDS)
        run(cases.REGISTRATION, "bare", bare, measure.bare_registrations(PER_ROUND), many, 302)
        for name, site in sites.items():
            run(cases.REGISTRATION, name, site.server, site.registrations(PER_ROUND), many, 302)
    return results


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description="Measure the portal beside a bare Django.")
    parser.add_argument("--quick", action="store_true", help="the small network only, one round")
    parser.add_argument("--rounds", type=int, help="how often everything is measured (3)")
    parser.add_argument("--keep", action="store_true", help="leave the databases there")
    parser.add_argument("--queries", action="store_true", help="print every query of every page")
    options = parser.parse_args()
    rounds = options.rounds or (1 if options.quick else 3)
    sizes = {"small": SMALL} if options.quick else {"small": SMALL, "large": LARGE}
    began = time.monotonic()
    services.check_redis()
    with ExitStack() as stack:
        stack.callback(services.empty_redis)
        services.empty_redis()
        bare_url = stack.enter_context(services.fresh_database("noord_bench_bare", keep=options.keep))
        bare_env = load_bare(bare_url)
        urls, prepared, counts = {}, {}, {}
        for name, (people, meetings, topics) in sizes.items():
            say(f"Loading {people} people, {meetings} meetings and {topics} topics")
            urls[name] = stack.enter_context(services.fresh_database(f"noord_bench_{name}", keep=options.keep))
            prepared[name] = load(urls[name], people, meetings, topics, PER_ROUND * rounds + COUNTED + WARMING)
        env = services.environment(urls["small"])
        services.python("manage.py", "collectstatic", "--no-input", "--clear", "--verbosity", "0", env=env)
        for name, url in urls.items():
            show = ["--show"] if options.queries and name == "small" else []
            answer = services.python(
                "manage.py", "bench_count", json.dumps(prepared[name]), *show, env=services.environment(url)
            )
            counts[name] = json.loads(answer)
        bare = stack.enter_context(services.gunicorn("bench.bare.wsgi", bare_env, "/one-query/"))
        sites = {}
        for name, url in urls.items():
            server = stack.enter_context(services.gunicorn("noord.wsgi", services.environment(url), "/"))
            sites[name] = Site(server, prepared[name])
        results = run_rounds(bare, sites, rounds)
        lists = {name: measure.time_lists(site) for name, site in sites.items()}
        first_visit = wire.first_visit(sites["small"].server.port)
        stored = services.count_rows(urls["small"], REGISTERED)
    print()
    searches = {name: site.prepared["duplicates"] for name, site in sites.items()}
    missed = report.show(results, counts, first_visit, lists, searches)
    answered = sum(len(run.times) for run in results[cases.REGISTRATION.name, "small"].runs)
    if stored != answered + COUNTED + WARMING:
        raise SystemExit(f"{answered} registrations were answered, {stored - COUNTED - WARMING} are in the database.")
    say(f"\n{time.monotonic() - began:.0f} seconds")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())

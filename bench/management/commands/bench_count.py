"""Count the queries of each page through the app, with an empty and a warm cache, and print them (JSON).

A count has all that goes to the database, BEGIN and COMMIT of a transaction too: each is a trip.
"""

import json
import string
import time
from argparse import ArgumentParser
from dataclasses import replace

from django.core.cache import cache
from django.core.management.base import BaseCommand
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.crypto import get_random_string

from bench import cases
from events import calendar
from events.models import Event, Registration

HEADERS = {"host": "portal.example", "x-forwarded-proto": "https", "origin": "https://portal.example"}
PARTS = 300


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("prepared", help="what bench_prepare printed")
        parser.add_argument("--show", action="store_true", help="print the queries too")

    def handle(self, *args, **options) -> None:
        self.prepared = json.loads(options["prepared"])
        self.show = options["show"]
        feed = replace(cases.FEED, path=self.prepared["feed"])
        answer = {"empty": {}, "warm": {}}
        for case in [*cases.PAGES, *cases.OTHERS, cases.ALL_MEETINGS, feed]:
            if case.unchanged:
                continue
            self._count(case)  # what a process does once in its life is not of the page
            cache.clear()
            answer["empty"][case.name] = self._count(case)
            answer["warm"][case.name] = self._count(case)
        # Each of these is another person, from the end of the list.
        self._register(1)
        cache.clear()
        answer["empty"][cases.REGISTRATION.name] = self._register(2)
        answer["warm"][cases.REGISTRATION.name] = self._register(3)
        answer["calendar_part"] = self._time_calendar_part()
        self.stdout.write(json.dumps(answer))

    def _client(self, session: str = "") -> Client:
        client = Client(headers=HEADERS, enforce_csrf_checks=True)
        if session:
            client.cookies[self.prepared["session_cookie"]] = session
        return client

    def _count(self, case: cases.Case) -> int:
        client = self._client(self.prepared["sessions"][cases.PERSON - 1] if case.logged_in else "")
        with CaptureQueriesContext(connection) as queries:
            response = client.get(case.path)
        if response.status_code != 200:
            raise SystemExit(f"{case.path} answers {response.status_code}")
        self._print(case.name, queries)
        return len(queries)

    def _register(self, nth: int) -> int:
        client = self._client(self.prepared["sessions"][-nth])
        csrf = get_random_string(32, string.ascii_letters)
        client.cookies[self.prepared["csrf_cookie"].partition("=")[0]] = csrf
        field, session = self.prepared["choices"][0]
        with CaptureQueriesContext(connection) as queries:
            response = client.post(cases.REGISTER, {"csrfmiddlewaretoken": csrf, field: session})
        if response.status_code != 302:
            raise SystemExit(f"A registration answers {response.status_code}")
        self._print(cases.REGISTRATION.name, queries)
        return len(queries)

    def _print(self, name: str, queries: CaptureQueriesContext) -> None:
        if self.show:
            self.stderr.write(f"\n== {name}: {len(queries)}")
            for query in queries:
                self.stderr.write(f"  {query['time']}  {query['sql'][:1500]}")

    def _time_calendar_part(self) -> float:
        """Return the microseconds that one invitation takes, from row to bytes."""
        event = Event.objects.get(slug=cases.MEETING.split("/")[2])
        registration = Registration.objects.filter(event=event).select_related("person").first()
        registration.event = event
        entry = calendar.Entry(event, registration, lines=("14.30 uur Een sessie (Zaal 1)",))
        start = time.perf_counter()
        for _ in range(PARTS):
            calendar.request(entry)
        return (time.perf_counter() - start) / PARTS * 1e6

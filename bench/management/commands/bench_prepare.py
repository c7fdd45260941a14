"""Make a loaded demo network ready to be measured, and print what the load generator must know (JSON)."""

import json
import string
import time
from argparse import ArgumentParser
from dataclasses import dataclass
from datetime import timedelta

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.management.base import BaseCommand
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import get_random_string

from bench import cases
from events.models import Event, ProgrammeItem, Registration
from events.operations.feeds import renew_feed
from members import duplicates
from members.models import Organisation, Person

FEED_MEETINGS = 200
FEED_PERSON = "persoon-2@noord.example"
CSRF = get_random_string(32, string.ascii_letters + string.digits)


@dataclass
class RequestWith:
    """As much of a request as a record of logging in needs."""

    session: SessionStore


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--sessions", type=int, required=True, help="how many people must be logged in")

    def handle(self, *args, **options) -> None:
        # Fifty meetings on the first page of a visitor, in a small network too.
        Event.objects.filter(slug__startswith="demo-bijeenkomst-").update(audience=Event.Audience.PUBLIC)
        # Everyone who registers gets a seat and a session: more work than a place in line.
        meeting = Event.objects.get(slug=cases.MEETING.split("/")[2])
        Event.objects.filter(pk=meeting.pk).update(capacity=100_000)
        ProgrammeItem.objects.filter(event=meeting, block__isnull=False).update(capacity=100_000)
        sessions = ProgrammeItem.objects.sessions().filter(event=meeting).order_by("pk")
        answer = {
            "csrf_cookie": f"{settings.CSRF_COOKIE_NAME}={CSRF}",
            "csrf": CSRF,
            "session_cookie": settings.SESSION_COOKIE_NAME,
            "sessions": self._log_in(options["sessions"]),
            "choices": [[f"first_{session.block_id}", session.pk] for session in sessions],
            "feed": self._fill_feed(),
            "administrator": self._let_in_administrator(),
            "duplicates": self._time_search(),  # before the lists are looked at: theirs is one of them
            "lists": [
                *(
                    reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
                    for model in admin.site._registry
                ),
                *self._relations(),
            ],
        }
        self.stdout.write(json.dumps(answer))

    def _log_in(self, number: int) -> list[str]:
        """Return the keys of the sessions of persoon-1 and on; nobody types a password."""
        rows, keys = [], []
        store = SessionStore()
        emails = [f"persoon-{n}@noord.example" for n in range(1, number + 1)]
        people = Person.objects.in_bulk(emails, field_name="email")
        for email in emails:
            key = get_random_string(32, string.ascii_lowercase + string.digits)
            person = people[email]
            data = {
                SESSION_KEY: str(person.pk),
                BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
                HASH_SESSION_KEY: person.get_session_auth_hash(),
            }
            expires = timezone.now() + timedelta(days=1)
            rows.append(Session(session_key=key, session_data=store.encode(data), expire_date=expires))
            keys.append(key)
        Session.objects.bulk_create(rows, batch_size=1000)
        return keys

    def _let_in_administrator(self) -> str:
        """Return the session of somebody who may see every list, with the second factor shown."""
        person = Person.objects.create_superuser("meting@noord.example", name="Meting")
        TOTP.activate(person, "A" * 32)
        store = SessionStore()
        store.update(
            {
                SESSION_KEY: str(person.pk),
                BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
                HASH_SESSION_KEY: person.get_session_auth_hash(),
            }
        )
        record_authentication(RequestWith(store), person, "mfa", type="totp")
        store.save()
        return store.session_key

    def _time_search(self) -> float:
        """Return the seconds of the processor that looking for duplicates takes."""
        began = time.process_time()
        duplicates.find()
        return time.process_time() - began

    def _relations(self) -> list[str]:
        """Return the pages of the organisation with the most people and of one with few."""
        by_size = Organisation.objects.annotate(people=Count("positions")).filter(people__gt=0).order_by("people")
        return [
            reverse("admin:members_organisation_relation", args=[organisation.pk])
            for organisation in (by_size.last(), by_size.first())
        ]

    def _fill_feed(self) -> str:
        """Register one person for two hundred meetings that nobody else sees; return the path of the feed."""
        person = Person.objects.get(email=FEED_PERSON)
        now = timezone.now()
        start = now.replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=1200)
        events = Event.objects.bulk_create(
            Event(
                slug=f"meting-{n}",
                title=f"Meting {n}",
                summary="Een bijeenkomst om mee te meten.",
                place="Groningen",
                start=start + timedelta(days=n),
                end=start + timedelta(days=n, hours=2),
                status=Event.Status.PUBLISHED,
                audience=Event.Audience.HOSTS,
            )
            for n in range(FEED_MEETINGS)
        )
        Registration.objects.bulk_create(
            Registration(event=event, person=person, status=Registration.Status.CONFIRMED) for event in events
        )
        return f"/agenda/persoonlijk/{renew_feed(person=person)}.ics"

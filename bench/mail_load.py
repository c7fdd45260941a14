"""The steps of the measurement that need the portal itself, each in a process of its own; prints JSON."""

import json
import smtplib
import sys
import time
from datetime import UTC, timedelta

import django

django.setup()

from django.db import connection, transaction  # noqa: E402 - the apps must be there first
from django.utils import timezone  # noqa: E402

from bench.mail_naive import send_one  # noqa: E402
from events import calendar  # noqa: E402
from events.mail import invitations  # noqa: E402
from events.models import Event, Invitation, InvitationRound  # noqa: E402
from members.models import Person  # noqa: E402
from noord.outbox.message import build  # noqa: E402
from noord.outbox.models import Mail  # noqa: E402
from noord.outbox.renderers import renderer_of  # noqa: E402

SENTENCE = "Samen kijken we wat het afgelopen jaar goed ging, wat beter kan en wie daar iets in wil doen. "
DISTINCT = 500
PARTS = 2000


def fill(people: int) -> dict:
    """Make one meeting and so many people who are invited to it."""
    start = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=30)
    event = Event.objects.create(
        title="Regiodag: samen sterker in de dienstverlening",
        slug="regiodag",
        start=start,
        end=start + timedelta(hours=3),
        place="Tolbert",
        venue="Cultureel centrum De Tent",
        address="Hoofdstraat 1, Tolbert",
        status=Event.Status.PUBLISHED,
        summary=(SENTENCE * 4)[:290],
    )
    by = Person.objects.create(name="Programmamanager", email="pm@noord.example")
    round_ = InvitationRound.objects.create(event=event, by=by, word=(SENTENCE * 30)[:1990])
    Person.objects.bulk_create(
        (Person(name=f"Persoon Nummer {n}", email=f"persoon-{n}@noord.example") for n in range(people)),
        batch_size=5000,
    )
    Invitation.objects.bulk_create(
        (Invitation(event=event, person=person, round=round_) for person in Person.objects.exclude(pk=by.pk)),
        batch_size=5000,
    )
    return {}


def queue(number: int) -> dict:
    """Queue the invitations, as the web does; return how long that took, and the moment of the commit."""
    event = Event.objects.get()
    round_ = InvitationRound.objects.get()
    people = list(Person.objects.filter(invitations__isnull=False).order_by("pk")[:number])
    begin = time.perf_counter()
    with transaction.atomic():
        invitations.ask(event, people, round_)
        committed = time.time()
    return {"seconds": time.perf_counter() - begin, "committed": committed}


def state() -> dict:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE status = 'sent'), count(*), extract(epoch FROM max(finished_at)), "
            "max(attempts), max(error) FROM outbox_mail"
        )
        sent, total, last, attempts, error = cursor.fetchone()
    return {"sent": sent, "total": total, "last": float(last or 0), "attempts": attempts, "error": error}


def bare(port: int, number: int) -> dict:
    """Send so many finished messages over one connection."""
    mails = list(Mail.objects.order_by("pk")[:DISTINCT])
    messages = renderer_of(invitations.KIND).write_many([mail.params for mail in mails])
    finished = [
        build(message, to=mail.to, message_id=mail.message_id, moment=timezone.localtime())
        for mail, message in zip(mails, messages, strict=True)
    ]
    with smtplib.SMTP("127.0.0.1", port, local_hostname="localhost") as server:
        begin = time.perf_counter()
        for n in range(number):
            sender, to, octets = finished[n % len(finished)]
            server.sendmail(sender, [to], octets)
        seconds = time.perf_counter() - begin
    return {"per_second": number / seconds, "bytes": sum(len(octets) for *_, octets in finished) / len(finished)}


def naive(number: int) -> dict:
    """Put one task per message in the queue; return the moment before the first."""
    pks = list(Invitation.objects.values_list("event_id", "person_id")[:number])
    begin = time.time()
    for event, person in pks:
        send_one.delay(event, person)
    return {"begin": begin}


def parts() -> dict:
    """Return the microseconds of one calendar part with its time zone and of one in UTC, in turns."""
    event, person = Event.objects.get(), Person.objects.first()
    link = invitations.answer_url(event.pk, person.pk)
    amsterdam = calendar.AMSTERDAM, calendar.VTIMEZONE
    spent = {"zone": [], "utc": []}
    for _turn in range(5):
        for name, (zone, component) in (("zone", amsterdam), ("utc", (UTC, b""))):
            calendar.AMSTERDAM, calendar.VTIMEZONE = zone, component
            begin = time.perf_counter()
            for _part in range(PARTS // 10):
                calendar.invite(event, person, answer_url=link)
            spent[name].append((time.perf_counter() - begin) / (PARTS // 10) * 1e6)
    return {name: min(times) for name, times in spent.items()}


STEPS = {"fill": fill, "queue": queue, "state": state, "bare": bare, "naive": naive, "parts": parts}

if __name__ == "__main__":
    print(json.dumps(STEPS[sys.argv[1]](*map(int, sys.argv[2:]))))

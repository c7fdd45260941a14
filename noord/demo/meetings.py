"""The meetings of the demo: eight of Overheden this year, and coming ones in each state that the status box knows.

Rows go straight into the tables: the verbs would mail people who do not exist. What is there already is never
touched, so a date that was in the future when the demo was loaded passes in time.
"""

from datetime import date, timedelta

from django.utils import timezone
from django.utils.text import capfirst

from events.models import Event, ProgrammeItem, Registration, Speaker
from knowledge_groups.models import KnowledgeGroup
from members.models import Organisation, Person
from noord.demo import facts, people, tolbert
from noord.demo.days import at, end_of, second_thursday, thursday_from
from sectors.models import Sector

SECTOR_CAPACITY = 40
CLOSES_DAYS_BEFORE = 2
OPENS_DAYS_BEFORE = 42


def load() -> None:
    """Load the Tolbert meeting with its follow-up, this year's meetings of Overheden, and the examples to come."""
    tolbert.load()
    plan = facts.document("meetings")
    today = timezone.localdate()
    for number, row in enumerate(plan["year"]):
        _sector_meeting(row, second_thursday(today.year, row["month"]), plan["notice"], registrations=12 + number)
    for row in plan["upcoming"]:
        _example(row, today, plan["notice"])


def _sector_meeting(row: dict, day: date, notice: str, *, registrations: int) -> None:
    fields = {
        "kind": Event.Kind.SECTOR,
        "start": at(day, "13:30"),
        "end": at(day, "16:00"),
        "capacity": SECTOR_CAPACITY,
        "registration_closes": end_of(day - timedelta(days=CLOSES_DAYS_BEFORE)),
        "report": row["report"] if day < timezone.localdate() else "",
    }
    slug = f"sectoroverleg-overheden-{day:%Y-%m}"
    sectors = ["overheden", *row.get("sectors", [])]
    event = _create(slug, row | {"sectors": sectors}, notice, **fields)
    if event:
        _register(event, registrations, with_chair=event.start > timezone.now())
    if event and event.report:
        _present(event, row.get("presented", []))


def _present(event: Event, organisations: list[str]) -> None:
    """Let these organisations have presented what the title says after the colon: who did so is invented too."""
    item = ProgrammeItem.objects.create(
        event=event, title=capfirst(event.title.rpartition(": ")[2]), start=event.start, position=1
    )
    Speaker.objects.bulk_create(
        Speaker(item=item, name=name, position=position) for position, name in enumerate(organisations, 1)
    )


def _example(row: dict, today: date, notice: str) -> None:
    """Load a meeting some days ahead, in the state that its row asks for."""
    day = thursday_from(today + timedelta(days=row["days_ahead"]))
    fields = {
        "kind": row["kind"],
        "start": at(day, row["start"]),
        "end": at(day, row["end"]),
        "capacity": row.get("capacity"),
        "registration_closes": end_of(day - timedelta(days=CLOSES_DAYS_BEFORE)),
    }
    if row["state"] == "cancelled":
        fields["status"] = Event.Status.CANCELLED
    elif row["state"] == "closed":
        fields["registration_closes"] = end_of(today - timedelta(days=1))
    elif row["state"] == "opens later":
        fields["registration_opens"] = at(day - timedelta(days=OPENS_DAYS_BEFORE), "9:00")
    event = _create(row["slug"], row, notice, **fields)
    if event:
        _register(event, row.get("registrations", 0), with_chair=row.get("chair_registers", False))


def _create(slug: str, row: dict, notice: str, **fields) -> Event | None:
    """Return the new meeting, or None when there is one with this address already."""
    if Event.objects.filter(slug=slug).exists():
        return None
    defaults = {
        "slug": slug,
        "title": row["title"],
        "summary": row["summary"],
        "notice": notice,
        "place": row["place"],
        "online_url": row.get("online_url", ""),
        "host": Organisation.objects.get(name=row["host"]) if "host" in row else None,
        "audience": row.get("audience", Event.Audience.MEMBERS),
        "status": Event.Status.PUBLISHED,
    }
    event = Event.objects.create(**defaults | fields)
    event.sectors.set(Sector.objects.filter(slug__in=row.get("sectors", [])))
    event.groups.set(KnowledgeGroup.objects.filter(slug__in=row.get("groups", [])))
    return event


def _register(event: Event, number: int, *, with_chair: bool) -> None:
    """Register the first invented participants and perhaps the demo chair, who comes last but two.

    Whoever comes after the last seat stands on the waiting list.
    """
    emails = [people.participant_email(n) for n in range(1, number + 1)]
    if with_chair:
        emails.insert(-2, "voorzitter@noord.example")
    known = Person.objects.in_bulk(emails, field_name="email")
    first = min(event.start, timezone.now()) - timedelta(days=7)
    Registration.objects.bulk_create(
        Registration(
            event=event,
            person=known[email],
            status=Registration.Status.WAITING
            if event.capacity is not None and seat >= event.capacity
            else Registration.Status.CONFIRMED,
            queued_at=first + timedelta(minutes=seat),
            changed_at=first + timedelta(minutes=seat),
            name_visible=seat % 2 == 0,
        )
        for seat, email in enumerate(emails)
    )

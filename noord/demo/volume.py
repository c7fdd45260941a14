"""Many people and meetings for measurements and races, made in batches so that memory stays small.

Everything follows from a number: person 7 and meeting 7 are the same in every load, so a second load with a larger
number only adds what is missing.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from events.models import Event, ProgrammeItem, Registration, SessionBlock, SessionChoice, Speaker
from knowledge_groups.models import KnowledgeGroup
from members.models import Organisation, Person, Position, Role
from noord.demo.days import at, end_of
from noord.demo.people import PASSWORD, SINCE
from noord.outbox.models import Mail
from sectors.models import Sector

PEOPLE_PER_BATCH = 2000
MEETINGS_PER_BATCH = 250
ROWS_PER_INSERT = 1000
REGISTRATIONS_PER_MEETING = 20
REMEMBERED = timedelta(days=80)  # the outbox forgets what is older than 90 days
PERSON_PREFIX, MEETING_PREFIX = "persoon-", "demo-bijeenkomst-"
NOTICE = "Demogegevens: gemaakt om te meten."
LEFT = date(2025, 12, 31)  # the last day in a role of every twentieth person
# The first hundred meetings lie around today, the rest far away: this year and this month in the agenda are as busy
# in a small network as in a large one, which has a longer archive.
NEAR = 100


def batches(number: int, size: int) -> Iterator[range]:
    """Cut 1 to number into ranges of at most this size."""
    for first in range(1, number + 1, size):
        yield range(first, min(first + size, number + 1))


def people_ids() -> list[int]:
    """Return the keys of the people made here, or of the invented participants when there are none."""
    for prefix in (PERSON_PREFIX, "deelnemer-"):
        people = Person.objects.filter(email__startswith=prefix, email__endswith="@noord.example")
        if ids := list(people.order_by("pk").values_list("pk", flat=True)):
            return ids
    return []


def load_people(number: int) -> None:
    """Have persoon-1 to persoon-<number>, each at a member organisation and on the list of Overheden."""
    password = make_password(PASSWORD)
    organisations = list(Organisation.objects.members_on().order_by("slug").values_list("pk", flat=True))
    roles = list(Role.objects.values_list("pk", flat=True))
    sector = Sector.objects.get(slug="overheden")
    for numbers in batches(number, PEOPLE_PER_BATCH):
        with transaction.atomic():
            _people_batch(numbers, password, organisations, roles, sector)


def _people_batch(numbers: range, password: str, organisations: list[int], roles: list[int], sector: Sector) -> None:
    emails = {f"{PERSON_PREFIX}{n}@noord.example": n for n in numbers}
    for email in Person.objects.filter(email__in=emails).values_list("email", flat=True):
        del emails[email]
    people = Person.objects.bulk_create(
        (Person(email=email, name=f"Persoon {n}", password=password) for email, n in emails.items()),
        batch_size=ROWS_PER_INSERT,
    )
    EmailAddress.objects.bulk_create(
        (EmailAddress(user=person, email=person.email, verified=True, primary=True) for person in people),
        batch_size=ROWS_PER_INSERT,
    )
    Position.objects.bulk_create(
        (
            Position(
                person=person, organisation_id=organisations[n % len(organisations)], start=SINCE, title="adviseur"
            )
            for person, n in zip(people, emails.values(), strict=True)
        ),
        batch_size=ROWS_PER_INSERT,
    )
    some = [(person, n) for person, n in zip(people, emails.values(), strict=True) if n % 10 == 0]
    Position.objects.bulk_create(
        Position(
            person=person,
            organisation_id=organisations[n % len(organisations)],
            role_id=roles[n // 10 % len(roles)],
            start=SINCE,
            end=LEFT if n % 20 else None,
        )
        for person, n in some
    )
    on_list = Sector.people.through
    on_list.objects.bulk_create(
        (on_list(sector_id=sector.pk, person_id=person.pk) for person in people), batch_size=ROWS_PER_INSERT
    )


def load_meetings(number: int) -> None:
    """Have demo-bijeenkomst-1 to -<number>, in past and future years, each with some twenty registrations.

    Of each registration the outbox remembers a mail, as if all were of these months.
    """
    people = people_ids()
    sectors = dict(Sector.objects.filter(slug__in=["overheden", "veiligheid"]).values_list("slug", "pk"))
    group = KnowledgeGroup.objects.get(slug="ict-noord").pk
    for numbers in batches(number, MEETINGS_PER_BATCH):
        with transaction.atomic():
            _meetings_batch(numbers, people, sectors, group)


def _meetings_batch(numbers: range, people: list[int], sectors: dict[str, int], group: int) -> None:
    slugs = {f"{MEETING_PREFIX}{n}": n for n in numbers}
    for slug in Event.objects.filter(slug__in=slugs).values_list("slug", flat=True):
        del slugs[slug]
    events = Event.objects.bulk_create([_meeting(slug, n) for slug, n in slugs.items()], batch_size=ROWS_PER_INSERT)
    numbered = list(zip(events, slugs.values(), strict=True))

    by_sector, by_group = Event.sectors.through, Event.groups.through
    by_sector.objects.bulk_create(
        by_sector(event_id=event.pk, sector_id=sectors["veiligheid" if n % 4 == 2 else "overheden"])
        for event, n in numbered
        if n % 4 != 1
    )
    by_group.objects.bulk_create(
        by_group(event_id=event.pk, knowledgegroup_id=group) for event, n in numbered if n % 2 == 1
    )
    registrations = Registration.objects.bulk_create(
        (registration for event, n in numbered for registration in _registrations(event, n, people)),
        batch_size=ROWS_PER_INSERT,
    )
    _programmes([event for event, n in numbered if n % 10 == 0], registrations)
    _mails(registrations)


def _day(n: int) -> date:
    """Return the day of meeting n: near today, or in one of ten past or three coming years; never in a weekend."""
    if n <= NEAR:
        days = (n % NEAR - 40) * 2
    elif n % 20 == 0:
        days = 130 + n * 7 % 900
    else:
        days = -370 - n * 7 % 3280
    day = timezone.localdate() + timedelta(days=days)
    return day - timedelta(days=2) if day.weekday() >= 5 else day


def _meeting(slug: str, n: int) -> Event:
    day = _day(n)
    return Event(
        slug=slug,
        title=f"Demobijeenkomst {n}",
        kind=Event.Kind.TRAINING if n % 7 == 0 else Event.Kind.MEETING,
        summary="Een bijeenkomst om mee te meten.",
        notice=NOTICE,
        place=("Groningen", "Assen", "Leeuwarden", "Online")[n % 4],
        start=at(day, "13:30"),
        end=at(day, "16:30"),
        registration_closes=end_of(day - timedelta(days=2)),
        capacity=None if n % 3 == 0 else 15 if n % 10 == 5 else 40,
        status=Event.Status.PUBLISHED,
        audience=Event.Audience.PUBLIC if n % 2 == 0 else Event.Audience.MEMBERS,
    )


def _registrations(event: Event, n: int, people: list[int]) -> Iterator[Registration]:
    first = min(event.start, timezone.now()) - timedelta(days=30)
    for seat in range(min(REGISTRATIONS_PER_MEETING, len(people))):
        is_full = event.capacity is not None and seat >= event.capacity
        yield Registration(
            event=event,
            person_id=people[(n * REGISTRATIONS_PER_MEETING + seat) % len(people)],
            status=Registration.Status.WAITING if is_full else Registration.Status.CONFIRMED,
            queued_at=first + timedelta(hours=seat),
            changed_at=first + timedelta(hours=seat),
        )


def _programmes(events: list[Event], registrations: list[Registration]) -> None:
    """Give each of these meetings a presentation and two parallel sessions, with a seat in one for who is in."""
    ProgrammeItem.objects.bulk_create(
        ProgrammeItem(event=event, title="Stand van zaken", start=event.start, position=1) for event in events
    )
    blocks = SessionBlock.objects.bulk_create(
        SessionBlock(event=event, title="Ronde 1", start=event.start + timedelta(hours=1), end=event.end)
        for event in events
    )
    kind = ProgrammeItem.Kind.SESSION
    sessions = ProgrammeItem.objects.bulk_create(
        ProgrammeItem(event=block.event, block=block, kind=kind, title=f"Sessie {n}", position=n, capacity=15)
        for block in blocks
        for n in (1, 2)
    )
    Speaker.objects.bulk_create(
        Speaker(item=session, name="Demo Spreker", organisation="gemeente Assen", position=1) for session in sessions
    )
    rooms = {block.event_id: (block, sessions[i * 2 : i * 2 + 2]) for i, block in enumerate(blocks)}
    choices = []
    for i, registration in enumerate(registrations):
        if registration.event_id in rooms and registration.is_confirmed:
            block, pair = rooms[registration.event_id]
            choices.append(SessionChoice(registration=registration, block=block, first=pair[i % 2], seat=pair[i % 2]))
    SessionChoice.objects.bulk_create(choices, batch_size=ROWS_PER_INSERT)


def _mails(registrations: list[Registration]) -> None:
    addresses = dict(Person.objects.filter(pk__in={one.person_id for one in registrations}).values_list("pk", "email"))
    now = timezone.now()
    Mail.objects.bulk_create(
        (
            Mail(
                key=f"demo:{registration.pk}",
                message_id=f"<demo-{registration.pk}@noord.example>",
                kind="event.registration",
                to=addresses[registration.person_id],
                about=f"event:{registration.event_id}",
                subject=f"Je aanmelding voor {registration.event.title}",
                status=Mail.Status.SENT,
                created_at=now - REMEMBERED * (registration.pk % 100) / 100,
                finished_at=now - REMEMBERED * (registration.pk % 100) / 100,
            )
            for registration in registrations
        ),
        batch_size=ROWS_PER_INSERT,
    )

"""One meeting with a long programme, for measurements: forty sessions in eight blocks and 300 registrations."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from events.models import Event, ProgrammeItem, Registration, SessionBlock, SessionChoice, Speaker
from knowledge_groups.models import KnowledgeGroup
from members.models import Organisation
from noord.demo import volume
from noord.demo.days import at, end_of, thursday_from
from sectors.models import Sector

SLUG = "groot-congres"
DAYS_AHEAD = 70
BLOCKS, SESSIONS_PER_BLOCK = 8, 5
SESSION_CAPACITY = 80
REGISTRATIONS = 300
TOPICS = ("Common Ground", "Privacy en de AVG", "Datagedreven werken", "Digitale crisis", "De ICT-werkplek")


@transaction.atomic
def load() -> None:
    """Have the congress, with registrations of the first 300 people of the volume (fewer while there are fewer)."""
    event = Event.objects.filter(slug=SLUG).first() or _create()
    _register(event)


def _create() -> Event:
    day = thursday_from(timezone.localdate() + timedelta(days=DAYS_AHEAD))
    event = Event.objects.create(
        slug=SLUG,
        title="Groot congres",
        kind=Event.Kind.CONGRESS,
        summary="Een lange dag met veertig sessies, om het programma mee te meten.",
        notice=volume.NOTICE,
        start=at(day, "9:00"),
        end=at(day, "17:00"),
        place="Groningen",
        capacity=500,
        registration_closes=end_of(day - timedelta(days=2)),
        status=Event.Status.PUBLISHED,
        audience=Event.Audience.PUBLIC,
    )
    event.sectors.add(Sector.objects.get(slug="overheden"))
    event.groups.add(KnowledgeGroup.objects.get(slug="ict-noord"))
    blocks = SessionBlock.objects.bulk_create(
        SessionBlock(
            event=event,
            title=f"Ronde {n + 1}",
            start=event.start + timedelta(hours=n),
            end=event.start + timedelta(hours=n, minutes=45),
        )
        for n in range(BLOCKS)
    )
    sessions = ProgrammeItem.objects.bulk_create(
        ProgrammeItem(
            event=event,
            block=block,
            kind=ProgrammeItem.Kind.SESSION,
            title=f"{topic}, deel {number}",
            text="Drie korte verhalen uit de praktijk. Daarna is er tijd voor vragen.",
            position=position,
            room=f"Zaal {position}",
            capacity=SESSION_CAPACITY,
        )
        for number, block in enumerate(blocks, 1)
        for position, topic in enumerate(TOPICS, 1)
    )
    organisations = Organisation.objects.members_on().order_by("slug").values_list("name", flat=True)
    names = [organisations[n % len(organisations)] for n in range(len(sessions) * 2)]
    Speaker.objects.bulk_create(
        Speaker(
            item=sessions[n // 2],
            name=f"Demo Spreker {n + 1}",
            role="adviseur",
            organisation=organisation,
            position=n % 2 + 1,
        )
        for n, organisation in enumerate(names)
    )
    return event


def _register(event: Event) -> None:
    """Register who is missing, each with a seat in one session of every block; a session gets a fifth of them."""
    present = set(event.registrations.values_list("person_id", flat=True))
    wanted = [pk for pk in volume.people_ids()[:REGISTRATIONS] if pk not in present]
    now = timezone.now()
    registrations = Registration.objects.bulk_create(
        Registration(
            event=event,
            person_id=pk,
            status=Registration.Status.CONFIRMED,
            queued_at=now,
            changed_at=now,
            name_visible=n % 2 == 0,
        )
        for n, pk in enumerate(wanted)
    )
    blocks = [(block, list(block.sessions.all())) for block in event.blocks.prefetch_related("sessions")]
    choices = []
    for n, registration in enumerate(registrations):
        for number, (block, sessions) in enumerate(blocks):
            session = sessions[(n + number) % SESSIONS_PER_BLOCK]
            choices.append(SessionChoice(registration=registration, block=block, first=session, seat=session))
    SessionChoice.objects.bulk_create(choices, batch_size=volume.ROWS_PER_INSERT)

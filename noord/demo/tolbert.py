"""The Tolbert meeting of 7 March 2019 as the source tells it, and the same programme again as its follow-up."""

from datetime import date, timedelta

from django.utils import timezone

from events.models import Event, ProgrammeItem, SessionBlock, Speaker
from knowledge_groups.models import KnowledgeGroup
from members.models import Organisation, Person
from noord.demo import facts
from noord.demo.days import at, end_of, thursday_from
from sectors.models import Sector

SLUG = "ict-noord-meets-samenwerking-noord"
FOLLOW_UP_SLUG = "vervolgafspraak"
HELD_ON = date(2019, 3, 7)
# From three weeks ahead; with Christmas or Ascension Day in between it can be six.
FOLLOW_UP_DAYS_AHEAD = 21


def load() -> None:
    """Load both meetings, unless they are there."""
    facts_of_meeting = facts.document("tolbert")
    held = Event.objects.filter(slug=SLUG).first() or _create(
        facts_of_meeting,
        HELD_ON,
        slug=SLUG,
        title=facts_of_meeting["title"],
        notice=facts_of_meeting["notice"],
        report=facts.paragraphs(facts_of_meeting["report"]),
    )
    if not Event.objects.filter(slug=FOLLOW_UP_SLUG).exists():
        _create(
            facts_of_meeting,
            thursday_from(timezone.localdate() + timedelta(days=FOLLOW_UP_DAYS_AHEAD)),
            slug=FOLLOW_UP_SLUG,
            title=facts_of_meeting["follow_up_title"],
            notice=facts_of_meeting["follow_up_notice"],
            text=facts.paragraphs(facts_of_meeting["follow_up_text"]),
            follow_up_of=held,
            capacity=60,
        )


def _create(facts_of_meeting: dict, day: date, **fields) -> Event:
    """Create the meeting with its hosts and programme; rooms and seats belong to the follow-up only."""
    event = Event.objects.create(
        kind=Event.Kind.JOINT,
        summary=facts_of_meeting["summary"],
        tags=facts_of_meeting["tags"],
        start=at(day, "13:30"),
        end=at(day, "17:00"),
        place="Tolbert",
        host=Organisation.objects.get(slug="gemeente-westerkwartier"),
        audience=Event.Audience.PUBLIC,
        status=Event.Status.PUBLISHED,
        registration_closes=end_of(day - timedelta(days=2)),
        session_required=False,
        **fields,
    )
    # Samenwerking Noord is the network itself; its part of this meeting is the sector that works with ICT Noord.
    event.groups.add(KnowledgeGroup.objects.get(slug="ict-noord"))
    event.sectors.add(Sector.objects.get(slug="overheden"))

    for position, row in enumerate(facts_of_meeting["plenary"], 1):
        item = ProgrammeItem.objects.create(
            event=event,
            kind=row["kind"],
            title=row["title"],
            text="\n".join(row.get("text", [])),
            start=at(day, row["start"]),
            end=at(day, row["end"]),
            position=position,
        )
        _add_speakers(item, row["speakers"])
    times = facts_of_meeting["block"]
    block = SessionBlock.objects.create(
        event=event, title=times["title"], start=at(day, times["start"]), end=at(day, times["end"])
    )
    is_follow_up = event.follow_up_of is not None
    for position, row in enumerate(facts_of_meeting["sessions"], 1):
        session = ProgrammeItem.objects.create(
            event=event,
            block=block,
            kind=ProgrammeItem.Kind.SESSION,
            title=row["title"],
            text="\n".join(row["text"]),
            position=position,
            room=row["follow_up_room"] if is_follow_up else "",
            capacity=row["follow_up_capacity"] if is_follow_up else None,
        )
        _add_speakers(session, row["speakers"])
    return event


def _add_speakers(item: ProgrammeItem, speakers: list[dict[str, str]]) -> None:
    known = {person.name: person for person in Person.objects.filter(email=None)}
    Speaker.objects.bulk_create(
        Speaker(item=item, position=position, person=known.get(row["name"]), **row)
        for position, row in enumerate(speakers, 1)
    )

"""Topics of the demo: proposed for the coming meetings and on the wish list, with invented support and ideas."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.timezone import localtime

from events.models import Event, ProgrammeItem, TopicInput, TopicPresenter, TopicProposal, TopicSupport
from knowledge_groups.models import KnowledgeGroup
from members.models import Organisation, Person
from noord.demo import facts, people, volume
from sectors.models import FocalPoint, Sector

MEETING = "overheden-en-veiligheid"
INPUTS, SUPPORTERS = 17, 20  # of each topic that is made to measure: 300 of them have 5,100 inputs


def load() -> None:
    """Load the proposals, unless there are topics already. Rows go straight into the tables: a verb would mail."""
    if TopicProposal.objects.exists():
        return
    texts = facts.document("topics")
    emails = [people.participant_email(number) for number in range(1, people.PARTICIPANTS + 1)]
    known = Person.objects.in_bulk([*emails, *(account.email for account in people.ACCOUNTS)], field_name="email")
    for row in texts["proposals"]:
        proposal = _propose(row, texts["note"], known)
        _support(proposal, [known[email] for email in emails[: row["support"]]])
        _give_input(proposal, row["inputs"], known)
    _choose_for_what_comes_soon()


def _named(by: int | str, known: dict[str, Person]) -> Person:
    return known[by if isinstance(by, str) else people.participant_email(by)]


def _propose(row: dict, note: str, known: dict[str, Person]) -> TopicProposal:
    proposed_at = timezone.now() - timedelta(days=row["days_ago"])
    proposal = TopicProposal.objects.create(
        sector=Sector.objects.get(slug=row["sector"]) if "sector" in row else None,
        group=KnowledgeGroup.objects.get(slug=row["group"]) if "group" in row else None,
        event=Event.objects.get(slug=row["event"]) if "event" in row else None,
        title=row["title"],
        reason=facts.paragraphs([row["reason"], note]),
        focal_point=FocalPoint.objects.filter(title=row["focal_point"]).order_by("-year").first(),
        minutes=row["minutes"],
        seeks_presenter=not row["presenters"],
        status=TopicProposal.Status.NEW,
        by=_named(row["by"], known),
        created_at=proposed_at,
        proposed_at=proposed_at,
    )
    TopicPresenter.objects.bulk_create(
        TopicPresenter(proposal=proposal, organisation=Organisation.objects.get(name=name))
        for name in row["presenters"]
    )
    return proposal


def _support(proposal: TopicProposal, supporters: list[Person]) -> None:
    TopicSupport.objects.bulk_create(
        TopicSupport(proposal=proposal, person=person, at=proposal.proposed_at) for person in supporters
    )


def _give_input(proposal: TopicProposal, rows: list[dict], known: dict[str, Person]) -> None:
    given: list[TopicInput] = []
    for hours, row in enumerate(rows, 1):
        given.append(
            TopicInput.objects.create(
                proposal=proposal,
                kind=row["kind"],
                answers=given[row["answers"]] if "answers" in row else None,
                text=row["text"],
                by=_named(row["by"], known),
                shows_name=row.get("shows_name", False),
                created_at=_after(proposal.proposed_at, hours),
            )
        )


def _after(moment: datetime, hours: int) -> datetime:
    return moment + timedelta(hours=26 * hours)


def _choose_for_what_comes_soon() -> None:
    """Let the other meetings whose topic must be known by now have one: what their title says after the colon."""
    today = timezone.localdate()
    coming = Event.objects.upcoming().filter(kind__in=Event.TOPIC_KINDS).exclude(status=Event.Status.CANCELLED)
    for event in coming.filter(topic_proposals=None).with_hosts():
        if event.prepare_by > today or not event.hosts:
            continue
        host, now = event.hosts[0], timezone.now()
        title = capfirst(event.title.rpartition(": ")[2])
        TopicProposal.objects.create(
            **{"sector" if isinstance(host, Sector) else "group": host},
            event=event,
            item=event.items.create(title=title, kind=ProgrammeItem.Kind.PROPOSAL, start=event.start),
            title=title,
            reason=event.summary,
            status=TopicProposal.Status.PLANNED,
            seeks_presenter=True,
            proposed_at=now - timedelta(days=30),
            decided_at=now - timedelta(days=3),
        )


@transaction.atomic
def load_volume(number: int) -> None:
    """Have demo-onderwerp 1 to <number> of Overheden, half of them for a meeting, each with support and input."""
    sector, event = Sector.objects.get(slug="overheden"), Event.objects.get(slug=MEETING)
    present = set(TopicProposal.objects.filter(title__startswith="Demo-onderwerp ").values_list("title", flat=True))
    by, now = volume.people_ids(), timezone.now()
    points = list(FocalPoint.objects.filter(sector=sector, year=localtime(now).year))
    topics = TopicProposal.objects.bulk_create(
        TopicProposal(
            sector=sector,
            event=event if n % 2 else None,
            focal_point=points[n % len(points)] if points else None,
            title=f"Demo-onderwerp {n}",
            reason="Een onderwerp om mee te meten. Waarom nu, en wat willen we van de leden weten?",
            status=TopicProposal.Status.NEW,
            by_id=by[n % len(by)],
            seeks_presenter=True,
            proposed_at=now - timedelta(hours=n),
        )
        for n in range(1, number + 1)
        if f"Demo-onderwerp {n}" not in present
    )
    TopicSupport.objects.bulk_create(
        TopicSupport(proposal=topic, person_id=by[(number + n) % len(by)])
        for number, topic in enumerate(topics)
        for n in range(min(SUPPORTERS, len(by)))
    )
    TopicInput.objects.bulk_create(
        (
            TopicInput(proposal=topic, by_id=by[(number + n) % len(by)], text=f"Idee {n} om mee te meten.")
            for number, topic in enumerate(topics)
            for n in range(INPUTS)
        ),
        batch_size=volume.ROWS_PER_INSERT,
    )

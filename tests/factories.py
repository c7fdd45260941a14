"""Plain functions that make one realistic row each; every test names only what matters to it."""

import hashlib
from datetime import date, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.utils import timezone

from consultations.models import Consultation, MemberQuestion, Option
from documents.models import OWNERS, Document, Owner
from events.models import Event, ProgrammeItem, Registration, SessionBlock, TopicProposal
from knowledge_groups.models import GroupMembership, KnowledgeGroup
from members.models import EmailDomain, Membership, Organisation, Person, Position
from noord.administration.groups import EVENT_MANAGER
from sectors.models import FocalPoint, Sector, SectorRole

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
_number = count(1)


def amsterdam(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=AMSTERDAM)


def make_organisation(*, is_member: bool = True, domain: str = "", **fields) -> Organisation:
    n = next(_number)
    fields = {"name": f"gemeente Proef {n}", "slug": f"proef-{n}", "kind": Organisation.Kind.MUNICIPALITY} | fields
    organisation = Organisation.objects.create(**fields)
    if is_member:
        Membership.objects.create(organisation=organisation, start=date(2019, 1, 1))
    if domain:
        EmailDomain.objects.create(organisation=organisation, name=domain)
    return organisation


def make_person(*, organisation: Organisation | None = None, **fields) -> Person:
    """Make somebody who can log in; with an organisation also a position there since 2020."""
    n = next(_number)
    person = Person.objects.create_user(
        **{"email": f"proef-{n}@voorbeeld.example", "name": f"Proef Persoon {n}"} | fields
    )
    if organisation:
        Position.objects.create(person=person, organisation=organisation, start=date(2020, 1, 1), title="adviseur")
    return person


def make_member(**fields) -> Person:
    """Make somebody who works at a member organisation."""
    return make_person(organisation=fields.pop("organisation", None) or make_organisation(), **fields)


def make_sector(**fields) -> Sector:
    n = next(_number)
    return Sector.objects.create(**{"name": f"Sector {n}", "slug": f"sector-{n}"} | fields)


def make_chair(sector: Sector, **fields) -> Person:
    person = make_member(**fields)
    SectorRole.objects.create(sector=sector, person=person, role=SectorRole.Role.CHAIR, start=date(2020, 1, 1))
    return person


def make_programme_manager(sector: Sector, **fields) -> Person:
    person = make_person(**fields)
    role = SectorRole.Role.PROGRAMME_MANAGER
    SectorRole.objects.create(sector=sector, person=person, role=role, start=date(2020, 1, 1))
    return person


def make_event_manager(**fields) -> Person:
    """Make somebody of the office who manages every meeting by the permission group, without a role anywhere."""
    person = make_person(**{"is_staff": True} | fields)
    person.groups.add(Group.objects.get(name=EVENT_MANAGER))
    return person


def make_group(**fields) -> KnowledgeGroup:
    n = next(_number)
    state = KnowledgeGroup.State.ACTIVE
    return KnowledgeGroup.objects.create(**{"name": f"Kennisgroep {n}", "slug": f"groep-{n}", "state": state} | fields)


def make_participant(group: KnowledgeGroup, **fields) -> Person:
    person = make_member(**fields)
    GroupMembership.objects.create(group=group, person=person, start=date(2020, 1, 1))
    return person


def make_event(*, sectors=(), groups=(), **fields) -> Event:
    """Make a published, public meeting of two hours, thirty days from now, without a limit of seats."""
    n = next(_number)
    start = fields.pop("start", None) or (timezone.now() + timedelta(days=30)).replace(
        minute=0, second=0, microsecond=0
    )
    defaults = {
        "title": f"Bijeenkomst {n}",
        "slug": f"bijeenkomst-{n}",
        "start": start,
        "end": start + timedelta(hours=2),
        "place": "Tolbert",
        "status": Event.Status.PUBLISHED,
        "audience": Event.Audience.PUBLIC,
    }
    event = Event.objects.create(**defaults | fields)
    event.sectors.set(sectors)
    event.groups.set(groups)
    return event


def make_block(event: Event, **fields) -> SessionBlock:
    start = fields.pop("start", None) or event.start + timedelta(hours=1)
    defaults = {"event": event, "title": "Deel 2", "start": start, "end": start + timedelta(minutes=45)}
    return SessionBlock.objects.create(**defaults | fields)


def make_session(block: SessionBlock, **fields) -> ProgrammeItem:
    n = next(_number)
    kind = ProgrammeItem.Kind.SESSION
    return ProgrammeItem.objects.create(
        **{"event": block.event, "block": block, "title": f"Sessie {n}", "kind": kind, "position": n} | fields
    )


def make_registration(event: Event, person: Person | None = None, **fields) -> Registration:
    """Make a bare row, without the verb: for tests that are not about registering."""
    fields = {"status": Registration.Status.CONFIRMED} | fields
    return Registration.objects.create(event=event, person=person or make_member(), **fields)


def make_focal_point(sector: Sector, *, sectors=(), groups=(), organisations=(), **fields) -> FocalPoint:
    """Make a focal point of the sector for 2026, with these partners."""
    n = next(_number)
    point = FocalPoint.objects.create(**{"sector": sector, "year": 2026, "title": f"Speerpunt {n}"} | fields)
    point.partner_sectors.set(sectors)
    point.partner_groups.set(groups)
    point.partner_organisations.set(organisations)
    return point


def make_topic(home: Sector | KnowledgeGroup, **fields) -> TopicProposal:
    """Make a bare proposal on the wish list of a sector or group, without the verb."""
    n = next(_number)
    own = {"sector": home} if isinstance(home, Sector) else {"group": home}
    defaults = {"title": f"Onderwerp {n}", "status": TopicProposal.Status.NEW, "proposed_at": timezone.now()}
    return TopicProposal.objects.create(**own | defaults | fields)


def make_consultation(home: Sector | KnowledgeGroup | Event | None = None, *, is_open: bool = False, **fields):
    """Make a bare set of questions for the people of a home, or the network: a draft, or open without a verb."""
    n = next(_number)
    names = {Sector: ("sector", "for_sector"), KnowledgeGroup: ("group", "for_group"), Event: ("present", "for_event")}
    own = {"audience": "network"}
    if home is not None:
        audience, name = names[type(home)]
        own = {"audience": audience, name: home}
    now = timezone.now()
    defaults = {"title": f"Vragen {n}", "closes_at": now + timedelta(days=14), "opened_at": now if is_open else None}
    return Consultation.objects.create(**own | defaults | fields)


def make_question(consultation: Consultation, *, options: tuple[str, ...] = (), **fields) -> MemberQuestion:
    n = next(_number)
    question = MemberQuestion.objects.create(
        **{"consultation": consultation, "text": f"Vraag {n}?", "position": n} | fields
    )
    for position, text in enumerate(options, 1):
        Option.objects.create(question=question, text=text, position=position)
    return question


def make_document(owner: Owner, *, content: bytes = b"%PDF-1.4 proef", **fields) -> Document:
    """Make a row with its file, without the verb; the test takes documents_folder."""
    n = next(_number)
    own = next(name for name in OWNERS if Document._meta.get_field(name).related_model is type(owner))
    content += str(n).encode()
    defaults = {"title": f"Document {n}", "content_type": "application/pdf", "original_name": f"document-{n}.pdf"}
    document = Document(
        **{own: owner} | defaults | fields, size=len(content), sha256=hashlib.sha256(content).hexdigest()
    )
    document.file.save(document.original_name, ContentFile(content), save=False)
    document.save()
    return document

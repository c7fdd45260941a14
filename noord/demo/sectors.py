"""Sector Overheden and group ICT Noord as the sources describe them, with the demo accounts in their roles."""

from datetime import date

from django.utils import timezone

from events.models import Event
from knowledge_groups.models import GroupMembership, GroupRequest, KnowledgeGroup
from members.models import Organisation, Person
from noord.demo import facts, people
from sectors.models import FocalPoint, Sector, SectorRole, SectorYear

# The year that the source's "this year" means; in the demo its focal points stand with the current year too.
SOURCE_YEAR = 2021
Kind = Organisation.Kind
GOVERNMENT = (Kind.PROVINCE, Kind.MUNICIPALITY, Kind.CONSORTIUM, Kind.NATIONAL_OFFICE, Kind.WATER_AUTHORITY)
GROUP_PARTICIPANTS = range(1, 9)


def load() -> None:
    """Load sectors, roles, year plans, focal points and the group; what is there stays as it is."""
    texts = facts.document("sectors")
    sectors = {row["slug"]: _sector(row) for row in texts["sectors"]}
    for row in texts["roles"]:
        _role(sectors[row["sector"]], people.named(row["person"]), row["role"], date.fromisoformat(row["since"]))
    for email, role in (
        ("voorzitter@noord.example", SectorRole.Role.CHAIR),
        ("programmamanager@noord.example", SectorRole.Role.PROGRAMME_MANAGER),
    ):
        _role(sectors["overheden"], Person.objects.get(email=email), role, people.SINCE)
    group = _group(texts["group"])
    for row in texts["more_groups"]:
        _other_group(row)
    for year in (SOURCE_YEAR, timezone.localdate().year):
        _year(sectors["overheden"], year, texts, group)


def link_meetings() -> None:
    """Tie the meetings of each year to the focal points that they are about, unless somebody tied any."""
    for row in facts.document("sectors")["focal_points"]:
        for point in FocalPoint.objects.filter(title=row["title"], events=None):
            about = Event.objects.filter(title__icontains=row["meetings"], start__year=point.year)
            point.events.set(about.exclude(status=Event.Status.CANCELLED))


def _sector(row: dict) -> Sector:
    defaults = {"name": row["name"], "summary": row["summary"], "text": facts.paragraphs(row["text"])}
    sector, is_new = Sector.objects.get_or_create(slug=row["slug"], defaults=defaults)
    if is_new:
        members = Organisation.objects.members_on()
        if sector.slug == "overheden":
            sector.organisations.set(members.filter(kind__in=GOVERNMENT))
            sector.people.set(
                Person.objects.filter(email__endswith="@noord.example", is_superuser=False).exclude(
                    email__startswith="persoon-"
                )
            )
        else:
            sector.organisations.set(members.filter(kind=Kind.SAFETY_REGION))
    return sector


def _role(sector: Sector, person: Person, role: str, since: date) -> None:
    if not SectorRole.objects.filter(sector=sector, person=person, role=role).exists():
        SectorRole.objects.create(sector=sector, person=person, role=role, start=since)
        sector.people.add(person)


def _group(row: dict) -> KnowledgeGroup:
    defaults = {
        "name": row["name"],
        "summary": row["summary"],
        "text": facts.paragraphs(row["text"]),
        "since_year": row["since_year"],
        # The source only proposes the group; the demo has it active, and its text says so.
        "state": KnowledgeGroup.State.ACTIVE,
        "proposed_on": date.fromisoformat(row["proposed_on"]),
        "started_on": date.fromisoformat(row["started_on"]),
        "decision": row["decision"],
    }
    group, is_new = KnowledgeGroup.objects.get_or_create(slug=row["slug"], defaults=defaults)
    if is_new:
        group.partners.set(Organisation.objects.filter(name__in=row["partners"]))
        lead, since = people.named(row["lead"]), date.fromisoformat(row["lead_since"])
        GroupMembership.objects.create(group=group, person=lead, role=GroupMembership.Role.LEAD, start=since)
        participants = Person.objects.filter(email__in=map(people.participant_email, GROUP_PARTICIPANTS))
        GroupMembership.objects.bulk_create(
            GroupMembership(group=group, person=person, start=people.SINCE) for person in participants
        )
    return group


def _other_group(row: dict) -> None:
    """Load a group that we made up: a closed one with somebody who asks to join, or one that is only proposed."""
    days = {name: date.fromisoformat(row[name]) for name in ("proposed_on", "started_on") if name in row}
    fields = {name: row[name] for name in ("name", "summary", "state", "is_open", "decision") if name in row}
    defaults = {"proposed_on": timezone.localdate(), "text": facts.paragraphs(row["text"]), **fields, **days}
    group, is_new = KnowledgeGroup.objects.get_or_create(slug=row["slug"], defaults=defaults)
    if is_new and "coordinator" in row:
        lead = Person.objects.get(email=row["coordinator"])
        role = GroupMembership.Role.COORDINATOR
        GroupMembership.objects.create(group=group, person=lead, role=role, start=days["started_on"])
        GroupRequest.objects.create(group=group, person=Person.objects.get(email=row["asks"]), text=row["question"])


def _year(sector: Sector, year: int, texts: dict, group: KnowledgeGroup) -> None:
    _, is_new = SectorYear.objects.get_or_create(
        sector=sector, year=year, defaults={"planned_meetings": 8, "target_new_members": 2}
    )
    if not is_new:
        return
    for position, row in enumerate(texts["focal_points"], 1):
        is_over = year == SOURCE_YEAR
        point = FocalPoint.objects.create(
            sector=sector,
            year=year,
            title=row["title"],
            text=row["text"],
            position=position,
            state=FocalPoint.State.DONE if is_over else row["state"],
            result=row.get("result_in_2021", texts["result_in_2021"]) if is_over else "",
        )
        point.partner_sectors.set(Sector.objects.filter(slug__in=row.get("sectors", [])))
        point.partner_organisations.set(Organisation.objects.filter(name__in=row.get("organisations", [])))
        if group.slug in row.get("groups", []):
            group.focal_points.add(point)

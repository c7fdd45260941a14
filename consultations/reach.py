"""Who belongs to an audience today. `home` is the id of its sector, group or meeting, or a reference to one."""

from typing import Any

from django.db.models import Q, QuerySet

from events.models import Registration
from knowledge_groups.models import GroupMembership
from members.models import Organisation, Person, Position
from sectors.models import Sector, SectorRole


def people_of(audience: str, home: Any) -> QuerySet[Person]:
    """Return the people; as a reference `home` reaches two queries up, from what is in here to around this one."""
    match audience:
        case "sector":
            listed = Sector.people.through.objects.filter(sector=home).values("person")
            roles = SectorRole.objects.active_on().filter(sector=home).order_by()
            people = Person.objects.filter(Q(pk__in=listed) | Q(pk__in=roles.values("person")))
        case "group":
            taking_part = GroupMembership.objects.active_on().filter(group=home).order_by()
            people = Person.objects.filter(pk__in=taking_part.values("person"))
        case "present":
            there = Registration.objects.confirmed().filter(event=home, attended_at__isnull=False)
            people = Person.objects.filter(pk__in=there.order_by().values("person"))
        case _network:
            people = Person.objects.members_on()
    return people.filter(is_active=True)


def organisations_of(audience: str, home: Any) -> QuerySet[Organisation]:
    """Return the members that have one voice each: those of the sector, or where the people of the audience work.

    As a reference `home` reaches two queries up for a sector, and four for a group or a meeting.
    """
    members = Organisation.objects.members_on()
    match audience:
        case "network":
            return members
        case "sector":
            listed = Sector.organisations.through.objects.filter(sector=home)
            return members.filter(pk__in=listed.values("organisation"))
    working = Position.objects.active_on().filter(person__in=people_of(audience, home).values("pk"))
    return members.filter(pk__in=working.order_by().values("organisation"))

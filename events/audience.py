"""Whom to invite: what a manager selects, and who of those gets an invitation."""

from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from events.models import Event, Invitation, Registration
from knowledge_groups.models import GroupMembership, KnowledgeGroup
from members.models import MailPreferences, Organisation, Person, Position
from noord.outbox.models import AddressHold
from sectors.models import Sector, SectorRole


@dataclass(frozen=True, slots=True)
class Selection:
    """What was ticked: people are everyone who is in at least one of these. Ids, and e-mail addresses as typed."""

    sectors: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()
    organisations: tuple[int, ...] = ()
    emails: tuple[str, ...] = ()
    everyone: bool = False

    def people(self) -> QuerySet[Person]:
        """Return the people with an account that can still be used, each once."""
        conditions = []
        if self.sectors:
            conditions.append(Q(pk__in=Sector.people.through.objects.filter(sector__in=self.sectors).values("person")))
            roles = SectorRole.objects.active_on().filter(sector__in=self.sectors)
            conditions.append(Q(pk__in=roles.values("person")))
        if self.groups:
            memberships = GroupMembership.objects.active_on().filter(group__in=self.groups)
            conditions.append(Q(pk__in=memberships.values("person")))
        if self.organisations:
            positions = Position.objects.active_on().filter(organisation__in=self.organisations)
            conditions.append(Q(pk__in=positions.values("person")))
        if self.emails:
            conditions.append(Q(email__in=[Person.normalise_email(email) for email in self.emails]))
        if self.everyone:
            conditions.append(Q(pk__in=Position.objects.at_member_on().values("person")))
        if not conditions:
            return Person.objects.none()
        return Person.objects.filter(reduce(or_, conditions), is_active=True).order_by("name", "pk")


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom somebody may select: the sectors, groups and organisations to choose from, and the whole network or not."""

    sectors: QuerySet[Sector]
    groups: QuerySet[KnowledgeGroup]
    organisations: QuerySet[Organisation]
    whole_network: bool

    def __bool__(self) -> bool:
        return self.whole_network or self.sectors.exists() or self.groups.exists()


def reach_of(person: Person, event: Event) -> Reach:
    """Return whom this person may invite to this meeting.

    A manager of the meeting invites anyone of the network; a chair the people of the sectors that he or she chairs
    and that host the meeting. Everybody else reaches nobody.
    """
    if Event.objects.managed_by(person).filter(pk=event.pk).exists():
        return Reach(Sector.objects.all(), KnowledgeGroup.objects.all(), Organisation.objects.members_on(), True)
    chaired = SectorRole.objects.active_on().filter(person=person, role=SectorRole.Role.CHAIR).values("sector")
    return Reach(
        event.sectors.filter(pk__in=chaired), KnowledgeGroup.objects.none(), Organisation.objects.none(), False
    )


@dataclass(slots=True)
class Preview:
    """Who gets an invitation, and the names of those who do not, by the reason."""

    invited: list[Person] = field(default_factory=list)
    left_out: dict[str, list[str]] = field(default_factory=dict)

    @property
    def left_out_count(self) -> int:
        return sum(len(names) for names in self.left_out.values())


def preview(event: Event, selection: Selection) -> Preview:
    """Return who would get an invitation now, and who not with the reason (6 queries whatever the number)."""
    people = list(selection.people().only("pk", "name", "email"))
    invited = set(Invitation.objects.filter(event=event).values_list("person", flat=True))
    registered = dict(Registration.objects.filter(event=event).values_list("person", "status"))
    unwilling = set(MailPreferences.objects.filter(invitations=False).values_list("person", flat=True))
    held = set(AddressHold.objects.values_list("email", flat=True))
    result = Preview()
    known = set()
    for person in people:
        known.add(person.email)
        reason = ""
        if not person.email:
            reason = _("no e-mail address")
        elif registered.get(person.pk) == Registration.Status.CANCELLED:
            reason = _("cancelled before")
        elif person.pk in registered:
            reason = _("registered already")
        elif person.pk in invited:
            reason = _("invited already")
        elif person.pk in unwilling:
            reason = _("does not want invitations")
        elif person.email in held:
            reason = _("address is on hold")
        if reason:
            result.left_out.setdefault(reason, []).append(str(person))
        else:
            result.invited.append(person)
    unknown = [email for email in selection.emails if Person.normalise_email(email) not in known]
    if unknown:
        result.left_out[_("nobody with this address")] = unknown
    return result

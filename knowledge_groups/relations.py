"""What the knowledge groups tell about an organisation: who of it takes part."""

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from knowledge_groups.models import GroupMembership, KnowledgeGroup
from members.models import Organisation, Person
from members.periods import active_on
from members.relations import Fact, Moment, tells_facts, tells_moments


@tells_facts
def groups(organisation: Organisation, viewer: Person) -> list[Fact]:
    """Tell how many people of the organisation take part in which group today."""
    working = organisation.positions.active_on().values("person")
    found = (
        KnowledgeGroup.objects.filter(active_on(prefix="memberships__"), memberships__person__in=working)
        .annotate(people=Count("memberships"))
        .order_by("name")
    )
    values = [
        (
            ngettext("%(name)s (%(n)s person)", "%(name)s (%(n)s people)", group.people)
            % {"name": group.name, "n": group.people},
            group.get_absolute_url(),
        )
        for group in found
    ]
    return [Fact(_("Knowledge groups"), values or [(_("Nobody takes part in a knowledge group"), "")])]


@tells_moments
def joined(organisation: Organisation, viewer: Person, enough: int) -> list[Moment]:
    """Tell who of the people who work here now joined a group."""
    working = organisation.positions.active_on().values("person")
    found = GroupMembership.objects.filter(person__in=working).select_related("person", "group").order_by("-start")
    return [
        Moment(
            day=membership.start,
            kind=_("Knowledge group"),
            title=_("%(name)s joins %(group)s") % {"name": membership.person, "group": membership.group},
            text=membership.get_role_display(),
            url=reverse("knowledge_groups:group", args=[membership.group.slug]),
        )
        for membership in found[:enough]
    ]

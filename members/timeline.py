"""What this app itself tells in the timeline of an organisation: contact, memberships, positions."""

from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _

from members.models import Organisation, Person
from members.relations import Moment, tells_moments


@tells_moments
def contact_moments(organisation: Organisation, viewer: Person, enough: int) -> list[Moment]:
    if not viewer.has_perm("members.view_contactmoment"):
        return []
    moments = organisation.contact_moments.select_related("person", "by")[:enough]
    return [
        Moment(
            day=moment.happened_on,
            kind=moment.get_kind_display(),
            title=_("Contact with %(name)s") % {"name": moment.person} if moment.person else _("Contact"),
            text=moment.note,
            url=reverse("admin:members_contactmoment_change", args=[moment.pk]),
            contact=moment,
        )
        for moment in moments
    ]


@tells_moments
def memberships(organisation: Organisation, viewer: Person, enough: int) -> list[Moment]:
    if not viewer.has_perm("members.view_membership"):
        return []
    moments = []
    for membership in organisation.memberships.all():
        moments.append(Moment(membership.start, _("Membership"), _("Becomes a member")))
        if membership.end:
            moments.append(Moment(membership.end, _("Membership"), _("Last day as a member")))
    return moments


@tells_moments
def positions(organisation: Organisation, viewer: Person, enough: int) -> list[Moment]:
    if not viewer.has_perm("members.view_position"):
        return []
    newest = Coalesce("end", "start")  # a period never ends before it starts
    moments = []
    for position in organisation.positions.select_related("person", "role").order_by(newest.desc(), "-pk")[:enough]:
        name, url = {"name": position.person}, reverse("admin:members_person_change", args=[position.person_id])
        what = ", ".join(filter(None, [position.title, position.role and position.role.name]))
        begin = Moment(position.start, _("Position"), _("%(name)s starts here") % name, what, url)
        moments.append(begin)
        if position.end:
            moments.append(Moment(position.end, _("Position"), _("%(name)s leaves") % name, what, url))
    return moments

"""The rights in the administration that follow a dated role: nobody sets a flag when it begins or ends."""

from django.contrib.auth.backends import BaseBackend
from django.db.models import QuerySet
from django.utils import timezone

from sectors.models import Sector, SectorRole

_LOOK = ("view",)
_WORK = ("view", "add", "change", "delete")
_KEEP = ("view", "add", "change")
_SHEETS = ("import", "export")
# What a programme manager may do: to her sectors' pages, meetings and registrations, and to the relations of all.
# ScopedAdmin.within() says which of them.
_PROGRAMME_MANAGER = {
    "sectors.sector": ("view", "change"),
    "sectors.sectoryear": _WORK,
    "sectors.sectorrole": _LOOK,
    "sectors.focalpoint": _WORK,
    "knowledge_groups.knowledgegroup": _LOOK,
    "knowledge_groups.groupmembership": _LOOK,
    "events.event": _WORK,
    "events.sessionblock": _WORK,
    "events.programmeitem": _WORK,
    "events.speaker": _WORK,
    "events.registration": _KEEP,
    "events.schoolholiday": _LOOK,
    "events.topicproposal": _LOOK,
    "consultations.consultation": _LOOK,
    "documents.document": ("view", "change", "delete"),
    "members.organisation": _KEEP + _SHEETS,
    "members.emaildomain": _LOOK,
    "members.membership": _KEEP,
    "members.person": _KEEP + _SHEETS,
    "members.position": _KEEP,
    "members.role": _LOOK,
    "members.membershiprequest": ("view", "change"),
    "members.contactmoment": _WORK,
}
PROGRAMME_MANAGER = frozenset(
    f"{label.partition('.')[0]}.{action}_{label.partition('.')[2]}"
    for label, actions in _PROGRAMME_MANAGER.items()
    for action in actions
)


def managed_sectors(person) -> QuerySet[Sector]:
    """Return the sectors of which the person is programme manager today, both ends of the period included."""
    roles = SectorRole.objects.active_on().filter(person=person, role=SectorRole.Role.PROGRAMME_MANAGER)
    return Sector.objects.filter(pk__in=roles.values("sector"))


class RoleBackend(BaseBackend):
    """Gives rights, logs nobody in."""

    def get_user_permissions(self, user_obj, obj=None) -> frozenset[str]:
        if not user_obj.is_active or user_obj.is_anonymous:
            return frozenset()
        today = timezone.localdate()
        known = getattr(user_obj, "_rights_by_role", None)
        if known is None or known[0] != today:  # asked once per request: a person is loaded anew for each
            known = user_obj._rights_by_role = today, managed_sectors(user_obj).exists()
        return PROGRAMME_MANAGER if known[1] else frozenset()

    def get_all_permissions(self, user_obj, obj=None) -> frozenset[str]:
        return self.get_user_permissions(user_obj)

    def has_module_perms(self, user_obj, app_label: str) -> bool:
        return any(right.startswith(f"{app_label}.") for right in self.get_user_permissions(user_obj))

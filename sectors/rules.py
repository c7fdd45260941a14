"""Who may put themself on the list of a sector."""

from django.utils.translation import gettext as _

from members.models import Person
from noord.domain import YES, Decision, no


def may_join_list(person: Person, *, works_at_member: bool | None = None) -> Decision:
    """May the person go on the list of a sector? Everybody who works at a member may; leaving is always free.

    `works_at_member` is the answer of who asked that already (SectorQuerySet.with_reader).
    """
    if works_at_member is None:
        works_at_member = Person.objects.members_on().filter(pk=person.pk).exists()
    if works_at_member:
        return YES
    return no(
        _("Only people who work at a member can follow a sector. Ask us how your organisation becomes a member.")
    )

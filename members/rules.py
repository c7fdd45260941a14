"""What is allowed, with the sentence for when it is not."""

from datetime import date

from django.utils.translation import gettext_lazy as _

from members.models import Membership, Organisation, Person
from noord.domain import YES, Decision, no

NOT_A_COLLEAGUE = _("We can only register people of your own organisation. Use the colleague's work address.")
NEWCOMERS_A_DAY = 20  # whom one person may bring in
TOO_MANY_NEWCOMERS = _("You brought in 20 new colleagues today. You can bring in more tomorrow.")
OVERLAP = _("This organisation already is a member in that period. End the other membership first.")
ENDS_TOO_EARLY = _("The last day cannot be before the first day.")


def overlap(start: date, end: date | None, other_start: date, other_end: date | None) -> bool:
    """Tell whether two periods share a day; a period without an end goes on for ever."""
    return start <= (other_end or date.max) and other_start <= (end or date.max)


def may_hold_membership(
    organisation: Organisation, start: date, end: date | None, *, instead_of: Membership | None = None
) -> Decision:
    """Answer whether the organisation can be a member from start up to and including end."""
    if end is not None and end < start:
        return no(ENDS_TOO_EARLY)
    others = organisation.memberships.exclude(pk=instead_of.pk if instead_of else None)
    if any(overlap(start, end, other.start, other.end) for other in others):
        return no(OVERLAP)
    return YES


def may_add_colleague(organisation: Organisation, by: Person) -> Decision:
    """Answer whether this person speaks for the organisation today."""
    if by.positions.active_on().filter(organisation=organisation).exists():
        return YES
    return no(NOT_A_COLLEAGUE)


def member_organisation_of(email: str | None) -> Organisation | None:
    """Return the organisation that owns the address's domain, when it is a member today."""
    if not email:
        return None
    return Organisation.objects.members_on().with_email_domain(email).first()

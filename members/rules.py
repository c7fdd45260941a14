"""What is allowed, with the sentence for when it is not."""

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models import ContactMoment, Membership, Organisation, Person
from noord.domain import YES, Decision, no

NOT_A_COLLEAGUE = _("We can only register people of your own organisation. Use the colleague's work address.")
NEWCOMERS_A_DAY = 20  # whom one person may bring in
TOO_MANY_NEWCOMERS = _("You brought in 20 new colleagues today. You can bring in more tomorrow.")
OVERLAP = _("This organisation already is a member in that period. End the other membership first.")
IS_MEMBER = _("This organisation is a member already, so it cannot be a prospective member.")
NO_SUCH_STAGE = _("Choose one of the stages.")
NOT_YET = _("This day is still to come. Fill in the day on which you had contact.")
STEP_WITHOUT_DAY = _("Fill in on which day you take the next step.")
DAY_WITHOUT_STEP = _("Fill in what the next step is, or leave out its day.")
STEP_TOO_EARLY = _("The next step cannot be before the day of the contact.")
NOT_OF_ORGANISATION = _("This person does not work at this organisation. Choose somebody who does.")
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


def may_be_prospect(organisation: Organisation, stage: str) -> Decision:
    """Answer whether the organisation can be a prospective member at this stage: not while it is a member."""
    if stage not in Organisation.Stage.values:
        return no(NO_SUCH_STAGE)
    if organisation.memberships.active_on().exists():
        return no(IS_MEMBER)
    return YES


def chance_of(stage: str) -> int:
    """Return how many in a hundred prospective members at this stage become a member, as we reckon.

    Rules of thumb, to add up a forecast: nobody's decision hangs on them.
    """
    chances = {Organisation.Stage.TALKED: 30, Organisation.Stage.GUEST: 60, Organisation.Stage.DECIDED: 90}
    return chances.get(stage, 10)


def faults_of(moment: ContactMoment) -> dict[str, str]:
    """Return what cannot be right about a contact moment: a sentence for each field, nothing when all is well."""
    faults = {}
    if moment.happened_on > timezone.localdate():
        faults["happened_on"] = NOT_YET
    if moment.next_step and moment.next_on is None:
        faults["next_on"] = STEP_WITHOUT_DAY
    elif moment.next_on and not moment.next_step:
        faults["next_step"] = DAY_WITHOUT_STEP
    elif moment.next_on and moment.next_on < moment.happened_on:
        faults["next_on"] = STEP_TOO_EARLY
    if moment.person and not moment.person.positions.filter(organisation=moment.organisation_id).exists():
        faults["person"] = NOT_OF_ORGANISATION
    return faults


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

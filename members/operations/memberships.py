"""Who is a member, who may become one, and who asked for it."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from members import rules
from members.models import Membership, MembershipRequest, Organisation, Person


@transaction.atomic
def start_membership(*, organisation: Organisation, start: date, end: date | None = None) -> Membership:
    """Make the organisation a member from the first day up to and including the last.

    A prospective member is none any more, unless the period is over already. Raises DomainError when it is a member
    on one of those days already.
    """
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)  # one membership at a time
    rules.may_hold_membership(organisation, start, end).require()
    membership = Membership.objects.create(organisation=organisation, start=start, end=end)
    end_prospect_by(membership=membership)
    return membership


@transaction.atomic
def end_membership(*, membership: Membership, end: date) -> Membership:
    """Let the membership end with this day; a last day that was already set can move.

    Raises DomainError when the day is before the first, or another membership has begun by then.
    """
    organisation = Organisation.objects.select_for_update().get(pk=membership.organisation_id)
    membership = Membership.objects.select_for_update().get(pk=membership.pk)
    rules.may_hold_membership(organisation, membership.start, end, instead_of=membership).require()
    membership.end = end
    membership.save(update_fields=["end"])
    return membership


@transaction.atomic
def move_prospect(*, organisation: Organisation, stage: str) -> Organisation:
    """Put a prospective member at this stage; an organisation that was none becomes one today.

    Raises DomainError when it is a member already, or when there is no such stage.
    """
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    rules.may_be_prospect(organisation, stage).require()
    organisation.prospect_since = organisation.prospect_since or timezone.localdate()
    organisation.prospect_stage = stage
    organisation.save(update_fields=["prospect_since", "prospect_stage"])
    return organisation


def end_prospect_by(*, membership: Membership) -> None:
    """End the prospect with a membership of today or later; a period of the past is history that was filled in."""
    if membership.end is None or membership.end >= timezone.localdate():
        end_prospect(organisation=membership.organisation)


def end_prospect(*, organisation: Organisation) -> Organisation:
    """Note that the organisation is no prospective member: it became a member, or it will not. Harmless twice."""
    organisation.prospect_since, organisation.prospect_stage, organisation.expected_on = None, "", None
    organisation.save(update_fields=["prospect_since", "prospect_stage", "expected_on"])
    return organisation


@transaction.atomic
def request_membership(
    *, email: str, name: str = "", organisation_name: str = "", message: str = ""
) -> MembershipRequest:
    """Leave a request for the relation manager; one open request per address, filled in further when asked again."""
    request, _ = MembershipRequest.objects.get_or_create(email=Person.normalise_email(email), handled_at=None)
    given = {"name": name, "organisation_name": organisation_name, "message": message}
    for field, value in given.items():
        if value:
            setattr(request, field, value)
    request.save(update_fields=list(given))
    return request


def handle_request(*, request: MembershipRequest) -> MembershipRequest:
    """Note that the relation manager has dealt with the request; the first time counts."""
    MembershipRequest.objects.filter(pk=request.pk, handled_at=None).update(handled_at=timezone.now())
    request.refresh_from_db()
    return request

"""What was said to an organisation, and what is to follow."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from members import rules
from members.models import ContactMoment, Organisation, Person
from noord.domain import DomainError


def record_contact(
    *,
    organisation: Organisation,
    by: Person,
    kind: str,
    happened_on: date | None = None,
    person: Person | None = None,
    note: str = "",
    next_step: str = "",
    next_on: date | None = None,
) -> ContactMoment:
    """Write down a contact with the organisation (default: today); a next step is for who wrote it down.

    Raises DomainError when the dates or the person cannot be right.
    """
    moment = ContactMoment(
        organisation=organisation,
        by=by,
        kind=kind,
        happened_on=happened_on or timezone.localdate(),
        person=person,
        note=note.strip(),
        next_step=next_step.strip(),
        next_on=next_on,
    )
    for fault in rules.faults_of(moment).values():
        raise DomainError(fault)
    moment.save()
    return moment


@transaction.atomic
def finish_step(*, moment: ContactMoment) -> ContactMoment:
    """Note that the next step is taken; the first time counts, and a moment without a step stays as it is."""
    moment = ContactMoment.objects.select_for_update().get(pk=moment.pk)
    if moment.is_open:
        moment.next_done_at = timezone.now()
        moment.save(update_fields=["next_done_at"])
    return moment

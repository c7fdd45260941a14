"""Who works where, and since when."""

from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from members import rules
from members.models import Organisation, Person, Position, Role
from noord.domain import DomainError


@transaction.atomic
def start_position(
    *,
    person: Person,
    organisation: Organisation,
    title: str = "",
    role: Role | None = None,
    start: date | None = None,
    is_main_contact: bool = False,
) -> Position:
    """Let the person work at the organisation from the day on (default: today); once, whoever asks it twice.

    Who works there already gets one more position for a role that this person does not have there.
    """
    start = start or timezone.localdate()
    Person.objects.select_for_update().get(pk=person.pk)  # two requests at once make one position
    present = _not_ended(person, organisation, start)
    position = (present.filter(role=role) if role else present).first()
    if position:
        return position
    return Position.objects.create(
        person=person,
        organisation=organisation,
        title=title,
        role=role,
        start=start,
        is_main_contact=is_main_contact,
    )


@transaction.atomic
def end_position(*, position: Position, end: date | None = None) -> Position:
    """Let the position end with this day (default: today); the row stays, as history.

    Raises DomainError when the day is before the first.
    """
    position = Position.objects.select_for_update().get(pk=position.pk)
    end = end or timezone.localdate()
    if end < position.start:
        raise DomainError(rules.ENDS_TOO_EARLY)
    position.end = end
    position.save(update_fields=["end"])
    return position


@transaction.atomic
def move_to(*, person: Person, organisation: Organisation, title: str = "", start: date | None = None) -> Position:
    """Change of employer: the positions elsewhere end the day before, and one here begins."""
    start = start or timezone.localdate()
    Person.objects.select_for_update().get(pk=person.pk)
    leave(person.positions.active_on(start).exclude(organisation=organisation), start)
    return start_position(person=person, organisation=organisation, title=title, start=start)


def leave(positions, day: date) -> None:
    """End the positions the day before; one that began that same day lasts that day."""
    for position in positions.select_for_update():
        position.end = max(position.start, day - timedelta(days=1))
        position.save(update_fields=["end"])


def _not_ended(person: Person, organisation: Organisation, day: date):
    """Return the person's positions at the organisation that hold on the day or begin later."""
    return person.positions.filter(Q(end=None) | Q(end__gte=day), organisation=organisation)

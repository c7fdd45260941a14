"""The list of who comes to a meeting: one question for the page, the door, the badges and the exports."""

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from events.models import Event, Registration, SessionChoice
from members.models import Position


def with_people(registrations: QuerySet[Registration]) -> QuerySet[Registration]:
    """Load the person of each with the organisation, and the place in line (1 query more)."""
    positions = Position.objects.active_on().select_related("organisation").order_by("-is_main_contact", "-start")
    return (
        registrations.with_place()
        .select_related("person")
        .prefetch_related(Prefetch("person__positions", queryset=positions, to_attr="current_positions"))
    )


def with_sessions(registrations: QuerySet[Registration]) -> QuerySet[Registration]:
    """Load the sessions of each, in the order of the day (1 query more)."""
    choices = SessionChoice.objects.select_related("first", "seat", "block").order_by("block__start", "pk")
    return registrations.prefetch_related(Prefetch("choices", queryset=choices))


def managers_list(event: Event) -> QuerySet[Registration]:
    """Return who comes and who waits, as the managers see it: everybody, in the order of the list (3 queries)."""
    return with_sessions(with_people(event.registrations.current())).order_by("status", "queued_at", "pk")


def organisation_of(registration: Registration) -> str:
    """Return the name of the person's organisation; needs with_people()."""
    positions = registration.person.current_positions
    return positions[0].organisation.name if positions else ""


def seats_in(registration: Registration) -> list[str]:
    """Return the titles of the sessions in which the person has a seat; needs with_sessions()."""
    return [choice.seat.title for choice in registration.choices.all() if choice.seat]


def session_text(choice: SessionChoice) -> str:
    """Return the session with a seat, or the first choice as one that the person waits for."""
    return choice.seat.title if choice.seat else f"{choice.first.title} ({_('waiting list')})"

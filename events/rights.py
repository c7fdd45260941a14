"""Who manages a meeting: by a role at a host, or by rights that were given by hand."""

from events.models import Event
from noord.administration.rights import reaches_everything


def manages_every_meeting(person) -> bool:
    """Tell whether somebody of the office manages all meetings, by rights given by hand.

    Asked apart from the questions about meetings: those are prepared, and know of a person the key alone. For who has
    no account of the office it costs nothing.
    """
    return person.is_staff and all(
        reaches_everything(person, right) for right in ("events.change_event", "events.change_registration")
    )


def manages(person, event: Event) -> bool:
    """Tell whether the person manages this meeting (1 query, 2 for somebody of the office)."""
    return manages_every_meeting(person) or Event.objects.managed_by(person).filter(pk=event.pk).exists()

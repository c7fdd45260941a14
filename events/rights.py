"""Whose rights over meetings follow from no role at a host."""

from noord.administration.rights import reaches_everything


def manages_every_meeting(person) -> bool:
    """Tell whether somebody of the office manages all meetings, by rights given by hand.

    Asked apart from the questions about meetings: those are prepared, and know of a person the key alone. For who has
    no account of the office it costs nothing.
    """
    return person.is_staff and all(
        reaches_everything(person, right) for right in ("events.change_event", "events.change_registration")
    )

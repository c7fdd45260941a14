from events.models.event import Event, new_uid
from events.models.programme import ProgrammeItem, SessionBlock, Speaker
from events.models.registration import CalendarFeed, Registration, SessionChoice

__all__ = [
    "CalendarFeed",
    "Event",
    "ProgrammeItem",
    "Registration",
    "SessionBlock",
    "SessionChoice",
    "Speaker",
    "new_uid",
]

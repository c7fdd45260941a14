from events.models.event import Event, new_uid
from events.models.holidays import SchoolHoliday
from events.models.invitation import CalendarReply, ChangeNotice, Invitation, InvitationRound
from events.models.programme import ProgrammeItem, SessionBlock, Speaker
from events.models.registration import CalendarFeed, Registration, RegistrationReason, SessionChoice
from events.models.topics import TopicInput, TopicPresenter, TopicProposal, TopicStep, TopicSupport

__all__ = [
    "CalendarFeed",
    "CalendarReply",
    "ChangeNotice",
    "Event",
    "Invitation",
    "InvitationRound",
    "ProgrammeItem",
    "Registration",
    "RegistrationReason",
    "SchoolHoliday",
    "SessionBlock",
    "SessionChoice",
    "Speaker",
    "TopicInput",
    "TopicPresenter",
    "TopicProposal",
    "TopicStep",
    "TopicSupport",
    "new_uid",
]

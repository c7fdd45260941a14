from members.models.contact import ContactMoment, MembershipRequest
from members.models.merging import Duplicate, Merge
from members.models.organisation import EmailDomain, Membership, Organisation
from members.models.person import MailPreferences, Person, PersonManager, Position, Role

__all__ = [
    "ContactMoment",
    "Duplicate",
    "EmailDomain",
    "MailPreferences",
    "Membership",
    "MembershipRequest",
    "Merge",
    "Organisation",
    "Person",
    "PersonManager",
    "Position",
    "Role",
]

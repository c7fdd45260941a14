"""What a file of organisations or people may say, how its rows find theirs, and what an export holds."""

from members.resources.organisations import OrganisationResource
from members.resources.people import PersonResource

__all__ = ["OrganisationResource", "PersonResource"]

"""Who manages every meeting of the network, whoever hosts it.

The questions about meetings start from it (events/querysets.py), so what somebody manages in the administration is
there on the site too: in the agenda and the feeds, on its page, to register for and to invite people to.
"""

from noord.administration.rights import reaches_everything

# The meeting and who comes to it: whoever has only one of the two manages no meeting.
MANAGING = ("events.change_event", "events.change_registration")


def manages_every_meeting(person) -> bool:
    """Tell whether the person manages all meetings: a superuser, or by rights that were given by hand."""
    return all(reaches_everything(person, right) for right in MANAGING)

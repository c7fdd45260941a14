"""What is kept no longer than it is needed."""

from datetime import datetime, timedelta

from events.models import Registration

# A late bill for the lunch can still be checked; after that nobody needs to know what somebody eats (AVG art. 9).
DIETARY_WISHES = timedelta(days=7)


def forget_dietary_wishes(*, now: datetime) -> int:
    """Empty the dietary wishes of meetings that ended a week ago or longer; return how many."""
    ended = Registration.objects.exclude(dietary_wish="").filter(event__end__lte=now - DIETARY_WISHES)
    return ended.update(dietary_wish="")

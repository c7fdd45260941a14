from events.models import Event
from noord.prepared import Prepared

LOCKED = Prepared(lambda event: Event.objects.select_for_update(of=("self",)).filter(pk=event))


def lock_event(event_id: int) -> Event:
    """Lock the meeting's row until the transaction ends and return it fresh: seats are handed out one at a time.

    Raises Event.DoesNotExist. On SQLite the transaction itself is the lock (IMMEDIATE, see settings).
    """
    event = LOCKED.first(event=event_id)
    if event is None:
        raise Event.DoesNotExist
    return event

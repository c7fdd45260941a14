from events.models import Event


def lock_event(event_id: int) -> Event:
    """Lock the meeting's row until the transaction ends and return it fresh: seats are handed out one at a time.

    Raises Event.DoesNotExist. On SQLite the transaction itself is the lock (IMMEDIATE, see settings).
    """
    return Event.objects.select_for_update(of=("self",)).get(pk=event_id)

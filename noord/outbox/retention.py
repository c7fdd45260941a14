from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from noord.outbox.models import Mail


def forget_finished() -> int:
    """Delete what was sent, given up, dropped or put on hold more than OUTBOX_KEEP_DAYS ago; return how many.

    With the row goes its key: who queues something under the same key after that sends it again.
    """
    keep = timedelta(days=settings.OUTBOX_KEEP_DAYS)
    return Mail.objects.finished_before(timezone.now() - keep).delete()[0]

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from noord.outbox.models import Mail


def forget_finished() -> int:
    """Delete what was sent, given up or dropped more than OUTBOX_KEEP_DAYS ago; return how many.

    With the row goes its key: who queues something under the same key after that sends it again.
    """
    keep = timedelta(days=getattr(settings, "OUTBOX_KEEP_DAYS", 90))
    return Mail.objects.finished_before(timezone.now() - keep).delete()[0]

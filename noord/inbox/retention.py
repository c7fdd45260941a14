from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from noord.inbox.models import IncomingMessage


def forget_finished() -> int:
    """Wipe the text of what was done with more than INBOX_KEEP_DAYS ago; return of how many.

    After OUTBOX_KEEP_DAYS, when the mail that it answers is gone too, the row goes.
    """
    now = timezone.now()
    IncomingMessage.objects.finished_before(now - timedelta(days=settings.OUTBOX_KEEP_DAYS)).delete()
    old = IncomingMessage.objects.finished_before(now - timedelta(days=settings.INBOX_KEEP_DAYS))
    return old.exclude(raw=b"").update(raw=b"")


def forget_sender(*, email: str) -> int:
    """Delete every message from this address, because its owner is forgotten; return how many."""
    return IncomingMessage.objects.filter(sender=email.strip().lower()).delete()[0]

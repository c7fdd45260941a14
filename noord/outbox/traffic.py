"""What goes through the outbox, in numbers."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import Count, Min
from django.utils import timezone

from noord.outbox.claiming import sent_last_minute
from noord.outbox.models import Mail

LATE = timedelta(minutes=15)
RECENT = 30  # meetings to choose from


@dataclass(frozen=True, slots=True)
class Traffic:
    """`late` are those that should have left LATE ago; `oldest` is the one of all that are due that waits longest."""

    states: dict[Mail.Status, int]
    late: int
    oldest: Mail | None
    last_minute: int
    per_minute: int


def traffic(about: str = "") -> Traffic:
    """Return the numbers of all mail, or of what is about one thing; how many leave per minute is of all mail."""
    now = timezone.now()
    mails = Mail.objects.filter(about=about) if about else Mail.objects.all()
    counts = dict(mails.order_by().values_list("status").annotate(Count("pk")))
    due = mails.due(now)
    return Traffic(
        states={status: counts.get(status, 0) for status in Mail.Status},
        late=due.filter(next_attempt_at__lt=now - LATE).count(),
        oldest=due.order_by("next_attempt_at", "pk").first(),
        last_minute=sent_last_minute(now),
        per_minute=settings.OUTBOX_PER_MINUTE,
    )


def recent_abouts() -> list[str]:
    """Return what the newest mails are about, the newest first."""
    mails = Mail.objects.exclude(about="").values("about").annotate(first=Min("pk")).order_by("-first")
    return list(mails.values_list("about", flat=True)[:RECENT])

"""/gezond/: for the container's health check, the load balancer and whoever keeps watch."""

from collections.abc import Callable
from datetime import timedelta

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.models import Min
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.backoff import NoBackoff
from redis.retry import Retry

from noord.outbox.models import Mail

# Mail that is due leaves within a minute. A mail server that is down moves the next attempt, so it makes no lag:
# due for this long means that no worker is at work.
LAG_LIMIT = timedelta(minutes=15)


class Down(Exception):
    """This part does not do its work. What exactly is wrong is for the log, not for strangers."""


def database() -> str:
    """Raise DatabaseError when the database does not answer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def broker() -> str:
    """Raise RedisError when the broker does not answer within half a second."""
    if not settings.REDIS_URL:
        return "in process"
    with redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=0.5, retry=Retry(NoBackoff(), 0)
    ) as client:
        client.ping()
    return "ok"


def outbox() -> str:
    """Return how long the oldest mail that is due has been waiting, in whole seconds.

    Raises Down when that is longer than LAG_LIMIT.
    """
    now = timezone.now()
    waiting = Mail.objects.filter(status__in=[Mail.Status.QUEUED, Mail.Status.RETRY], next_attempt_at__lte=now)
    waiting = waiting.filter(is_bulk=False)  # many invitations may take an hour, when a limit per minute is set
    oldest = waiting.aggregate(oldest=Min("next_attempt_at"))["oldest"]
    lag = now - oldest if oldest else timedelta()
    if lag > LAG_LIMIT:
        raise Down
    return f"{int(lag.total_seconds())} s"


CHECKS: dict[str, Callable[[], str]] = {"database": database, "broker": broker, "outbox": outbox}


@login_not_required
@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Answer 200 with each part's state, or 503 naming the parts that are down."""
    parts = {}
    for name, check in CHECKS.items():
        try:
            parts[name] = "not known" if name == "outbox" and parts["database"] == "down" else check()
        except (DatabaseError, redis.RedisError, Down):
            parts[name] = "down"
    down = [name for name, state in parts.items() if state == "down"]
    return JsonResponse({"down": down, **parts}, status=503 if down else 200)

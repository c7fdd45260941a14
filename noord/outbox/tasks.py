import logging
import time

from celery import Task, shared_task
from django.core.cache import cache

from noord.outbox import retention, sending

logger = logging.getLogger(__name__)

BROKER_PAUSE = 5.0  # seconds in which a process does not ask again for a broker that did not answer
LIMIT_PAUSE = 5  # seconds between two looks when OUTBOX_PER_MINUTE allows no more
_silent_until: dict[str, float] = {}  # by the broker's address; each process learns for itself
TOGETHER = 1.0  # seconds: of more wakes than one in this time, the second looks at its end for all that follow
_asked_at: dict[str, float] = {}
_covered_until: dict[str, float] = {}  # until then a look is coming that finds this mail too


@shared_task(bind=True)
def send_outbox(self: Task) -> None:
    """Send what is due: the sweep of every minute, and what wake() asks for."""
    is_limited = sending.send_due(more=None if self.request.is_eager else wake)
    # One look for all workers together: else each sweep would begin a chain of its own.
    if is_limited and not self.request.is_eager and cache.add("outbox:look-again", True, timeout=LIMIT_PAUSE):
        send_outbox.apply_async(countdown=LIMIT_PAUSE, retry=False)


@shared_task
def forget_sent() -> None:
    """Delete rows that are done with; once a day."""
    retention.forget_finished()


def wake() -> None:
    """Ask for a worker now. Never raises: the mail is in the database, and the sweep finds it there.

    A broker that hangs costs one request its time-out, not each. When hundreds register in a minute, most of them need
    not ask: a worker looks at the end of this second. Without a broker the task runs here, in the process; what goes
    wrong in it is only logged too.
    """
    conf, now = send_outbox.app.conf, time.monotonic()
    countdown = None
    if not conf.task_always_eager:
        if now < max(_silent_until.get(conf.broker_url, 0), _covered_until.get(conf.broker_url, 0)):
            return
        if now - _asked_at.get(conf.broker_url, -TOGETHER) < TOGETHER:
            countdown = TOGETHER
            _covered_until[conf.broker_url] = now + TOGETHER
        _asked_at[conf.broker_url] = now
    try:
        result = send_outbox.apply_async(retry=False, countdown=countdown)
        if conf.task_always_eager and result.failed():
            logger.error("Mail stays in the outbox: sending failed with %s", type(result.result).__name__)
    except Exception as error:
        _silent_until[conf.broker_url] = time.monotonic() + BROKER_PAUSE
        _covered_until.pop(conf.broker_url, None)
        logger.warning("Mail waits for the sweep: the broker cannot be reached (%s)", type(error).__name__)

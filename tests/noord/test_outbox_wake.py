import pytest

from noord import celery_app
from noord.outbox import tasks

pytestmark = [pytest.mark.redis, pytest.mark.usefixtures("real_broker")]


def waiting() -> int:
    """Return how many messages lie in the queue."""
    with celery_app.connection_for_write() as broker:
        return broker.default_channel.queue_declare(celery_app.conf.task_default_queue).message_count


@pytest.fixture(autouse=True)
def _nobody_asked_yet():
    for known in (tasks._asked_at, tasks._covered_until, tasks._silent_until):
        known.clear()


def test_first_wake_asks_at_once_and_a_rush_asks_once_more_for_all():
    for _ in range(50):
        tasks.wake()
    assert waiting() == 2


def test_wake_after_the_rush_asks_again():
    tasks.wake()
    tasks.wake()
    for known in (tasks._asked_at, tasks._covered_until):  # the monotonic clock cannot be frozen: that was long ago
        for broker in known:
            known[broker] -= 3 * tasks.TOGETHER
    tasks.wake()
    assert waiting() == 3

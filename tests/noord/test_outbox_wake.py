import pytest
from celery.signals import before_task_publish

from noord.outbox import tasks

pytestmark = [pytest.mark.redis, pytest.mark.usefixtures("real_broker")]


@pytest.fixture
def asked():
    """What goes to the broker, in order: does it ask to look at once, or later?"""
    for known in (tasks._asked_at, tasks._covered_until, tasks._silent_until):
        known.clear()
    sent = []

    def note(headers: dict, **_rest) -> None:
        sent.append("later" if headers["eta"] else "at once")

    before_task_publish.connect(note)
    yield sent
    before_task_publish.disconnect(note)


def test_first_wake_asks_at_once_and_a_rush_asks_once_more_for_all(asked):
    for _ in range(50):
        tasks.wake()
    assert asked == ["at once", "later"]


def test_wake_after_the_rush_asks_at_once_again(asked):
    tasks.wake()
    tasks.wake()
    for known in (tasks._asked_at, tasks._covered_until):  # the monotonic clock cannot be frozen: that was long ago
        for broker in known:
            known[broker] -= 3 * tasks.TOGETHER
    tasks.wake()
    assert asked == ["at once", "later", "at once"]

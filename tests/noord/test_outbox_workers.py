"""Nothing lost, nothing twice: real workers, two at once, while Redis is emptied and they themselves are killed."""

import os
import signal
import subprocess
from datetime import timedelta

import redis
from django.db.models import Max
from django.utils import timezone

from noord.outbox.models import Mail
from tests.conftest import MailServer
from tests.noord.outbox_workers import (
    LEASE,
    NEEDS_WORKERS,
    ONE_WORKER,
    Broker,
    Start,
    all_sent,
    arrived,
    message_ids,
    once,
    queue,
    queue_quietly,
    sweep_until_sent,
    tree,
    wait_for,
)

pytestmark = NEEDS_WORKERS


def test_two_workers_and_two_beats_send_each_mail_once(portal: MailServer, start: Start):
    beats = [start("beat", until="beat: Starting") for _ in "12"]
    # Queued in a way that wakes nobody: the two beats do.
    portal.pause = 0.002
    queue_quietly(200)
    wait_for(all_sent)
    for beat in beats:
        beat.terminate()
        beat.wait(timeout=30)
    assert arrived(portal) == once(200)
    assert Mail.objects.aggregate(Max("attempts"))["attempts__max"] == 1


def test_redis_that_is_flushed_loses_nothing(portal: MailServer, broker: Broker):
    portal.pause = 0.005
    queue(*range(100))
    wait_for(lambda: len(portal.messages) > 5)
    with redis.Redis(port=broker.port) as client:
        client.flushall()
    queue(*range(100, 120))
    sweep_until_sent()
    assert arrived(portal) == once(120)


def test_workers_killed_in_mid_batch_send_at_most_their_mail_in_flight_twice(
    portal: MailServer, two_workers: list[subprocess.Popen], start: Start
):
    portal.pause = 0.005
    queue(*range(500))
    wait_for(lambda: len(portal.messages) > 150)
    for pid in [pid for worker in two_workers for pid in tree(worker)]:
        os.kill(pid, signal.SIGKILL)
    for worker in two_workers:
        worker.wait()
    in_hand = Mail.objects.filter(status=Mail.Status.SENDING)
    assert 0 < in_hand.count() <= 100
    assert not in_hand.filter(next_attempt_at__gt=timezone.now() + timedelta(seconds=LEASE)).exists()

    portal.pause = 0
    start(*ONE_WORKER, until="ready.")
    sweep_until_sent()
    counts = arrived(portal)
    assert set(counts) == set(once(500))
    doubles = [address for address, count in counts.items() if count > 1]
    # One mail in flight for each of the two workers.
    assert (len(doubles) <= 2, max(counts.values()) <= 2) == (True, True)
    assert [len(message_ids(portal, address)) for address in doubles] == [1] * len(doubles)

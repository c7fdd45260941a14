from celery import shared_task
from django.utils import timezone

from events.operations import notices, reminders, retention, topic_steps


@shared_task
def forget_dietary_wishes() -> None:
    retention.forget_dietary_wishes(now=timezone.now())


@shared_task
def send_reminders() -> None:
    """Remind of meetings that come near, and thank for those that have a report."""
    now = timezone.now()
    reminders.send_reminders(now=now)
    reminders.send_thanks(now=now)


@shared_task
def take_topic_steps() -> None:
    """Ask for topics and for input, and send the agenda, when it is time."""
    topic_steps.take_steps(now=timezone.now())


@shared_task
def announce_changes() -> None:
    """Tell people of the changes that a manager announced ten minutes ago."""
    notices.announce_due(now=timezone.now())

from celery import shared_task
from django.utils import timezone

from consultations.operations import running


@shared_task
def keep_time() -> None:
    """Close what has passed its deadline, and remind who is silent."""
    running.keep_time(now=timezone.now())

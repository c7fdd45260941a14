from celery import shared_task
from django.utils import timezone

from events.operations import retention


@shared_task
def forget_dietary_wishes() -> None:
    retention.forget_dietary_wishes(now=timezone.now())

from celery import shared_task
from django.core.management import call_command

from members import duplicates, merging
from noord.administration import history


@shared_task
def forget_sessions() -> None:
    """Delete the sessions that have expired."""
    call_command("clearsessions")


@shared_task
def find_duplicates() -> None:
    """Propose who and what may be there twice."""
    duplicates.find()


@shared_task
def forget_merges() -> None:
    """Forget the data of who was merged away more than 30 days ago."""
    merging.forget_records()


@shared_task
def forget_history() -> None:
    """Delete what the history has kept for long enough."""
    history.forget_old()

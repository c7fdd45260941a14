from celery import shared_task

from documents import sweeping


@shared_task
def sweep_files() -> None:
    """Remove files that belong to no document; once a day."""
    sweeping.sweep()

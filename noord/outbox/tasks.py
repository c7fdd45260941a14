import logging

from celery import Task, shared_task

from noord.outbox import retention, sending

logger = logging.getLogger(__name__)


@shared_task(bind=True)
def send_outbox(self: Task) -> None:
    """Send what is due: the sweep of every minute, and what wake() asks for."""
    sending.send_due(more=None if self.request.is_eager else wake)


@shared_task
def forget_sent() -> None:
    """Delete rows that are done with; once a day."""
    retention.forget_finished()


def wake() -> None:
    """Ask for a worker now. Never raises: the mail is in the database, and the sweep finds it there.

    Without a broker the task runs here, in the process; what goes wrong in it is only logged too.
    """
    try:
        result = send_outbox.apply_async(retry=False)
        if send_outbox.app.conf.task_always_eager and result.failed():
            logger.error("Mail stays in the outbox: sending failed with %s", type(result.result).__name__)
    except Exception as error:
        logger.warning("Mail waits for the sweep: the broker cannot be reached (%s)", type(error).__name__)

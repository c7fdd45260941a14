from celery import shared_task
from django.conf import settings

from noord.inbox import mailbox, receiving, retention


@shared_task
def read_mailbox() -> None:
    """Read the organiser's mailbox, where there is one to read, and end what was broken off; every minute."""
    receiving.resume()
    if settings.IMAP_URL:
        mailbox.read_mailbox()


@shared_task
def forget_incoming() -> None:
    """Wipe the text of what is done with; once a day."""
    retention.forget_finished()

import logging
import os
import sys

from django.core.management.base import BaseCommand

from noord.inbox.message import MAX_HEADERS
from noord.inbox.receiving import MAX_SIZE, receive

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Take one message from standard input, as a mail server's pipe gives it, and act on it."
    requires_system_checks = []

    def handle(self, *args: object, **options: object) -> None:
        """Exit with 0 when the message is kept, also in the tray; with 75 (EX_TEMPFAIL) when it must come again."""
        stream = sys.stdin.buffer
        raw = stream.read(MAX_SIZE + 1)
        size = len(raw)
        while more := stream.read(MAX_HEADERS):  # to the end, or the mail server would see a broken pipe
            size += len(more)
        try:
            receive(raw, size=size)
        except Exception as error:
            # Whatever it is, nothing may be refused: the mail server keeps the message and offers it again.
            logger.error("The message cannot be kept now (%s)", type(error).__name__)
            sys.exit(os.EX_TEMPFAIL)

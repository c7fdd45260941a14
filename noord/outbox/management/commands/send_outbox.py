import time

from django.core.management.base import BaseCommand

from noord.outbox.sending import RUN, send_due


class Command(BaseCommand):
    help = "Send the mail that is due. For a portal without Redis: let cron run this every minute."

    def handle(self, *args, **options) -> None:
        end = time.monotonic() + RUN.total_seconds() - 5
        while send_due() and time.monotonic() < end:
            time.sleep(1)

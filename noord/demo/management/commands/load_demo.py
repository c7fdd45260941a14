from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from noord.demo import congress, holidays, meetings, organisations, people, questions, sectors, topics, volume


class Command(BaseCommand):
    help = (
        "Load the demo network: organisations, people, Overheden, ICT Noord, the Tolbert meeting and its follow-up. "
        "What is there already is left alone. Only with DEBUG=on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--people", type=int, default=0, metavar="N", help="have persoon-1@noord.example to persoon-N, all members"
        )
        parser.add_argument("--meetings", type=int, default=0, metavar="N", help="have N meetings with registrations")

        parser.add_argument(
            "--topics", type=int, default=0, metavar="N", help="have N topics of Overheden with support and input"
        )

    def handle(self, *args, **options) -> None:
        if not settings.DEBUG:
            raise CommandError(
                "load_demo makes accounts with a password that everyone knows, so it only runs with DEBUG=on."
            )
        if min(options["people"], options["meetings"], options["topics"]) < 0:
            raise CommandError("--people, --meetings and --topics take 0 or more.")
        with transaction.atomic():
            organisations.load()
            people.load()
            sectors.load()
            meetings.load()
            sectors.link_meetings()
            topics.load()
            questions.load()
            holidays.load()
        if options["people"] or options["meetings"]:
            # In many transactions: a hundred thousand people in one would hold the lock of SQLite for a minute.
            volume.load_people(options["people"])
            volume.load_meetings(options["meetings"])
            congress.load()
        if options["topics"]:
            topics.load_volume(options["topics"])
        if options["verbosity"]:
            self.stdout.write(f"The demo network is loaded. Accounts, all with the password {people.PASSWORD}:")
            for account in people.ACCOUNTS:
                self.stdout.write(f"  {account.email:32}{account.role}")

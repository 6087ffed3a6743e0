"""`manage.py demo`: fills an empty database with demo data."""

import argparse
import logging

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import now

from dashboard.demo.imports import Stuck
from dashboard.demo.seed import PRODUCTS, NotEmpty, fill

LEAST = 100
MOST = 5_000


def amount(text: str) -> int:
    if not text.isdecimal() or not LEAST <= int(text) <= MOST:
        raise argparse.ArgumentTypeError(f"must be {LEAST} to {MOST:,} products, not {text!r}")
    return int(text)


class Command(BaseCommand):
    help = "Fill an empty database with demo data: a catalog, and a month of imports and deliveries."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--products", type=amount, default=PRODUCTS, help=f"Default: {PRODUCTS:,}.")

    def handle(self, *, products: int, **options: object) -> None:
        # Some imports of the demo fail on purpose.
        logging.getLogger("imports").setLevel(logging.ERROR)
        call_command("migrate", verbosity=0, interactive=False)
        try:
            fill(now(), products, self.stdout.write)
        except (NotEmpty, Stuck) as error:
            raise CommandError(str(error)) from None
        self.stdout.write("The webhook endpoints of the demo don't exist, so new deliveries to them fail.")
        self.stdout.write("To see it, run `make run` and open http://127.0.0.1:8000/")

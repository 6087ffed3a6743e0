"""`manage.py demo`: an empty database filled with something to look at. dashboard.demo.seed does it."""

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
        raise argparse.ArgumentTypeError(f"from {LEAST} to {MOST:,} products, not {text!r}")
    return int(text)


class Command(BaseCommand):
    help = "Fill an empty database with a catalog, a month of imports and of deliveries, to try the console with."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--products", type=amount, default=PRODUCTS, help=f"Default: {PRODUCTS:,}.")

    def handle(self, *, products: int, **options: object) -> None:
        # Imports that fail are a part of it.
        logging.getLogger("imports").setLevel(logging.ERROR)
        call_command("migrate", verbosity=0, interactive=False)
        try:
            fill(now(), products, self.stdout.write)
        except (NotEmpty, Stuck) as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(
            "The receivers of its webhooks are made up: what you cause to be sent to them finds nobody."
        )
        self.stdout.write("Look at it: make run, then http://127.0.0.1:8000/")

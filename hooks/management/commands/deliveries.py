"""`manage.py deliveries pause|resume|status`: the one switch for all deliveries (hooks.switch)."""

from django.core.management.base import BaseCommand, CommandParser

from hooks import switch

ACTS = {"pause": switch.pause, "resume": switch.resume}


class Command(BaseCommand):
    help = "Pause all deliveries of webhooks, resume them, or say whether they are sent."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=[*ACTS, "status"])

    def handle(self, *args: object, act: str, **options: object) -> None:
        if act in ACTS:
            ACTS[act]()
        self.stdout.write(switch.held_because() or "Deliveries are sent.")

"""`manage.py deliveries pause|resume|status`: the switch of all deliveries."""

from django.core.management.base import BaseCommand, CommandParser

from hooks import switch

ACTIONS = {"pause": switch.pause, "resume": switch.resume}


class Command(BaseCommand):
    help = "Pause or resume all webhook deliveries, or show whether they are sent."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=[*ACTIONS, "status"])

    def handle(self, *args: object, action: str, **options: object) -> None:
        if action in ACTIONS:
            ACTIONS[action]()
        self.stdout.write(switch.held_because() or "Deliveries are sent.")

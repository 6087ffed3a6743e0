"""`manage.py apikey`: create, list and revoke API keys.

Only the key goes to standard output, so that a script can store it: KEY=$(python manage.py apikey create shop)."""

from datetime import datetime

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from project.auth import api_keys
from project.models import ApiKey, Scope


class Command(BaseCommand):
    help = "Create, list and revoke API keys."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="Create a key and print it. It is shown only once.")
        create.add_argument("name", help="A name for the key, for example the system that uses it.")
        create.add_argument("--scope", choices=Scope.values, default=Scope.READ.value, help="Default: read.")
        actions.add_parser("list", help="List all keys, newest first.")
        revoke = actions.add_parser("revoke", help="Revoke a key.")
        revoke.add_argument(
            "key", metavar="NAME_OR_PREFIX", help="Its name, or its prefix if several keys have the name."
        )

    def handle(self, *, action: str, **options: str) -> None:
        if action == "create":
            self.create(options["name"], Scope(options["scope"]))
        elif action == "list":
            self.list()
        else:
            self.revoke(options["key"])

    def create(self, name: str, scope: Scope) -> None:
        limit = ApiKey._meta.get_field("name").max_length or 0
        if not name.strip() or len(name) > limit:
            raise CommandError(f"The name must have 1 to {limit} characters.")
        _, key = api_keys.issue(name.strip(), scope)
        self.stdout.write(key)
        self.stderr.write(f"Created the key {name.strip()} ({scope}). It is not shown again.")

    def list(self) -> None:
        row = "{:<12} {:<6} {:<8} {:<17} {:<17} {}"
        self.stdout.write(row.format("PREFIX", "SCOPE", "STATUS", "CREATED (UTC)", "LAST USED (UTC)", "NAME"))
        for key in ApiKey.objects.order_by("-created_at", "-pk"):
            status = "revoked" if key.revoked_at else "active"
            used = timestamp(key.last_used_at)
            self.stdout.write(
                row.format(key.prefix, key.scope, status, timestamp(key.created_at), used, key.name)
            )

    def revoke(self, text: str) -> None:
        matching = ApiKey.objects.filter(Q(name=text) | Q(prefix=text), revoked_at=None)
        found = list(matching)
        if not found:
            raise CommandError(
                f"No active key has the name or prefix '{text}'. See: python manage.py apikey list"
            )
        if len(found) > 1:
            prefixes = ", ".join(key.prefix for key in found)
            raise CommandError(
                f"{len(found)} active keys are named '{text}'. Use a prefix instead: {prefixes}"
            )
        api_keys.revoke(matching)
        self.stdout.write(f"Revoked {found[0].prefix} ({found[0].name}).")


def timestamp(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "never"

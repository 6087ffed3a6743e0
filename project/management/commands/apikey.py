"""`manage.py apikey`: make, list and revoke the keys of the API. project.auth.api_keys does the work.

The key alone goes to standard output, so that a script can keep it: KEY=$(python manage.py apikey create shop)."""

from datetime import datetime

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from project.auth import api_keys
from project.models import ApiKey, Scope


class Command(BaseCommand):
    help = "Make, list and revoke API keys."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="Make a key and print it, once.")
        create.add_argument("name", help="Who uses it, for example the shop it is for.")
        create.add_argument("--scope", choices=Scope.values, default=Scope.READ.value, help="Default: read.")
        actions.add_parser("list", help="List all keys, newest first.")
        revoke = actions.add_parser("revoke", help="Refuse a key from now on.")
        revoke.add_argument("key", metavar="NAME_OR_PREFIX", help="As listed; the prefix where names repeat.")

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
            raise CommandError(f"The name has 1 to {limit} characters.")
        _, key = api_keys.issue(name.strip(), scope)
        self.stdout.write(key)
        self.stderr.write(f"This is the key of {name.strip()} ({scope}). It is not shown again.")

    def list(self) -> None:
        row = "{:<12} {:<6} {:<8} {:<17} {:<17} {}"
        self.stdout.write(row.format("PREFIX", "SCOPE", "STATE", "CREATED (UTC)", "LAST USED (UTC)", "NAME"))
        for key in ApiKey.objects.order_by("-created_at", "-pk"):
            state = "revoked" if key.revoked_at else "active"
            used = shown(key.last_used_at)
            self.stdout.write(row.format(key.prefix, key.scope, state, shown(key.created_at), used, key.name))

    def revoke(self, text: str) -> None:
        matching = ApiKey.objects.filter(Q(name=text) | Q(prefix=text), revoked_at=None)
        found = list(matching)
        if not found:
            raise CommandError(
                f"No active key has the name or prefix '{text}'; see: python manage.py apikey list"
            )
        if len(found) > 1:
            prefixes = ", ".join(key.prefix for key in found)
            raise CommandError(
                f"{len(found)} active keys are named '{text}'; say which by its prefix: {prefixes}"
            )
        api_keys.revoke(matching)
        self.stdout.write(f"Revoked {found[0].prefix} ({found[0].name}).")


def shown(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "never"

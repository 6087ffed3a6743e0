"""`manage.py reencryptsecrets`: re-encrypt the secrets of webhooks with the first of WEBHOOK_SECRET_KEYS.

The exit code is 1 as long as a stored value cannot be decrypted."""

from django.core.management.base import BaseCommand, CommandError

from hooks.key_rotation import reencrypt_all

NAMES = {"secret": "secret", "previous_secret": "previous secret", "headers": "headers"}


class Command(BaseCommand):
    help = "Re-encrypt the secrets and headers of webhooks with the first of WEBHOOK_SECRET_KEYS."

    def handle(self, *args: object, **options: object) -> None:
        tally = reencrypt_all()
        self.stdout.write(f"Re-encrypted: {tally.reencrypted}")
        self.stdout.write(f"Already encrypted with the first key: {tally.current}")
        self.stdout.write(f"Cannot be decrypted: {len(tally.undecryptable)}")
        for webhook_id, column in tally.undecryptable:
            self.stderr.write(f"Webhook {webhook_id}: cannot decrypt its {NAMES[column]}.")
        if tally.undecryptable:
            raise CommandError(
                "Restore the missing keys and run this again, or rotate the secrets of these webhooks and set their "
                "headers again. Keep the older keys until then."
            )

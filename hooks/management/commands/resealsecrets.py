"""`manage.py resealsecrets`: the secrets of webhooks sealed anew with the first of WEBHOOK_SECRET_KEYS.

hooks.key_rotation does the work. The exit code is 1 while something is stored that no key opens."""

from django.core.management.base import BaseCommand, CommandError

from hooks.key_rotation import reseal_all

NAMES = {"secret": "secret", "previous_secret": "previous secret", "headers": "headers"}


class Command(BaseCommand):
    help = "Seal the secrets and headers of webhooks anew with the first of WEBHOOK_SECRET_KEYS."

    def handle(self, *args: object, **options: object) -> None:
        tally = reseal_all()
        self.stdout.write(f"Sealed anew: {tally.resealed}")
        self.stdout.write(f"Sealed with the first key already: {tally.current}")
        self.stdout.write(f"Opened by no key: {len(tally.unopenable)}")
        for webhook_id, column in tally.unopenable:
            self.stderr.write(f"Webhook {webhook_id}: no key opens its {NAMES[column]}.")
        if tally.unopenable:
            raise CommandError(
                "Put back the keys that these were sealed with and run this again, or give the webhooks new secrets "
                "and headers. Keep the older keys until then."
            )

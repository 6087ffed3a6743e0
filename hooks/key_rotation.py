"""Re-encrypts the stored secrets of webhooks with the first key, so that the older keys can be removed.

It can be interrupted and run again at any time. Each value is written only over the one that was read: a secret that is
replaced meanwhile keeps its new value, which is then looked at again."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from hooks.models import Webhook
from hooks.secrets.encryption import DecryptionError, Encryptor, default_encryptor

BATCH = 500
COLUMNS = ("secret", "previous_secret", "headers")


@dataclass
class Tally:
    """Counts of values, and the webhook and column of each that cannot be decrypted."""

    reencrypted: int = 0
    current: int = 0
    undecryptable: list[tuple[int, str]] = field(default_factory=list)


def reencrypt_all() -> Tally:
    encryptor, tally = default_encryptor(), Tally()
    for webhook_id, column, encrypted in stored():
        try:
            is_changed = reencrypt(encryptor, webhook_id, column, encrypted)
        except DecryptionError:
            tally.undecryptable.append((webhook_id, column))
        else:
            tally.reencrypted += is_changed
            tally.current += not is_changed
    return tally


def stored() -> Iterator[tuple[int, str, str]]:
    """Yield every encrypted value, with its webhook and column."""
    last_id = 0
    while batch := list(Webhook.objects.filter(pk__gt=last_id).order_by("pk").values("pk", *COLUMNS)[:BATCH]):
        for row in batch:
            yield from ((row["pk"], column, row[column]) for column in COLUMNS if row[column])
        last_id = batch[-1]["pk"]


def reencrypt(encryptor: Encryptor, webhook_id: int, column: str, encrypted: str) -> bool:
    """Return False if nothing had to change. Raises DecryptionError."""
    webhook = Webhook.objects.filter(pk=webhook_id)
    while encrypted and not encryptor.uses_first_key(encrypted):
        if webhook.filter(**{column: encrypted}).update(**{column: encryptor.reencrypt(encrypted)}):
            return True
        # Another session changed it first. If the webhook is gone, nothing is left to do either.
        encrypted = webhook.values_list(column, flat=True).first() or ""
    return False

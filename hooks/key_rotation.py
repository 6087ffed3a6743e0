"""Seals what is stored of webhooks anew with the first key, so that the older keys can be taken away (hooks.secrets.encryption).

`manage.py resealsecrets` runs it. It can be broken off and run again at any time. Each value is written only over the
one that was read: a secret that somebody replaces meanwhile is theirs, and is looked at once more."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from hooks.models import Webhook
from hooks.secrets.encryption import Sealer, Unopenable, default_sealer

BATCH = 500
COLUMNS = ("secret", "previous_secret", "headers")


@dataclass
class Tally:
    """How many values there are of each kind; and of which webhook which are lost."""

    resealed: int = 0
    current: int = 0
    unopenable: list[tuple[int, str]] = field(default_factory=list)


def reseal_all() -> Tally:
    sealer, tally = default_sealer(), Tally()
    for webhook_id, column, sealed in stored():
        try:
            is_resealed = reseal(sealer, webhook_id, column, sealed)
        except Unopenable:
            tally.unopenable.append((webhook_id, column))
        else:
            tally.resealed += is_resealed
            tally.current += not is_resealed
    return tally


def stored() -> Iterator[tuple[int, str, str]]:
    """Every sealed value: of which webhook, in which column, and itself."""
    last_id = 0
    while batch := list(Webhook.objects.filter(pk__gt=last_id).order_by("pk").values("pk", *COLUMNS)[:BATCH]):
        for row in batch:
            yield from ((row["pk"], column, row[column]) for column in COLUMNS if row[column])
        last_id = batch[-1]["pk"]


def reseal(sealer: Sealer, webhook_id: int, column: str, sealed: str) -> bool:
    """False if it needed nothing. Raises Unopenable."""
    webhook = Webhook.objects.filter(pk=webhook_id)
    while sealed and not sealer.is_current(sealed):
        if webhook.filter(**{column: sealed}).update(**{column: sealer.reseal(sealed)}):
            return True
        # Somebody was faster. Gone with its webhook, it needs nothing either.
        sealed = webhook.values_list(column, flat=True).first() or ""
    return False

"""Leases: one dispatcher at a time delivers for a webhook, as long as its lease lasts.

A lease is acquired by a conditional update, and every write under it is conditional too. So a worker that was only paused
changes nothing once another one has taken over."""

import json
import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from psycopg.errors import ForeignKeyViolation
from psycopg.rows import DictRow

from hooks.http.signing import Signer
from hooks.policy.circuit_breaker import Health, State
from hooks.queries import Sessions, fetch
from hooks.secrets.encryption import DecryptionError, default_encryptor

logger = logging.getLogger(__name__)

HEALTH = (
    "state", "consecutive_failures", "failing_since", "last_success_at", "next_probe_at", "probes", "paused_until"
)  # fmt: skip


@dataclass(frozen=True)
class LeasedWebhook:
    """A webhook with all that its worker needs."""

    id: int
    url: str
    headers: dict[str, str] = field(repr=False)
    signer: Signer
    # Signs with both secrets while the old one overlaps.
    overlap_signer: Signer
    overlap_until: datetime | None
    max_in_flight: int
    rate_per_second: int | None
    health: Health

    def signer_at(self, moment: datetime) -> Signer:
        is_overlapping = self.overlap_until is not None and moment < self.overlap_until
        return self.overlap_signer if is_overlapping else self.signer


def duration() -> timedelta:
    """Return how long a worker may be silent before it is considered dead."""
    return timedelta(seconds=settings.WORKER_STALLED_SECONDS)


async def acquire(
    sessions: Sessions,
    owner: UUID,
    now: datetime,
    room: int,
    held: Collection[int] = (),
    only: Collection[int] | None = None,
) -> list[LeasedWebhook]:
    """Acquire leases of webhooks with due deliveries and no owner, except those already held."""
    wanted = None if only is None else list(only)
    parameters = {
        "owner": owner, "lease": duration(), "now": now, "room": room, "held": list(held), "only": wanted
    }  # fmt: skip
    try:
        rows = await fetch(sessions, "acquire_leases", parameters)
    except ForeignKeyViolation:
        # One of them was deleted at this very moment; the next poll tries again.
        return []
    leased = []
    for row in rows:
        try:
            leased.append(read(row))
        except DecryptionError as error:
            # The lease is kept, so that this is not repeated every second.
            logger.error("Webhook %s cannot be delivered to: %s", row["id"], error.detail)
    return leased


def read(row: DictRow) -> LeasedWebhook:
    encryptor = default_encryptor()
    secret = encryptor.decrypt(row["secret"])
    previous = [encryptor.decrypt(row["previous_secret"])] if row["previous_secret"] else []
    return LeasedWebhook(
        id=row["id"],
        url=row["url"],
        headers=json.loads(encryptor.decrypt(row["headers"])) if row["headers"] else {},
        signer=Signer([secret]),
        overlap_signer=Signer([secret, *previous]),
        overlap_until=row["previous_secret_until"],
        max_in_flight=row["max_in_flight"],
        rate_per_second=row["rate_per_second"],
        health=Health(**{**{name: row[name] for name in HEALTH}, "state": State(row["state"])}),
    )


async def renew(sessions: Sessions, owner: UUID, webhooks: Iterable[int]) -> set[int]:
    """Extend these leases; return those that the owner still holds, of webhooks that are still enabled."""
    parameters = {"owner": owner, "lease": duration(), "webhooks": list(webhooks)}
    return {row["webhook_id"] for row in await fetch(sessions, "renew_leases", parameters)}


async def release(sessions: Sessions, owner: UUID, webhooks: Iterable[int] | None = None) -> None:
    """Release these leases, or all of the owner's, so that the next owner need not wait for them to expire."""
    chosen = None if webhooks is None else list(webhooks)
    await fetch(sessions, "release_leases", {"owner": owner, "webhooks": chosen})

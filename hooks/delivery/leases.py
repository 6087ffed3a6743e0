"""Who sends for a webhook: one dispatcher at a time, as long as its lease lasts.

A lease is taken by a conditional update, and whatever is written in its name is one too. So a worker that was only paused
changes nothing any more once another has taken over."""

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
from hooks.policy.retry import Health, State
from hooks.queries import Sessions, fetch
from hooks.secrets.encryption import DecryptionError, default_encryptor

logger = logging.getLogger(__name__)

HEALTH = (
    "state", "consecutive_failures", "failing_since", "last_success_at", "next_probe_at", "probes", "paused_until"
)  # fmt: skip


@dataclass(frozen=True)
class Leased:
    """A webhook as its drain needs it."""

    id: int
    url: str
    headers: dict[str, str] = field(repr=False)
    signer: Signer
    # While a secret is being replaced: both sign.
    overlap_signer: Signer
    overlap_until: datetime | None
    max_in_flight: int
    rate_per_second: int | None
    health: Health

    def signer_at(self, moment: datetime) -> Signer:
        is_overlapping = self.overlap_until is not None and moment < self.overlap_until
        return self.overlap_signer if is_overlapping else self.signer


def length() -> timedelta:
    """As long as a worker may be silent before it is taken for dead."""
    return timedelta(seconds=settings.WORKER_STALLED_SECONDS)


async def take(
    sessions: Sessions,
    owner: UUID,
    now: datetime,
    room: int,
    held: Collection[int] = (),
    only: Collection[int] | None = None,
) -> list[Leased]:
    """Leases of webhooks that have something due and nobody who sends for them; none of those held."""
    asked = None if only is None else list(only)
    parameters = {
        "owner": owner, "lease": length(), "now": now, "room": room, "held": list(held), "only": asked
    }  # fmt: skip
    try:
        rows = await fetch(sessions, "take_leases", parameters)
    except ForeignKeyViolation:
        # One of them was removed in this very moment; whoever asks, asks again soon.
        return []
    leased = []
    for row in rows:
        try:
            leased.append(read(row))
        except DecryptionError as undecryptable:
            # Kept, so that it is not tried again each second.
            logger.error("Nothing is sent for webhook %s: %s", row["id"], undecryptable.detail)
    return leased


def read(row: DictRow) -> Leased:
    encryptor = default_encryptor()
    secret = encryptor.decrypt(row["secret"])
    previous = [encryptor.decrypt(row["previous_secret"])] if row["previous_secret"] else []
    return Leased(
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


async def keep(sessions: Sessions, owner: UUID, webhooks: Iterable[int]) -> set[int]:
    """Those that are still ours, and still to be sent for."""
    parameters = {"owner": owner, "lease": length(), "webhooks": list(webhooks)}
    return {row["webhook_id"] for row in await fetch(sessions, "keep_leases", parameters)}


async def give_back(sessions: Sessions, owner: UUID, webhooks: Iterable[int] | None = None) -> None:
    """So that the next one need not wait for them to run out. None: all that the owner has."""
    asked = None if webhooks is None else list(webhooks)
    await fetch(sessions, "give_back_lease", {"owner": owner, "webhooks": asked})

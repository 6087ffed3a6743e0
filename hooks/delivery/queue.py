"""The due deliveries of one webhook, claimed in batches.

A claim writes nothing: the lease keeps other workers away (hooks.delivery.leases), and after a crash every delivery without
a result is still due. Each claim continues after the one before. From the start each time, it would walk over all finished
deliveries that are not vacuumed yet, which dominates the time in a backlog of a million."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from hooks.queries import Sessions, fetch

CLAIM_SIZE = 200
# A claim starts over to find deliveries that are due earlier than those already claimed but were committed later: at this
# interval, and sooner after a notification, but not each time.
START_OVER_SECONDS = 5.0
START_OVER_SOON_SECONDS = 0.25
START = (datetime(1, 1, 1, tzinfo=UTC), 0)


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery that is due."""

    id: int
    event_id: int
    attempts: int
    tries: int
    next_attempt_at: datetime
    uid: UUID
    event_type: str
    body: str

    @property
    def number(self) -> int:
        """The number of the next attempt."""
        return self.attempts + 1

    @property
    def message_id(self) -> str:
        return f"evt_{self.uid.hex}"

    def headers(self) -> dict[str, str]:
        """Return the headers that describe the event and the attempt, and order the events of a product."""
        return {
            "x-event-type": self.event_type,
            "x-event-sequence": str(self.event_id),
            "x-delivery-attempt": str(self.number),
        }


class DueQueue:
    def __init__(self, sessions: Sessions, webhook: int) -> None:
        self.sessions, self.webhook = sessions, webhook
        self.loop = asyncio.get_running_loop()
        # Whether the next claim may find something.
        self.has_more, self.is_claiming = True, False
        self.start_over()

    def start_over(self) -> None:
        self.after = START
        self.started_over_at = self.loop.time()
        self.start_over_at = self.started_over_at + START_OVER_SECONDS

    def notify(self) -> None:
        """New deliveries are due."""
        self.has_more = True
        self.start_over_at = min(self.start_over_at, self.started_over_at + START_OVER_SOON_SECONDS)

    async def claim(self, now: datetime, held: Iterable[int]) -> list[Due]:
        """Return the next batch that is due by then, without the deliveries held by the worker."""
        if self.loop.time() >= self.start_over_at:
            self.start_over()
        # Cleared before the query: a notification may arrive while it runs.
        self.has_more, self.is_claiming = False, True
        try:
            batch = await self.fetch(now, list(held))
        finally:
            self.is_claiming = False
        if batch:
            self.after = (batch[-1].next_attempt_at, batch[-1].id)
        if len(batch) == CLAIM_SIZE:
            self.has_more = True
        return batch

    async def fetch(self, now: datetime, held: list[int]) -> list[Due]:
        after_time, after_id = self.after
        parameters = {
            "webhook": self.webhook, "now": now, "after_time": after_time, "after_id": after_id, "held": held,
            "limit": CLAIM_SIZE,
        }  # fmt: skip
        return [Due(**row) for row in await fetch(self.sessions, "claim_due", parameters)]

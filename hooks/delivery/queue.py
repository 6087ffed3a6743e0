"""What is due for one webhook, a batch after the other; hooks.delivery.worker has it sent.

Nothing is written at a claim: the lease keeps others away (hooks.delivery.leases), and after a crash what has no result is still
due. A claim goes on behind the one before. From the start each time it would walk over everything that is done and not
vacuumed yet, and in a backlog of a million that is what would take the time."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from hooks.queries import Sessions, fetch

CLAIM_AT_ONCE = 200
# From the start, for what is due before those claimed already but was committed after them: now and then, and soon after
# somebody told of something due, but not each time.
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
        """Of the attempt to be made."""
        return self.attempts + 1

    @property
    def message_id(self) -> str:
        return f"evt_{self.uid.hex}"

    def headers(self) -> dict[str, str]:
        """For receivers: what it is, which try, and which of two events of a product is the later one."""
        return {
            "x-event-type": self.event_type,
            "x-event-sequence": str(self.event_id),
            "x-delivery-attempt": str(self.number),
        }


class Claims:
    def __init__(self, sessions: Sessions, webhook: int) -> None:
        self.sessions, self.webhook = sessions, webhook
        self.loop = asyncio.get_running_loop()
        self.may_have_more, self.is_looking = True, False
        self.start_over()

    def start_over(self) -> None:
        self.after = START
        self.started_over_at = self.loop.time()
        self.start_over_at = self.started_over_at + START_OVER_SECONDS

    def told_of_more(self) -> None:
        self.may_have_more = True
        self.start_over_at = min(self.start_over_at, self.started_over_at + START_OVER_SOON_SECONDS)

    async def next(self, now: datetime, held: Iterable[int]) -> list[Due]:
        """What is due by then, but not those in hand."""
        if self.loop.time() >= self.start_over_at:
            self.start_over()
        # Before looking: somebody may tell of more meanwhile.
        self.may_have_more, self.is_looking = False, True
        try:
            found = await self.look(now, list(held))
        finally:
            self.is_looking = False
        if found:
            self.after = (found[-1].next_attempt_at, found[-1].id)
        if len(found) == CLAIM_AT_ONCE:
            self.may_have_more = True
        return found

    async def look(self, now: datetime, held: list[int]) -> list[Due]:
        after_time, after_id = self.after
        parameters = {
            "webhook": self.webhook, "now": now, "after_time": after_time, "after_id": after_id, "held": held,
            "limit": CLAIM_AT_ONCE,
        }  # fmt: skip
        return [Due(**row) for row in await fetch(self.sessions, "claim", parameters)]

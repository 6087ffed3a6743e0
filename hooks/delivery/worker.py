"""Sends what is due for one webhook, until nothing is.

    claim (hooks.delivery.queue) -> send, so many at once, so many a second -> settle (hooks.delivery.results)

One drain per webhook makes its rate, order, breaker and slots its own, so a slow receiver is no matter of the others. No
transaction is open while the network is. hooks.delivery.dispatcher starts drains."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from hooks.delivery.leases import Leased
from hooks.delivery.queue import Claims, Due
from hooks.delivery.results import Result, write
from hooks.http.client import Sender
from hooks.http.outcomes import Outcome
from hooks.policy.retry import Sending, Slots, State, after, may_send, next_attempt_at
from hooks.queries import Sessions

SETTLE_AT_ONCE = 100
SETTLE_WITHIN_SECONDS = 0.05
# A crash sends twice at most what is under way and so many that got through and were not settled.
UNSETTLED_MAX = 200
# With fewer than these in hand, more are claimed: at full speed they last longer than a claim takes.
LOW_WATER = 150
# Looking again for what is due: retries, and what nobody told of.
LOOK_AGAIN_SECONDS = 1.0
# With nothing to send, the lease is kept for so long: the next event need not wait for it.
LINGER_SECONDS = 10.0
# What a limit by second lets through in one go.
BURST_SECONDS = 0.1

Clock = Callable[[], datetime]


class Drain:
    def __init__(
        self, webhook: Leased, owner: UUID, sessions: Sessions, sender: Sender, clock: Clock
    ) -> None:
        self.webhook, self.owner = webhook, owner
        self.sessions, self.sender, self.clock = sessions, sender, clock
        self.loop = asyncio.get_running_loop()
        self.claims = Claims(sessions, webhook.id)
        self.health = webhook.health
        # One at first: so many that hang leave room among the connections for those that answer.
        self.slots = Slots(limit=webhook.max_in_flight, size=1)
        # The way of a delivery through here.
        self.waiting: deque[Due] = deque()
        self.in_flight: dict[int, asyncio.Task[None]] = {}
        self.results: list[Result] = []
        self.settling: list[Result] = []
        self.news, self.unsettled, self.are_many = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.is_stopping = False
        self.busy_at = self.loop.time()
        # When the rate allows the next one.
        self.free_at = 0.0

    async def run(self) -> None:
        """Send until there was nothing to send for a while, or until told to stop. Raises LeaseLost."""
        settling = asyncio.create_task(self.keep_settling())
        try:
            while not self.is_over():
                self.news.clear()
                await self.claim()
                self.fill()
                await self.wait(settling)
        finally:
            await self.end(settling)

    def wake(self) -> None:
        """There may be something due."""
        self.claims.told_of_more()
        self.news.set()

    def stop(self, *, at_once: bool = False) -> None:
        """Start nothing any more; at once: do not wait for what is under way either."""
        self.is_stopping = True
        self.waiting.clear()
        if at_once:
            for task in self.in_flight.values():
                task.cancel()
        self.news.set()

    def has_in_hand(self) -> bool:
        return bool(self.waiting or self.in_flight or self.results or self.settling)

    def is_busy(self) -> bool:
        return self.has_in_hand() or self.claims.may_have_more or self.claims.is_looking

    def is_over(self) -> bool:
        if self.in_flight or self.results or self.settling:
            return False
        if self.is_stopping or may_send(self.health, self.clock()) is Sending.NOTHING:
            return True
        return not self.waiting and self.loop.time() - self.busy_at > LINGER_SECONDS

    async def wait(self, settling: asyncio.Task[None]) -> None:
        try:
            async with asyncio.timeout(LOOK_AGAIN_SECONDS):
                await self.news.wait()
        except TimeoutError:
            self.claims.may_have_more = True
        if settling.done():
            settling.result()

    async def end(self, settling: asyncio.Task[None]) -> None:
        """Whatever happened: nothing is left under way, and what is known is written."""
        for task in self.in_flight.values():
            task.cancel()
        await asyncio.gather(*self.in_flight.values(), return_exceptions=True)
        settling.cancel()
        await asyncio.gather(settling, return_exceptions=True)
        if self.settling or self.results:
            await self.settle()

    # --- Claim ---

    async def claim(self) -> None:
        """Have enough in hand that no slot waits for the database."""
        if self.is_stopping or not self.claims.may_have_more or not self.is_low():
            return
        held = [due.id for due in self.waiting] + list(self.in_flight)
        held += [result.due.id for result in (*self.results, *self.settling)]
        found = await self.claims.next(self.clock(), held)
        if found:
            self.busy_at = self.loop.time()
        if not self.is_stopping:
            self.waiting.extend(found)

    def is_low(self) -> bool:
        return len(self.waiting) <= max(LOW_WATER, self.slots.size)

    # --- Send ---

    def fill(self) -> None:
        """Start as many as there are slots, as the rate allows, and as the health of the webhook does."""
        while self.waiting and len(self.in_flight) < self.slots.size and not self.is_behind():
            sending = may_send(self.health, self.clock())
            if sending is Sending.NOTHING:
                self.waiting.clear()
                return
            is_probe = sending is Sending.ONE_PROBE
            if (is_probe and self.in_flight) or not self.rate_allows():
                return
            due = self.waiting.popleft()
            self.in_flight[due.id] = asyncio.create_task(self.deliver(due, is_probe))

    def is_behind(self) -> bool:
        """With writing results, which sets the pace then."""
        return len(self.results) + len(self.settling) >= UNSETTLED_MAX

    def rate_allows(self) -> bool:
        if not self.webhook.rate_per_second:
            return True
        now = self.loop.time()
        if now < self.free_at:
            self.loop.call_at(self.free_at, self.news.set)
            return False
        self.free_at = max(self.free_at, now - BURST_SECONDS) + 1 / self.webhook.rate_per_second
        return True

    async def deliver(self, due: Due, is_probe: bool) -> None:
        started_at, body = self.clock(), due.body.encode()
        signed = self.webhook.signer_at(started_at).headers(due.message_id, started_at, body)
        own = self.webhook.headers
        try:
            outcome = await self.sender.send(
                self.webhook.url, body, {**own, **due.headers(), **signed}, own.values()
            )
        finally:
            del self.in_flight[due.id]
            if self.is_stopping:
                self.news.set()
        self.note(due, started_at, outcome, is_probe)

    def note(self, due: Due, started_at: datetime, outcome: Outcome, is_probe: bool) -> None:
        """The result, what follows from it, and the next one in its place."""
        now = self.clock()
        was_open = self.health.state is State.OPEN
        self.health = after(self.health, outcome, now, is_probe)
        if self.health.state is State.OPEN and not was_open:
            self.slots = self.slots.restarted()
        self.slots = self.slots.succeeded() if outcome.succeeded else self.slots.failed(outcome)
        again_at = None if outcome.succeeded else next_attempt_at(outcome, due.tries + 1, now)
        self.results.append(Result(due, started_at, outcome, again_at))
        self.unsettled.set()
        if len(self.results) >= SETTLE_AT_ONCE:
            self.are_many.set()
        self.busy_at = self.loop.time()
        self.fill()
        if self.is_low():
            self.news.set()

    # --- Settle ---

    async def keep_settling(self) -> None:
        try:
            while True:
                await self.unsettled.wait()
                await self.wait_for_more()
                await self.settle()
                if self.results:
                    self.unsettled.set()
        finally:
            # Without it nothing more is to be sent.
            self.stop()

    async def wait_for_more(self) -> None:
        """To write many results costs little more than to write one."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_WITHIN_SECONDS):
                await self.are_many.wait()

    async def settle(self) -> None:
        """Write the results in hand. Raises LeaseLost if they do not count any more."""
        self.unsettled.clear()
        self.are_many.clear()
        self.settling += self.results
        self.results = []
        await write(self.sessions, self.webhook.id, self.owner, self.health, self.settling)
        self.settling = []
        if self.health.state is State.DISABLED:
            self.stop()
        self.news.set()

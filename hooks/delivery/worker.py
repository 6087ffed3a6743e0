"""Delivers what is due for one webhook, until nothing is.

    claim (hooks.delivery.queue) -> send, within the limits of concurrency and rate -> flush (hooks.delivery.results)

Each webhook has a worker of its own, with its own rate, order, circuit breaker and concurrency limit, so a slow endpoint
does not delay the others. No transaction is open while a request is."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from hooks.delivery.leases import LeasedWebhook
from hooks.delivery.queue import Due, DueQueue
from hooks.delivery.results import Result, record_results
from hooks.http.client import Sender
from hooks.http.outcomes import Outcome
from hooks.policy.circuit_breaker import Permit, State, allows, health_after
from hooks.policy.concurrency import ConcurrencyLimit
from hooks.policy.retry import next_attempt_at
from hooks.queries import Sessions

FLUSH_SIZE = 100
FLUSH_SECONDS = 0.05
# A crash repeats at most the requests in flight and this many delivered ones whose results were not written.
UNWRITTEN_MAX = 200
# Below this many claimed deliveries more are claimed: at full speed they last longer than a claim takes.
LOW_WATER = 150
# For retries that become due, and for lost notifications.
POLL_SECONDS = 1.0
# An idle worker keeps its lease for this long, so that the next event need not wait for a new one.
LINGER_SECONDS = 10.0
# The burst that a rate limit allows.
BURST_SECONDS = 0.1

Clock = Callable[[], datetime]


class DeliveryWorker:
    def __init__(
        self, webhook: LeasedWebhook, owner: UUID, sessions: Sessions, sender: Sender, clock: Clock
    ) -> None:
        self.webhook, self.owner = webhook, owner
        self.sessions, self.sender, self.clock = sessions, sender, clock
        self.loop = asyncio.get_running_loop()
        self.queue = DueQueue(sessions, webhook.id)
        self.health = webhook.health
        # It starts at one: many endpoints that hang must leave connections for those that respond.
        self.limit = ConcurrencyLimit(maximum=webhook.max_in_flight)
        # The stations of a delivery.
        self.claimed: deque[Due] = deque()
        self.in_flight: dict[int, asyncio.Task[None]] = {}
        self.pending_results: list[Result] = []
        self.flushing: list[Result] = []
        self.wake_up, self.has_results, self.batch_full = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.is_stopping = False
        self.busy_at = self.loop.time()
        # When the rate limit allows the next request.
        self.free_at = 0.0

    async def run(self) -> None:
        """Deliver until nothing was due for a while, or until stopped. Raises LeaseLost."""
        flusher = asyncio.create_task(self.flush_loop())
        try:
            while not self.is_done():
                self.wake_up.clear()
                await self.claim()
                self.start_sends()
                await self.wait(flusher)
        finally:
            await self.shut_down(flusher)

    def notify(self) -> None:
        """New deliveries are due."""
        self.queue.notify()
        self.wake_up.set()

    def stop(self, *, at_once: bool = False) -> None:
        """Start no more requests; with at_once, also cancel those in flight."""
        self.is_stopping = True
        self.claimed.clear()
        if at_once:
            for task in self.in_flight.values():
                task.cancel()
        self.wake_up.set()

    def has_work(self) -> bool:
        return bool(self.claimed or self.in_flight or self.pending_results or self.flushing)

    def is_busy(self) -> bool:
        return self.has_work() or self.queue.has_more or self.queue.is_claiming

    def is_done(self) -> bool:
        if self.in_flight or self.pending_results or self.flushing:
            return False
        if self.is_stopping or allows(self.health, self.clock()) is Permit.NONE:
            return True
        return not self.claimed and self.loop.time() - self.busy_at > LINGER_SECONDS

    async def wait(self, flusher: asyncio.Task[None]) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self.wake_up.wait()
        except TimeoutError:
            self.queue.has_more = True
        if flusher.done():
            flusher.result()

    async def shut_down(self, flusher: asyncio.Task[None]) -> None:
        """Cancel the requests in flight and write the known results, whatever happened."""
        for task in self.in_flight.values():
            task.cancel()
        await asyncio.gather(*self.in_flight.values(), return_exceptions=True)
        flusher.cancel()
        await asyncio.gather(flusher, return_exceptions=True)
        if self.flushing or self.pending_results:
            await self.flush()

    # --- Claim ---

    async def claim(self) -> None:
        """Claim enough that no request waits for the database."""
        if self.is_stopping or not self.queue.has_more or not self.is_low():
            return
        held = [due.id for due in self.claimed] + list(self.in_flight)
        held += [result.due.id for result in (*self.pending_results, *self.flushing)]
        batch = await self.queue.claim(self.clock(), held)
        if batch:
            self.busy_at = self.loop.time()
        if not self.is_stopping:
            self.claimed.extend(batch)

    def is_low(self) -> bool:
        return len(self.claimed) <= max(LOW_WATER, self.limit.size)

    # --- Send ---

    def start_sends(self) -> None:
        """Start as many requests as the concurrency limit, the rate limit and the circuit breaker allow."""
        while self.claimed and len(self.in_flight) < self.limit.size and not self.is_backlogged():
            permit = allows(self.health, self.clock())
            if permit is Permit.NONE:
                self.claimed.clear()
                return
            is_probe = permit is Permit.PROBE
            if (is_probe and self.in_flight) or not self.rate_allows():
                return
            due = self.claimed.popleft()
            self.in_flight[due.id] = asyncio.create_task(self.deliver(due, is_probe))

    def is_backlogged(self) -> bool:
        """Whether results are written more slowly than they come; writing then sets the pace."""
        return len(self.pending_results) + len(self.flushing) >= UNWRITTEN_MAX

    def rate_allows(self) -> bool:
        if not self.webhook.rate_per_second:
            return True
        now = self.loop.time()
        if now < self.free_at:
            self.loop.call_at(self.free_at, self.wake_up.set)
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
                self.wake_up.set()
        self.record(due, started_at, outcome, is_probe)

    def record(self, due: Due, started_at: datetime, outcome: Outcome, is_probe: bool) -> None:
        """Queue the result for writing, apply it to health and limit, and start the next request."""
        now = self.clock()
        was_open = self.health.state is State.OPEN
        self.health = health_after(self.health, outcome, now, is_probe)
        if self.health.state is State.OPEN and not was_open:
            self.limit = self.limit.reset()
        self.limit = self.limit.increase() if outcome.succeeded else self.limit.decrease(outcome)
        retry_at = None if outcome.succeeded else next_attempt_at(outcome, due.tries + 1, now)
        self.pending_results.append(Result(due, started_at, outcome, retry_at))
        self.has_results.set()
        if len(self.pending_results) >= FLUSH_SIZE:
            self.batch_full.set()
        self.busy_at = self.loop.time()
        self.start_sends()
        if self.is_low():
            self.wake_up.set()

    # --- Flush ---

    async def flush_loop(self) -> None:
        try:
            while True:
                await self.has_results.wait()
                await self.wait_for_batch()
                await self.flush()
                if self.pending_results:
                    self.has_results.set()
        finally:
            # Without it, nothing more may be sent.
            self.stop()

    async def wait_for_batch(self) -> None:
        """Writing many results costs little more than writing one."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_SECONDS):
                await self.batch_full.wait()

    async def flush(self) -> None:
        """Write the pending results. Raises LeaseLost if they no longer count."""
        self.has_results.clear()
        self.batch_full.clear()
        self.flushing += self.pending_results
        self.pending_results = []
        await record_results(self.sessions, self.webhook.id, self.owner, self.health, self.flushing)
        self.flushing = []
        if self.health.state is State.DISABLED:
            self.stop()
        self.wake_up.set()

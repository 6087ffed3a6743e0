"""The dispatcher: one in each worker process. It creates deliveries, leases webhooks and runs a worker for each.

    a notification, or a second passed -> fan out -> acquire leases -> delivery workers, all in one event loop

It is a resident task, not a job for each webhook: an endpoint that hangs takes no place in the queue, an event is sent
a few milliseconds after its commit, and one pool of connections serves all webhooks. hooks.tasks starts it again when it
fails; whatever was in flight is still due."""

import asyncio
import logging
import uuid
from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime

from django.conf import settings
from psycopg import OperationalError

from hooks import switch
from hooks.delivery import leases
from hooks.delivery.fanout import fan_out
from hooks.delivery.leases import LeasedWebhook
from hooks.delivery.results import LeaseLost
from hooks.delivery.worker import Clock, DeliveryWorker
from hooks.http.client import Sender
from hooks.outbox_sql import CHANNEL, DELIVERIES_DUE, SWITCH_CHANGED, WEBHOOK_CHANGED, WEBHOOK_RESET
from hooks.queries import Session, Sessions, fetch, listening, open_sessions

# For what has no notification: retries that become due, leases that expire, a notification that was lost.
POLL_SECONDS = 1.0
WORKERS_MAX = 200
# Requests in flight over all webhooks; each worker has its own limit besides. Each is an open file.
CONNECTIONS = 500
# A notification holds 8,000 bytes.
NAMED_WEBHOOKS_MAX = 300
# How long requests in flight may take at the end.
GRACE_SECONDS = 3.0

# Shared by all dispatchers of this process, one after the other: a new one releases what its predecessor could not.
OWNER = uuid.uuid4()

logger = logging.getLogger(__name__)


def utc_now() -> datetime:
    return datetime.now(UTC)


class Dispatcher:
    def __init__(
        self, sessions: Sessions, sender: Sender, clock: Clock = utc_now, owner: uuid.UUID | None = None
    ) -> None:
        self.sessions, self.sender, self.clock = sessions, sender, clock
        self.owner = owner or uuid.uuid4()
        self.workers: dict[int, DeliveryWorker] = {}
        # Webhooks whose worker lost its database session; their leases are still held.
        self.interrupted: set[int] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.wake_up = asyncio.Event()
        # Webhooks that were notified of due deliveries.
        self.notified: set[int] = set()
        self.poll_at = 0.0
        # Why nothing is sent at present; empty if deliveries are sent.
        self.held_because = ""

    async def run(self) -> None:
        """Run until cancelled."""
        async with listening(CHANNEL) as session:
            helpers = [asyncio.create_task(self.listen(session)), asyncio.create_task(self.renew_leases())]
            try:
                # Left by the previous dispatcher of this process, if it lost the database.
                await leases.release(self.sessions, self.owner)
                while True:
                    await self.run_once()
                    await self.wait(helpers)
            finally:
                for helper in helpers:
                    helper.cancel()
                await asyncio.gather(*helpers, return_exceptions=True)
                await self.shut_down()

    async def run_once(self) -> None:
        """Create the deliveries of new events, and have workers for all that is due."""
        self.wake_up.clear()
        now = asyncio.get_running_loop().time()
        is_poll = now >= self.poll_at
        if is_poll:
            self.poll_at = now + POLL_SECONDS
            await self.check_switch()
        await self.fan_out()
        if is_poll:
            await self.release_interrupted()
            await self.acquire_leases()

    async def check_switch(self) -> None:
        reason = await switch.check(self.sessions)
        if reason != self.held_because:
            logger.warning("%s", reason or "Deliveries are sent again.")
        self.held_because = reason
        if reason:
            for webhook in self.workers:
                self.stop_worker(webhook)

    async def fan_out(self) -> None:
        has_more = True
        while has_more:
            notified, self.notified = self.notified, set()
            step = await fan_out(self.sessions)
            await self.deliver_for(notified | step.webhooks)
            await self.notify_others(step.webhooks)
            has_more = step.has_more

    async def wait(self, helpers: Collection[asyncio.Task[None]]) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS):
                await self.wake_up.wait()
        for helper in helpers:
            if helper.done():
                helper.result()

    # --- Workers ---

    async def deliver_for(self, webhooks: set[int]) -> None:
        for webhook in webhooks & self.workers.keys():
            self.workers[webhook].notify()
        if others := webhooks - self.workers.keys():
            await self.acquire_leases(others)

    async def acquire_leases(self, only: Collection[int] | None = None) -> None:
        if self.held_because:
            return
        room = WORKERS_MAX - len(self.workers)
        # Leases of running workers may have expired while this process was paused; renew_leases handles those.
        held = list(self.workers)
        for webhook in await leases.acquire(self.sessions, self.owner, self.clock(), room, held, only):
            self.start_worker(webhook)

    async def release_interrupted(self) -> None:
        if interrupted := self.interrupted - self.workers.keys():
            await leases.release(self.sessions, self.owner, interrupted)
        self.interrupted.clear()

    async def renew_leases(self) -> None:
        """Renew all leases well before they expire. Stop workers that lost theirs, or whose webhook is disabled or deleted."""
        while True:
            await asyncio.sleep(leases.duration().total_seconds() / 4)
            held = set(self.workers)
            for webhook in held - await leases.renew(self.sessions, self.owner, held):
                self.stop_worker(webhook)

    def start_worker(self, webhook: LeasedWebhook) -> None:
        worker = DeliveryWorker(webhook, self.owner, self.sessions, self.sender, self.clock)
        self.workers[webhook.id] = worker
        task = asyncio.create_task(self.run_worker(worker), name=f"webhook {webhook.id}")
        self.tasks.add(task)
        task.add_done_callback(self.worker_ended)

    def stop_worker(self, webhook: int, *, at_once: bool = False) -> None:
        """The next worker of the webhook starts with its current settings."""
        if webhook in self.workers:
            self.workers[webhook].stop(at_once=at_once)
            self.notified.add(webhook)

    async def run_worker(self, worker: DeliveryWorker) -> None:
        webhook = worker.webhook.id
        try:
            await worker.run()
            await leases.release(self.sessions, self.owner, [webhook])
        except LeaseLost:
            logger.info("Webhook %s is delivered to by another dispatcher, or was deleted.", webhook)
        except OperationalError as error:
            logger.warning("Deliveries of webhook %s wait for the database: %s", webhook, error)
            self.interrupted.add(webhook)
        finally:
            del self.workers[webhook]
            self.wake_up.set()

    def worker_ended(self, task: asyncio.Task[None]) -> None:
        """An error with one webhook does not affect the others: its lease expires, and then it is tried again."""
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("Deliveries of %s stopped with an error.", task.get_name(), exc_info=error)

    async def shut_down(self) -> None:
        """Start nothing more, give requests in flight a moment to finish, and release the leases."""
        for worker in self.workers.values():
            worker.stop()
        if self.tasks:
            _, late = await asyncio.wait(self.tasks, timeout=GRACE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    # --- Notifications ---

    async def listen(self, session: Session) -> None:
        async for notification in session.notifies():
            self.handle(notification.payload)

    def handle(self, message: str) -> None:
        kind, _, about = message.partition(" ")
        if kind == DELIVERIES_DUE:
            sender, _, names = about.partition(" ")
            if sender == str(self.owner):
                return
            self.notified |= set(map(int, names.split(","))) if names else self.workers.keys()
        elif kind in (WEBHOOK_CHANGED, WEBHOOK_RESET):
            self.stop_worker(int(about), at_once=kind == WEBHOOK_RESET)
        elif kind == SWITCH_CHANGED:
            self.poll_at = 0.0
        self.wake_up.set()

    async def notify_others(self, webhooks: set[int]) -> None:
        if webhooks:
            names = ",".join(map(str, webhooks)) if len(webhooks) <= NAMED_WEBHOOKS_MAX else ""
            message = f"{DELIVERIES_DUE} {self.owner} {names}"
            await fetch(self.sessions, "notify", {"channel": CHANNEL, "message": message})


async def dispatch() -> None:
    """Run a dispatcher until cancelled, or until the database is unavailable."""
    try:
        async with (
            open_sessions() as sessions,
            Sender(settings.WEBHOOK_ALLOWED_NETWORKS, connections=CONNECTIONS) as sender,
        ):
            await Dispatcher(sessions, sender, owner=OWNER).run()
    except OperationalError as error:
        logger.warning("Webhooks wait for the database: %s", error)

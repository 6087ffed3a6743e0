"""One in each worker process: makes deliveries of events, and keeps a drain going for every webhook it has the lease of.

    news from the database, or a second passed -> fan out -> take leases -> drains, all in one event loop

A resident task, not a job for each webhook: a hanging receiver holds no place of the queue, an event is under way a few
milliseconds after its commit, and one pool of connections serves all. hooks.tasks sees that it runs; when it breaks, it
is started again, and what it had in hand is still due."""

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
from hooks.delivery.leases import Leased
from hooks.delivery.results import LeaseLost
from hooks.delivery.worker import Clock, Drain
from hooks.http.client import Sender
from hooks.outbox_sql import CHANGED, CHANNEL, DUE, RESTARTED, SWITCHED
from hooks.queries import Session, Sessions, fetch, listening, open_sessions

# For what nobody told of: retries that have become due, leases that ran out, a lost notification.
LOOK_SECONDS = 1.0
DRAINS = 200
# Requests under way, over all webhooks; the slots of each are its drain's. Each is an open file.
CONNECTIONS = 500
# A notification holds 8,000 bytes.
TOLD_BY_NAME = 300
# What is under way at the end may get so far.
GRACE_SECONDS = 3.0

# Of every dispatcher of this process, one after the other: what one could not give back, the next one does.
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
        self.drains: dict[int, Drain] = {}
        # Webhooks whose drain lost its session to the database; their leases are ours still.
        self.interrupted: set[int] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.news = asyncio.Event()
        # Webhooks of which somebody said that they have something due.
        self.told: set[int] = set()
        self.look_at = 0.0
        # Why nothing is sent at present.
        self.held = ""

    async def run(self) -> None:
        """Go on until cancelled."""
        async with listening(CHANNEL) as session:
            helpers = [asyncio.create_task(self.listen(session)), asyncio.create_task(self.keep_leases())]
            try:
                # Of the dispatcher before in this process, if the database went away under it.
                await leases.give_back(self.sessions, self.owner)
                while True:
                    await self.turn()
                    await self.wait(helpers)
            finally:
                for helper in helpers:
                    helper.cancel()
                await asyncio.gather(*helpers, return_exceptions=True)
                await self.end()

    async def run_until_idle(self) -> None:
        """Try everything that is due by now, and end."""
        try:
            await self.turn()
            while any(drain.is_busy() for drain in self.drains.values()):
                await asyncio.sleep(0.005)
                self.look_at = 0.0
                await self.turn()
        finally:
            await self.end()

    async def turn(self) -> None:
        """Make the deliveries that are to be made, and see that somebody sends them."""
        self.news.clear()
        now = asyncio.get_running_loop().time()
        is_looking = now >= self.look_at
        if is_looking:
            self.look_at = now + LOOK_SECONDS
            await self.look_at_switch()
        await self.fan_out()
        if is_looking:
            await self.give_back_interrupted()
            await self.take_leases()

    async def look_at_switch(self) -> None:
        held = await switch.look(self.sessions)
        if held != self.held:
            logger.warning("%s", held or "Deliveries are sent again.")
        self.held = held
        if held:
            for webhook in self.drains:
                self.stop_drain(webhook)

    async def fan_out(self) -> None:
        more = True
        while more:
            told, self.told = self.told, set()
            made = await fan_out(self.sessions)
            await self.send_for(told | made.webhooks)
            await self.tell_others(made.webhooks)
            more = made.more

    async def wait(self, helpers: Collection[asyncio.Task[None]]) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await self.news.wait()
        for helper in helpers:
            if helper.done():
                helper.result()

    # --- Drains ---

    async def send_for(self, webhooks: set[int]) -> None:
        for webhook in webhooks & self.drains.keys():
            self.drains[webhook].wake()
        if others := webhooks - self.drains.keys():
            await self.take_leases(others)

    async def take_leases(self, only: Collection[int] | None = None) -> None:
        if self.held:
            return
        room = DRAINS - len(self.drains)
        # Not those of our own drains, which may have run out while this process was paused: keep_leases sees to them.
        held = list(self.drains)
        for webhook in await leases.take(self.sessions, self.owner, self.clock(), room, held, only):
            self.start_drain(webhook)

    async def give_back_interrupted(self) -> None:
        if interrupted := self.interrupted - self.drains.keys():
            await leases.give_back(self.sessions, self.owner, interrupted)
        self.interrupted.clear()

    def start_drain(self, webhook: Leased) -> None:
        drain = Drain(webhook, self.owner, self.sessions, self.sender, self.clock)
        self.drains[webhook.id] = drain
        task = asyncio.create_task(self.drain(drain), name=f"webhook {webhook.id}")
        self.tasks.add(task)
        task.add_done_callback(self.drain_ended)

    async def drain(self, drain: Drain) -> None:
        webhook = drain.webhook.id
        try:
            await drain.run()
            await leases.give_back(self.sessions, self.owner, [webhook])
        except LeaseLost:
            logger.info("Webhook %s is sent for elsewhere, or gone.", webhook)
        except OperationalError as error:
            logger.warning("Sending for webhook %s waits for the database: %s", webhook, error)
            self.interrupted.add(webhook)
        finally:
            del self.drains[webhook]
            self.news.set()

    def drain_ended(self, task: asyncio.Task[None]) -> None:
        """A fault with one webhook is none of the others'; its lease runs out, and then it is tried again."""
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("Sending for %s broke off.", task.get_name(), exc_info=error)

    async def end(self) -> None:
        """Start nothing more, let what is under way come to its end for a moment, and give the leases back."""
        for drain in self.drains.values():
            drain.stop()
        if self.tasks:
            _, late = await asyncio.wait(self.tasks, timeout=GRACE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    # --- News ---

    async def listen(self, session: Session) -> None:
        async for notification in session.notifies():
            self.hear(notification.payload)

    def hear(self, news: str) -> None:
        what, _, about = news.partition(" ")
        if what == DUE:
            sender, _, named = about.partition(" ")
            if sender == str(self.owner):
                return
            self.told |= set(map(int, named.split(","))) if named else self.drains.keys()
        elif what in (CHANGED, RESTARTED):
            self.stop_drain(int(about), at_once=what == RESTARTED)
        elif what == SWITCHED:
            self.look_at = 0.0
        self.news.set()

    async def tell_others(self, webhooks: set[int]) -> None:
        if webhooks:
            named = ",".join(map(str, webhooks)) if len(webhooks) <= TOLD_BY_NAME else ""
            await fetch(self.sessions, "tell", {"channel": CHANNEL, "news": f"{DUE} {self.owner} {named}"})

    def stop_drain(self, webhook: int, *, at_once: bool = False) -> None:
        """Whoever takes the lease next goes by what the webhook is then."""
        if webhook in self.drains:
            self.drains[webhook].stop(at_once=at_once)
            self.told.add(webhook)

    async def keep_leases(self) -> None:
        """Well before they run out. A drain ends whose lease is somebody else's, or whose webhook is off or gone."""
        while True:
            await asyncio.sleep(leases.length().total_seconds() / 4)
            held = set(self.drains)
            for webhook in held - await leases.keep(self.sessions, self.owner, held):
                self.stop_drain(webhook)


async def dispatch() -> None:
    """Until cancelled, or until the database is gone."""
    try:
        async with (
            open_sessions() as sessions,
            Sender(settings.WEBHOOK_ALLOWED_NETWORKS, connections=CONNECTIONS) as sender,
        ):
            await Dispatcher(sessions, sender, owner=OWNER).run()
    except OperationalError as error:
        logger.warning("Webhooks wait for the database: %s", error)

"""What tests of deliveries share: everything that is due sent in this process, at whatever time it is to be."""

import asyncio
from datetime import UTC, datetime, timedelta

from django.conf import settings

from hooks.delivery.dispatcher import Dispatcher
from hooks.delivery.worker import Clock
from hooks.http.client import Deadlines, Sender
from hooks.models import Delivery
from hooks.queries import open_sessions

# For receivers that hang; a busy machine must not make a failure of one that answers.
HASTY = Deadlines(connect=2, head=2, body=2, total=3)


class Time:
    """A clock that is moved by hand; it starts now."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def advance(self, **by: float) -> None:
        self.ahead += timedelta(**by)


class Stopped:
    """A clock that stands still but for what it is moved by hand, for times to the microsecond."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC) + timedelta(hours=1)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


def send_all(
    clock: Clock | None = None,
    deadlines: Deadlines = Deadlines(),  # noqa: B008 - frozen
    connections: int = 500,
) -> None:
    """Everything that is due by then is tried."""
    asyncio.run(send(clock or Time(), deadlines, connections))


async def send(clock: Clock, deadlines: Deadlines, connections: int) -> None:
    async with (
        open_sessions() as sessions,
        Sender(settings.WEBHOOK_ALLOWED_NETWORKS, connections=connections, deadlines=deadlines) as sender,
    ):
        await run_until_idle(Dispatcher(sessions, sender, clock))


async def run_until_idle(dispatcher: Dispatcher) -> None:
    """Try everything that is due by now, and end."""
    try:
        await dispatcher.run_once()
        while any(worker.is_busy() for worker in dispatcher.workers.values()):
            await asyncio.sleep(0.005)
            dispatcher.poll_at = 0.0
            await dispatcher.run_once()
    finally:
        await dispatcher.shut_down()


def statuses() -> list[str]:
    return list(Delivery.objects.order_by("event_id", "webhook_id").values_list("status", flat=True))

"""What the worker does for webhooks: sending, and keeping order.

Shallow on purpose: hooks.delivery.dispatcher sends, hooks.retention removes what is old."""

import asyncio

from procrastinate.contrib.django import app

from hooks import retention
from hooks.delivery.dispatcher import dispatch
from hooks.models import DeliveryCount

# One dispatcher in a process. It ends with the worker, which lets it finish what is under way.
running = asyncio.Lock()


@app.periodic(cron="* * * * * */5")
@app.task(queue="hooks", queueing_lock="hooks.deliver")
async def deliver(timestamp: int) -> None:
    """See that this process has a dispatcher: be it, if there is none. project.settings has a place for it."""
    if not running.locked():
        async with running:
            await dispatch()


@app.periodic(cron="* * * * *")
@app.task(queue="maintenance", queueing_lock="hooks.fold_delivery_count")
def fold_delivery_count(timestamp: int) -> None:
    DeliveryCount.objects.fold()


@app.periodic(cron="29 * * * *")
@app.task(queue="maintenance", queueing_lock="hooks.prune")
def prune(timestamp: int) -> None:
    retention.prune()

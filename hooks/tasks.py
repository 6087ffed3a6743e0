"""The background tasks of webhooks: delivery, counts and pruning."""

import asyncio

from procrastinate.contrib.django import app

from hooks import retention
from hooks.delivery.dispatcher import dispatch
from hooks.models import DeliveryCount

# One dispatcher in each process. It ends with the worker, which lets requests in flight finish.
running = asyncio.Lock()


@app.periodic(cron="* * * * * */5")
@app.task(queue="hooks", queueing_lock="hooks.deliver")
async def deliver(timestamp: int) -> None:
    """Run the dispatcher of this process, unless it is running. project.settings reserves a worker slot for it."""
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

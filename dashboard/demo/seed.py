"""Fills an empty database with a catalog, a month of imports, and a month of webhook deliveries.

The random numbers are seeded, so only the times differ between two runs."""

import time
from collections.abc import Callable
from datetime import datetime
from random import Random

from catalog.models import Product
from dashboard.demo.deliveries import seed_deliveries
from dashboard.demo.imports import import_file
from dashboard.demo.timeline import month
from hooks.models import Webhook
from imports.cli.inline_worker import QueueWorker
from imports.models import ImportJob

SEED = 2026
PRODUCTS = 5_000


class NotEmpty(Exception):
    """The database already has data."""


def fill(now: datetime, products: int = PRODUCTS, say: Callable[[str], None] = lambda line: None) -> None:
    """Raises NotEmpty. The imports run in a worker of its own, or in any other running worker."""
    check_empty()
    # A fixed seed gives the same data every time.
    rng, begun = Random(SEED), time.monotonic()  # noqa: S311
    with QueueWorker() as worker:
        for upload in month(now, products, rng):
            worker.keep_running()
            job = import_file(upload, rng)
            say(f"{upload.at:%d %b %H:%M}  {job.filename:28} {job.status}")
    seed_deliveries(now, rng)
    say(f"Done in {time.monotonic() - begun:.0f} seconds.")


def check_empty() -> None:
    tables = {
        "products": Product.objects.exists(),
        "imports": ImportJob.objects.exists(),
        "webhooks": Webhook.objects.exists(),
    }
    if filled := [name for name, exist in tables.items() if exist]:
        raise NotEmpty(
            f"The demo needs an empty database, but this one has {' and '.join(filled)}. Set DATABASE_URL to another one."
        )

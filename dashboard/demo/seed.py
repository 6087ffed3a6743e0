"""An empty database filled with something to look at: a catalog, a month of imports, and of deliveries to webhooks.

Seeded, so that two fillings differ by their times alone. The commands demo and bench.screenshots call fill()."""

import time
from collections.abc import Callable
from datetime import datetime
from random import Random

from catalog.models import Product
from dashboard.demo.deliveries import tell
from dashboard.demo.imports import import_file
from dashboard.demo.timeline import month
from hooks.models import Webhook
from imports.cli.inline_worker import QueueWorker
from imports.models import ImportJob

SEED = 2026
PRODUCTS = 5_000


class NotEmpty(Exception):
    """Somebody's data is there already."""


def fill(now: datetime, products: int = PRODUCTS, say: Callable[[str], None] = lambda line: None) -> None:
    """Raises NotEmpty. A worker that runs beside this may do the imports; otherwise it brings its own."""
    refuse_unless_empty()
    # The same numbers every time are the point.
    chance, begun = Random(SEED), time.monotonic()  # noqa: S311
    with QueueWorker() as worker:
        for came in month(now, products, chance):
            worker.keep_running()
            job = import_file(came, chance)
            say(f"{came.at:%d %b %H:%M}  {job.filename:28} {job.status}")
    tell(now, chance)
    say(f"Done in {time.monotonic() - begun:.0f} seconds.")


def refuse_unless_empty() -> None:
    there = {
        "products": Product.objects.exists(),
        "imports": ImportJob.objects.exists(),
        "webhooks": Webhook.objects.exists(),
    }
    if found := [name for name, exist in there.items() if exist]:
        raise NotEmpty(
            f"The demo fills an empty database, and this one has {' and '.join(found)}. Point DATABASE_URL to another one."
        )

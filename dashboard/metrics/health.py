"""Health of the workers and queues for the overview: workers online, and the oldest import and delivery in the queue.

Platforms use /readyz instead."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.db import connection

from dashboard.metrics.webhook_metrics import PATIENCE
from hooks import switch
from lib import sql

# The same as in project.health, for /readyz.
SEEN_WITHIN = timedelta(seconds=60)
# Pending deliveries are counted up to this number.
COUNT_LIMIT = 10_000

FOLDER = Path(__file__).parent / "sql"
FIGURES = sql.fill(FOLDER, "health", oldest_due=sql.read(FOLDER, "oldest_due"))


@dataclass(frozen=True)
class Health:
    now: datetime
    workers: int
    # Undos too: they share the queue of imports, and run one at a time.
    imports_queued: int
    oldest_import: datetime | None
    import_runs: bool
    deliveries_due: int
    # Without webhooks that are failing or paused.
    oldest_delivery: datetime | None
    webhooks_failing: int
    # With deliveries that are due.
    webhooks_paused: int
    # Why all deliveries are paused, or "".
    held_because: str

    @property
    def advice(self) -> str:
        """The most urgent problem and its fix, or ""."""
        if not self.workers:
            return (
                "No workers are running. Imports and deliveries are paused. Start one: "
                "`python manage.py procrastinate worker`"
            )
        if self.is_late(self.oldest_import) and not self.import_runs:
            return "An import is stuck in the queue. Check the worker log."
        if self.held_because:
            return self.held_because
        if self.is_late(self.oldest_delivery):
            return "Deliveries are falling behind. Add workers to catch up."
        return ""

    @property
    def import_wait(self) -> float | None:
        return self.seconds_since(self.oldest_import)

    @property
    def delivery_wait(self) -> float | None:
        return self.seconds_since(self.oldest_delivery)

    @property
    def has_more_deliveries(self) -> bool:
        return self.deliveries_due >= COUNT_LIMIT

    def seconds_since(self, since: datetime | None) -> float | None:
        return None if since is None else max(round((self.now - since).total_seconds()), 0)

    # An idle worker takes work sooner than PATIENCE.
    def is_late(self, since: datetime | None) -> bool:
        return since is not None and self.now - since > PATIENCE


def health(now: datetime) -> Health:
    with connection.cursor() as cursor:
        cursor.execute(FIGURES, {"seen_within": f"{SEEN_WITHIN.seconds} seconds", "count_limit": COUNT_LIMIT})
        figures = [*cursor.fetchone(), switch.held_because()]
    return Health(now, *figures)

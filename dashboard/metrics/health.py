"""Health of the workers and queues for the overview: workers online, and the oldest import and delivery in the queue.

Platforms use /readyz instead."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from hooks import switch

# The same as in project.health, for /readyz.
SEEN_WITHIN = timedelta(seconds=60)
# An idle worker takes work sooner than this.
PATIENCE = timedelta(seconds=30)
# Pending deliveries are counted up to this number.
COUNT_LIMIT = 10_000

FIGURES = """
    SELECT
        (SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - %(seen_within)s::interval),
        (SELECT count(*) FROM imports_importjob WHERE status = 'pending')
            + (SELECT count(*) FROM imports_importjob WHERE undo_status = 'pending'),
        least(
            (SELECT min(coalesce(confirmed_at, created_at)) FROM imports_importjob WHERE status = 'pending'),
            (SELECT min(undo_requested_at) FROM imports_importjob WHERE undo_status = 'pending')
        ),
        EXISTS (SELECT FROM imports_importjob WHERE status = 'processing')
            OR EXISTS (SELECT FROM imports_importjob WHERE undo_status = 'processing'),
        (SELECT count(*) FROM (
            SELECT FROM hooks_webhook AS w, LATERAL (
                SELECT FROM hooks_delivery WHERE webhook_id = w.id AND status = 'pending' AND next_attempt_at <= now()
                LIMIT %(count_limit)s
            ) AS due
            WHERE w.is_enabled LIMIT %(count_limit)s
        ) AS counted),
        (SELECT min(due.next_attempt_at) FROM hooks_webhook AS w
            LEFT JOIN hooks_health AS h ON h.webhook_id = w.id,
            LATERAL (
                SELECT next_attempt_at FROM hooks_delivery
                WHERE webhook_id = w.id AND status = 'pending' AND next_attempt_at <= now()
                ORDER BY next_attempt_at LIMIT 1
            ) AS due
            WHERE w.is_enabled AND coalesce(h.state, 'healthy') = 'healthy'
                AND coalesce(h.paused_until, '-infinity') <= now()),
        (SELECT count(*) FROM hooks_webhook AS w JOIN hooks_health AS h ON h.webhook_id = w.id
            WHERE w.is_enabled AND h.state = 'open')
"""


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

    def is_late(self, since: datetime | None) -> bool:
        return since is not None and self.now - since > PATIENCE


def health(now: datetime) -> Health:
    with connection.cursor() as cursor:
        cursor.execute(FIGURES, {"seen_within": f"{SEEN_WITHIN.seconds} seconds", "count_limit": COUNT_LIMIT})
        figures = [*cursor.fetchone(), switch.held_because()]
    return Health(now, *figures)

"""Whether work gets done: the workers that are alive, and what has waited longest for one.

A figure that is not known to the system is left out; what is told here is for people, /readyz is for platforms."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from hooks import switch

# As project.health has it for /readyz.
SEEN_WITHIN = timedelta(seconds=60)
# With a worker at leisure nothing waits so long.
PATIENCE = timedelta(seconds=30)
# So many waiting deliveries are counted, and no more.
COUNTED = 10_000

FIGURES = """
    SELECT
        (SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - %(seen_within)s::interval),
        (SELECT count(*) FROM imports_importjob WHERE status = 'pending'),
        (SELECT min(coalesce(confirmed_at, created_at)) FROM imports_importjob WHERE status = 'pending'),
        EXISTS (SELECT FROM imports_importjob WHERE status = 'processing'),
        (SELECT count(*) FROM (
            SELECT FROM hooks_webhook AS w, LATERAL (
                SELECT FROM hooks_delivery WHERE webhook_id = w.id AND status = 'pending' AND next_attempt_at <= now()
                LIMIT %(counted)s
            ) AS due
            WHERE w.is_enabled LIMIT %(counted)s
        ) AS counted),
        (SELECT min(due.next_attempt_at) FROM hooks_webhook AS w
            LEFT JOIN hooks_health AS h ON h.webhook_id = w.id,
            LATERAL (
                SELECT next_attempt_at FROM hooks_delivery
                WHERE webhook_id = w.id AND status = 'pending' AND next_attempt_at <= now()
                ORDER BY next_attempt_at LIMIT 1
            ) AS due
            WHERE w.is_enabled AND coalesce(h.state, 'healthy') = 'healthy'
                AND coalesce(h.paused_until, '-infinity') <= now())
"""


@dataclass(frozen=True)
class Health:
    now: datetime
    workers: int
    imports_waiting: int
    oldest_import: datetime | None
    import_runs: bool
    deliveries_due: int
    # Of webhooks whose receivers answer, and did not ask for a pause.
    oldest_delivery: datetime | None
    # Why no deliveries are sent at all; "" if they are.
    held_because: str

    @property
    def advice(self) -> str:
        """What somebody should do; "" if nothing."""
        if not self.workers:
            return (
                "No worker is alive, so uploads wait and nothing is delivered. Start one: "
                "`python manage.py procrastinate worker`"
            )
        # Imports run one at a time.
        if self.is_late(self.oldest_import) and not self.import_runs:
            return "An import waits although a worker is alive. Read the worker's log."
        if self.held_because:
            return self.held_because
        if self.is_late(self.oldest_delivery):
            return "Deliveries are behind. More workers send more of them at once."
        return ""

    @property
    def import_waited(self) -> float | None:
        return self.waited(self.oldest_import)

    @property
    def delivery_waited(self) -> float | None:
        return self.waited(self.oldest_delivery)

    @property
    def counted_all(self) -> bool:
        return self.deliveries_due < COUNTED

    def waited(self, since: datetime | None) -> float | None:
        return None if since is None else max(round((self.now - since).total_seconds()), 0)

    def is_late(self, since: datetime | None) -> bool:
        return since is not None and self.now - since > PATIENCE


def health(now: datetime) -> Health:
    with connection.cursor() as cursor:
        cursor.execute(FIGURES, {"seen_within": f"{SEEN_WITHIN.seconds} seconds", "counted": COUNTED})
        figures = [*cursor.fetchone(), switch.held_because()]
    return Health(now, *figures)

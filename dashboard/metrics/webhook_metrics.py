"""The status of webhooks in words, and metrics of their newest deliveries.

Metrics read a limited sample of deliveries by index, so ten million of them cost no more than a thousand. The console shows
where a sample was cut."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import floor
from pathlib import Path

from django.db import connection

from hooks.models import Webhook
from lib import sql

RECENT = timedelta(hours=24)
# Deliveries read per webhook, for the list and for its page, so that both show the same rate.
SAMPLE_SIZE = 1_000
COUNT_LIMIT = 10_000
# A delivery is usually sent within a second; one that has been due for longer than this is overdue, here and for
# dashboard.metrics.health.
PATIENCE = timedelta(seconds=30)
FOLDER = Path(__file__).parent / "sql"
RECENT_DELIVERIES = sql.fill(FOLDER, "recent_deliveries", oldest_due=sql.read(FOLDER, "oldest_due"))
WEBHOOK = sql.read(FOLDER, "webhook")


# --- State ---


@dataclass(frozen=True)
class State:
    css_class: str
    label: str
    # Empty if the webhook is healthy.
    reason: str = ""
    # The effect on deliveries.
    effect: str = ""
    next_attempt_at: datetime | None = None
    # Whether due deliveries are held back.
    is_paused: bool = False
    # Since when a delivery is due that should have been sent long ago.
    overdue_since: datetime | None = None


def state(
    webhook: Webhook, recent: "RecentDeliveries | None" = None, *, now: datetime, is_held: bool = False
) -> State:
    """`is_held` tells that all deliveries are on hold: then none is overdue, and neither without its recent ones."""
    health = webhook.current_health
    if not webhook.is_enabled:
        return disabled(webhook)
    next_attempt_at = max(
        (at for at in (health.next_probe_at, health.paused_until) if at and at > now), default=None
    )
    failures = f"{health.consecutive_failures:,} failed attempts in a row."
    if health.state == "open":
        effect = "One test delivery is sent at a time until the endpoint recovers. Other events are queued; nothing is lost."
        return State("is-bad", "Failing", failures, effect, next_attempt_at, is_paused=True)
    if next_attempt_at:
        reason = "The endpoint asked for a pause (Retry-After)."
        return State("is-wait", "Paused", reason, "Events are queued.", next_attempt_at, is_paused=True)
    overdue_since = None if recent is None or is_held else recent.overdue_since(now)
    if health.consecutive_failures:
        reason = "Last attempt failed." if health.consecutive_failures == 1 else failures
        return State("is-warn", "Degraded", reason, "Retrying automatically.", overdue_since=overdue_since)
    if overdue_since:
        return State(
            "is-warn", "Behind", "Deliveries are overdue.", limited(webhook), overdue_since=overdue_since
        )
    return State("is-ok", "Healthy")


def limited(webhook: Webhook) -> str:
    """What may slow the deliveries of the webhook down."""
    if webhook.rate_per_second:
        return f"At most {webhook.rate_per_second:,} per second are sent, which is the limit of this webhook."
    return "Check that workers are running, and that the endpoint responds quickly."


def disabled(webhook: Webhook) -> State:
    if webhook.disabled_at:
        return State("is-bad", "Disabled", webhook.disabled_reason)
    return State("is-off", "Disabled", "Disabled manually.", "Events aren't sent.")


# --- Metrics ---


@dataclass(frozen=True)
class RecentDeliveries:
    """The newest deliveries, counted by status."""

    delivered: int = 0
    failed: int = 0
    retrying: int = 0
    pending: int = 0
    # When the oldest delivery of any age was due that nothing holds back.
    oldest_due: datetime | None = field(default=None, compare=False)
    sample_size: int = SAMPLE_SIZE

    def overdue_since(self, now: datetime) -> datetime | None:
        is_overdue = self.oldest_due is not None and now - self.oldest_due > PATIENCE
        return self.oldest_due if is_overdue else None

    @property
    def attempted(self) -> int:
        return self.delivered + self.failed + self.retrying

    @property
    def is_sample(self) -> bool:
        """Whether there may be more deliveries than were read."""
        return self.attempted + self.pending >= self.sample_size

    @property
    def success_rate(self) -> str:
        """Rounded down, so that 100% means all."""
        return f"{floor(1000 * self.delivered / self.attempted) / 10:g}%" if self.attempted else ""


@dataclass(frozen=True)
class Metrics:
    pending: int
    failed: int
    # Milliseconds: the median and the 95th percentile.
    response_time: Sequence[float] | None
    delivery_time: Sequence[float] | None

    @property
    def count_limit(self) -> int:
        """A count that reaches this may be higher."""
        return COUNT_LIMIT


def recent_deliveries(webhooks: Sequence[int], now: datetime) -> dict[int, RecentDeliveries]:
    with connection.cursor() as cursor:
        cursor.execute(
            RECENT_DELIVERIES,
            {"webhooks": list(webhooks), "since": now - RECENT, "sample_size": SAMPLE_SIZE},
        )
        return {
            webhook: RecentDeliveries(delivered, failed, retrying, pending, oldest_due, SAMPLE_SIZE)
            for webhook, delivered, failed, retrying, pending, oldest_due in cursor.fetchall()
        }


def metrics(webhook: int, now: datetime) -> Metrics:
    with connection.cursor() as cursor:
        cursor.execute(
            WEBHOOK,
            {
                "webhook": webhook,
                "since": now - RECENT,
                "sample_size": SAMPLE_SIZE,
                "count_limit": COUNT_LIMIT,
            },
        )
        return Metrics(*cursor.fetchone())

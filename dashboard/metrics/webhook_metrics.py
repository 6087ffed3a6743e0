"""The status of webhooks in words, and metrics of their newest deliveries.

Metrics read a limited sample of deliveries by index, so ten million of them cost no more than a thousand. The console shows
where a sample was cut."""

from collections.abc import Sequence
from dataclasses import dataclass
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
FOLDER = Path(__file__).parent / "sql"
RECENT_DELIVERIES = sql.read(FOLDER, "recent_deliveries")
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


def state(webhook: Webhook, now: datetime) -> State:
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
    if health.consecutive_failures:
        reason = "Last attempt failed." if health.consecutive_failures == 1 else failures
        return State("is-warn", "Degraded", reason, "Retrying automatically.")
    return State("is-ok", "Healthy")


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
    sample_size: int = SAMPLE_SIZE

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
            webhook: RecentDeliveries(delivered, failed, retrying, pending, SAMPLE_SIZE)
            for webhook, delivered, failed, retrying, pending in cursor.fetchall()
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

"""How webhooks are doing, as the console tells it: their state in words, and figures of their newest deliveries.

Figures are of a limited number of deliveries by their indexes, so that ten million of them cost no more than a thousand;
where there are more than were looked at, it is said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import floor
from pathlib import Path

from django.db import connection

from hooks.models import Health, Webhook

LATELY = timedelta(hours=24)
# Of each webhook of the list, and of the one that has a page to itself.
LOOKED_AT_IN_LIST, LOOKED_AT = 200, 1_000
COUNTED = 10_000
SQL = Path(__file__).parent / "sql"
OF_SEVERAL = (SQL / "webhooks_lately.sql").read_text()
OF_ONE = (SQL / "webhook.sql").read_text()


# --- State ---


@dataclass(frozen=True)
class State:
    look: str
    label: str
    # Why; "" where all is well. And what that means, for the page of the webhook.
    told: str = ""
    more: str = ""
    # When something is sent again.
    again_at: datetime | None = None
    # Also what is due waits.
    holds_back: bool = False


def state(webhook: Webhook, now: datetime) -> State:
    health = health_of(webhook)
    if not webhook.is_enabled:
        return off(webhook)
    again_at = max(
        (at for at in (health.next_probe_at, health.paused_until) if at and at > now), default=None
    )
    failed = f"{health.consecutive_failures:,} attempts in a row failed."
    if health.state == "open":
        more = "Single events find out whether the receiver is back; the others wait, and nothing is lost."
        return State("is-bad", "Failing", failed, more, again_at, holds_back=True)
    if again_at:
        told = "The receiver asked for a pause."
        return State("is-wait", "Paused", told, "Events wait for its end.", again_at, holds_back=True)
    if health.consecutive_failures:
        last = "The last attempt failed." if health.consecutive_failures == 1 else failed
        return State("is-warn", "Unsteady", last, "What failed is tried again.")
    return State("is-ok", "Enabled")


def off(webhook: Webhook) -> State:
    if webhook.disabled_at:
        return State("is-bad", "Switched off", webhook.disabled_reason)
    return State("is-off", "Switched off", "Somebody switched it off.", "It is sent nothing.")


def health_of(webhook: Webhook) -> Health:
    """One that was never sent anything has none."""
    return getattr(webhook, "health", None) or Health(state="healthy", consecutive_failures=0)


# --- Figures ---


@dataclass(frozen=True)
class Lately:
    """The newest deliveries by what has become of them so far."""

    delivered: int = 0
    given_up: int = 0
    retried: int = 0
    waiting: int = 0
    looked_at: int = LOOKED_AT_IN_LIST

    @property
    def tried(self) -> int:
        return self.delivered + self.given_up + self.retried

    @property
    def is_part(self) -> bool:
        """There were more than were looked at."""
        return self.tried + self.waiting >= self.looked_at

    @property
    def rate(self) -> str:
        """Rounded down: 100% is said of all and nothing less."""
        return f"{floor(1000 * self.delivered / self.tried) / 10:g}%" if self.tried else ""

    @property
    def look(self) -> str:
        return "is-done" if self.delivered >= 0.9 * self.tried else "is-bad"


@dataclass(frozen=True)
class Figures:
    waiting: int
    given_up: int
    # Milliseconds: the median, and what 95 of 100 stay below.
    answer: Sequence[float] | None
    delivery: Sequence[float] | None

    @property
    def counted(self) -> int:
        """Whatever comes to this is that or more."""
        return COUNTED


def lately(webhooks: Sequence[int], now: datetime, looked_at: int = LOOKED_AT_IN_LIST) -> dict[int, Lately]:
    with connection.cursor() as cursor:
        cursor.execute(
            OF_SEVERAL, {"webhooks": list(webhooks), "since": now - LATELY, "looked_at": looked_at}
        )
        return {
            webhook: Lately(delivered, given_up, retried, waiting, looked_at)
            for webhook, delivered, given_up, retried, waiting in cursor.fetchall()
        }


def figures(webhook: int, now: datetime) -> Figures:
    with connection.cursor() as cursor:
        cursor.execute(
            OF_ONE,
            {"webhook": webhook, "since": now - LATELY, "looked_at": LOOKED_AT, "counted": COUNTED},
        )
        return Figures(*cursor.fetchone())

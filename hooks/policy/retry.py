"""What follows from an outcome: when to try again, and how a webhook is doing. Pure functions over a given `now`.

A delivery has ten attempts in a little over three days. A webhook whose deliveries keep failing is left alone
but for single probes (the breaker), and disabled when nothing got through for five days."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

from hooks.http.outcomes import Outcome

SCHEDULE = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
ATTEMPTS = len(SCHEDULE) + 1
# Each wait is longer or shorter by up to so much, or all that failed together would come back together.
JITTER = 0.2
RETRY_AFTER_MAX = timedelta(hours=24)
# Who says that it is too much, and who does not keep up, is not asked again after five seconds.
STRAINED_STATUS = {429, 502, 503, 504}
STRAINED_CODES = {"connect.timeout", "response.timeout"}
STRAINED_WAIT = timedelta(seconds=60)
# These mean the receiver as a whole with their Retry-After, not one delivery.
PAUSING_STATUS = {429, 503}
GONE = 410

FAILURES_TO_OPEN = 10
PROBE_WAIT = timedelta(seconds=30)
PROBE_WAIT_MAX = timedelta(minutes=15)
DISABLE_AFTER = timedelta(days=5)


class State(StrEnum):
    HEALTHY = "healthy"
    # The breaker is open: nothing is sent but single probes.
    OPEN = "open"
    DISABLED = "disabled"


class Sending(StrEnum):
    ALL = "all"
    ONE_PROBE = "one probe"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Health:
    """How a webhook is doing, over all of its deliveries."""

    state: State = State.HEALTHY
    consecutive_failures: int = 0
    # The first failure since the last success.
    failing_since: datetime | None = None
    last_success_at: datetime | None = None
    # While the breaker is open: when the next probe is due, and how many failed.
    next_probe_at: datetime | None = None
    probes: int = 0
    # What the receiver asked for with Retry-After.
    paused_until: datetime | None = None
    disabled_at: datetime | None = None
    disabled_reason: str = ""


# --- One delivery ---


def next_attempt_at(
    outcome: Outcome, attempts: int, now: datetime, spread: Callable[[], float] = random.random
) -> datetime | None:
    """When to try again after so many attempts, this one included; None: never, the delivery is given up.

    Every failure is tried again but 410. A redirect, 400 or 404 often is a receiver that is being set up."""
    if attempts >= ATTEMPTS or outcome.status_code == GONE:
        return None
    wait = SCHEDULE[attempts - 1] * (1 - JITTER + 2 * JITTER * spread())
    if is_strained(outcome):
        wait = max(wait, STRAINED_WAIT)
    asked = asked_wait(outcome, now)
    return now + max(wait, asked or wait)


def is_strained(outcome: Outcome) -> bool:
    return outcome.status_code in STRAINED_STATUS or outcome.error_code in STRAINED_CODES


def asked_wait(outcome: Outcome, now: datetime) -> timedelta | None:
    """What Retry-After asks for, as seconds or as a date, up to a day; None if it asks for nothing sensible."""
    text = outcome.response_headers.get("retry-after", "").strip()
    if re.fullmatch("[0-9]+", text):
        return timedelta(seconds=min(int(text[:9]), RETRY_AFTER_MAX.total_seconds()))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(moment - now, timedelta()), RETRY_AFTER_MAX)


# --- The webhook ---


def after(health: Health, outcome: Outcome, now: datetime, probe: bool = False) -> Health:
    """The health after one more attempt. `probe`: it was sent because the breaker let a single one through."""
    if health.state is State.DISABLED:
        return health
    paused = paused_until(health, outcome, now)
    if outcome.succeeded:
        # What was asked of all deliveries outlives the success of one that was under way.
        return Health(last_success_at=now, paused_until=paused)
    failed = replace(
        health,
        consecutive_failures=health.consecutive_failures + 1,
        failing_since=health.failing_since or now,
        paused_until=paused,
    )
    reason = reason_to_disable(failed, outcome, now)
    if reason:
        return replace(
            failed, state=State.DISABLED, disabled_at=now, disabled_reason=reason, next_probe_at=None
        )
    return with_breaker(failed, now, probe)


def paused_until(health: Health, outcome: Outcome, now: datetime) -> datetime | None:
    asked = asked_wait(outcome, now) if outcome.status_code in PAUSING_STATUS else None
    moments = [moment for moment in (health.paused_until, asked and now + asked) if moment and moment > now]
    return max(moments, default=None)


def reason_to_disable(health: Health, outcome: Outcome, now: datetime) -> str:
    if outcome.status_code == GONE:
        return "The endpoint returned 410 Gone."
    if health.failing_since and now - health.failing_since >= DISABLE_AFTER:
        return (
            f"Nothing got through for {DISABLE_AFTER.days} days, in {health.consecutive_failures:,} attempts. "
            f"The last: {outcome.error}"
        )
    return ""


def with_breaker(health: Health, now: datetime, probe: bool) -> Health:
    if health.state is State.OPEN:
        # What was still under way when it opened says nothing new.
        return probe_failed(health, now) if probe else health
    if health.consecutive_failures < FAILURES_TO_OPEN:
        return health
    return replace(health, state=State.OPEN, probes=0, next_probe_at=now + PROBE_WAIT)


def probe_failed(health: Health, now: datetime) -> Health:
    probes = health.probes + 1
    # The exponent is held down, as the wait has been at its longest for long by then.
    wait = min(PROBE_WAIT * 2 ** min(probes, 10), PROBE_WAIT_MAX)
    return replace(health, probes=probes, next_probe_at=now + wait)


def enabled(health: Health) -> Health:
    """Switched on again by hand: nothing counts but what is still true."""
    return Health(last_success_at=health.last_success_at)


def may_send(health: Health, now: datetime) -> Sending:
    if health.state is State.DISABLED:
        return Sending.NOTHING
    moment = sends_again_at(health)
    if moment and moment > now:
        return Sending.NOTHING
    return Sending.ONE_PROBE if health.state is State.OPEN else Sending.ALL


def sends_again_at(health: Health) -> datetime | None:
    """When the breaker and the pause let something through; None: they hold nothing back."""
    return max(filter(None, (health.next_probe_at, health.paused_until)), default=None)


# --- One drain ---


@dataclass(frozen=True)
class Slots:
    """How many deliveries may be under way at once. After the breaker it starts with one, and doubles each time
    as many have got through as it lets; a receiver that does not keep up halves it."""

    limit: int
    size: int
    clean: int = 0

    def succeeded(self) -> "Slots":
        if self.size >= self.limit:
            return self
        clean = self.clean + 1
        if clean < self.size:
            return replace(self, clean=clean)
        return replace(self, size=min(self.size * 2, self.limit), clean=0)

    def failed(self, outcome: Outcome) -> "Slots":
        size = max(self.size // 2, 1) if is_strained(outcome) else self.size
        return replace(self, size=size, clean=0)

    def restarted(self) -> "Slots":
        return replace(self, size=1, clean=0)

"""The circuit breaker of a webhook: how its deliveries go, and how many may be sent now.

    closed (all deliveries) -> ten failures in a row -> open (none) -> a wait -> half-open (one probe at a time)

A probe that succeeds closes the breaker; one that fails opens it again for twice as long. After five days without a
success the webhook is disabled. Pure functions over a given `now`."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from hooks.http.outcomes import Outcome
from hooks.policy.retry import GONE, retry_after

# With these statuses Retry-After speaks for the whole endpoint, not for one delivery.
PAUSING_STATUS = {429, 503}
FAILURES_TO_TRIP = 10
PROBE_WAIT = timedelta(seconds=30)
PROBE_WAIT_MAX = timedelta(minutes=15)
DISABLE_AFTER = timedelta(days=5)


class State(StrEnum):
    # The breaker is closed.
    HEALTHY = "healthy"
    # The breaker is open, or half-open once next_probe_at has passed.
    OPEN = "open"
    DISABLED = "disabled"


class Permit(StrEnum):
    """What may be sent: all deliveries, one probe at a time (half-open), or none."""

    ALL = "all"
    PROBE = "probe"
    NONE = "none"


@dataclass(frozen=True)
class Health:
    """The state of a webhook over all of its deliveries."""

    state: State = State.HEALTHY
    consecutive_failures: int = 0
    # The first failure since the last success.
    failing_since: datetime | None = None
    last_success_at: datetime | None = None
    # While the breaker is open: when the next probe is due, and how many probes have failed.
    next_probe_at: datetime | None = None
    probes: int = 0
    # Requested by the endpoint with Retry-After.
    paused_until: datetime | None = None
    disabled_at: datetime | None = None
    disabled_reason: str = ""


# What a reset clears; last_success_at stays.
RESET = ("state", "consecutive_failures", "failing_since", "next_probe_at", "probes", "paused_until")


def reset_values() -> dict[str, object]:
    """Return the fields to set when a webhook is enabled again, or gets another endpoint."""
    initial = asdict(Health())
    return {name: initial[name] for name in RESET}


# --- What may be sent ---


def allows(health: Health, now: datetime) -> Permit:
    if health.state is State.DISABLED:
        return Permit.NONE
    moment = resumes_at(health)
    if moment and moment > now:
        return Permit.NONE
    return Permit.PROBE if health.state is State.OPEN else Permit.ALL


def resumes_at(health: Health) -> datetime | None:
    """Return when the breaker and the pause let the next delivery through; None if nothing is held back."""
    return max(filter(None, (health.next_probe_at, health.paused_until)), default=None)


# --- What an outcome changes ---


def health_after(health: Health, outcome: Outcome, now: datetime, is_probe: bool = False) -> Health:
    """Return the health after one more attempt."""
    if health.state is State.DISABLED:
        return health
    paused = paused_until(health, outcome, now)
    if outcome.succeeded:
        # A requested pause outlives the success of a delivery that was already in flight.
        return Health(last_success_at=now, paused_until=paused)
    failed = replace(
        health,
        consecutive_failures=health.consecutive_failures + 1,
        failing_since=health.failing_since or now,
        paused_until=paused,
    )
    if reason := reason_to_disable(failed, outcome, now):
        return replace(
            failed, state=State.DISABLED, disabled_at=now, disabled_reason=reason, next_probe_at=None
        )
    if failed.state is State.OPEN:
        # A failure of a delivery that was in flight when the breaker opened says nothing new.
        return reopen(failed, now) if is_probe else failed
    return trip(failed, now) if failed.consecutive_failures >= FAILURES_TO_TRIP else failed


def paused_until(health: Health, outcome: Outcome, now: datetime) -> datetime | None:
    requested = retry_after(outcome, now) if outcome.status_code in PAUSING_STATUS else None
    moments = [
        moment for moment in (health.paused_until, requested and now + requested) if moment and moment > now
    ]
    return max(moments, default=None)


def reason_to_disable(health: Health, outcome: Outcome, now: datetime) -> str:
    if outcome.status_code == GONE:
        return "The endpoint returned 410 Gone."
    if health.failing_since and now - health.failing_since >= DISABLE_AFTER:
        return (
            f"No delivery succeeded for {DISABLE_AFTER.days} days ({health.consecutive_failures:,} attempts). "
            f"Last error: {outcome.error}"
        )
    return ""


def trip(health: Health, now: datetime) -> Health:
    return replace(health, state=State.OPEN, probes=0, next_probe_at=now + PROBE_WAIT)


def reopen(health: Health, now: datetime) -> Health:
    probes = health.probes + 1
    # The exponent is capped: the wait has reached its maximum long before.
    wait = min(PROBE_WAIT * 2 ** min(probes, 10), PROBE_WAIT_MAX)
    return replace(health, probes=probes, next_probe_at=now + wait)

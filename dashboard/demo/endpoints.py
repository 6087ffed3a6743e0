"""The webhook endpoints of the demo, and the simulated attempts of each delivery.

The same seed gives the same attempts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from hooks.http.outcomes import sentence, status_failure
from hooks.policy.retry import ATTEMPTS, SCHEDULE

# From the commit of a change to the first attempt.
LATENCY = timedelta(milliseconds=9)
# Keeps retries from being due for a while after the demo was created.
NOT_BEFORE = timedelta(hours=3)


@dataclass(frozen=True)
class SeedAttempt:
    at: datetime
    duration_ms: int
    status_code: int | None
    error_code: str = ""
    error: str = ""
    response_body: str = ""

    @property
    def ended_at(self) -> datetime:
        return self.at + timedelta(milliseconds=self.duration_ms)


@dataclass(frozen=True)
class AttemptSeries:
    """The attempts of one delivery, oldest first, and the time of the next one, if any."""

    attempts: Sequence[SeedAttempt]
    next_attempt_at: datetime | None = None

    @property
    def succeeded(self) -> bool:
        return not self.attempts[-1].error_code

    @property
    def status(self) -> str:
        if self.succeeded:
            return "delivered"
        return "pending" if self.next_attempt_at else "failed"


@dataclass(frozen=True)
class Endpoint:
    description: str
    url: str
    event_types: Sequence[str]
    # The median response time, and the response.
    median_ms: int
    status_code: int
    response_body: str = ""
    # One in this many deliveries fails at first; 0 means none.
    hiccups: int = 0
    # When it began to fail, and when it was disabled.
    failing_since: datetime | None = None
    disabled_at: datetime | None = None
    failure: SeedAttempt | None = None


def endpoints(now: datetime) -> list[Endpoint]:
    """Two healthy endpoints, one that is failing, and one that was disabled.

    Hosts under .example never exist (RFC 2606)."""
    return [
        Endpoint("Web shop", "https://shop.example/hooks/products", ["product.*"], 120, 204, hiccups=400),
        Endpoint(
            "Search index",
            "https://search.example/ingest",
            ["product.*"],
            240,
            200,
            '{"queued": true}',
            hiccups=60,
        ),
        Endpoint(
            "Warehouse",
            "https://warehouse.example/api/inbox",
            ["product.updated", "product.deleted"],
            140,
            202,
            failing_since=now - timedelta(hours=7, minutes=12),
            failure=failed_attempt(now, 503, '{"error": "maintenance"}'),
        ),
        Endpoint(
            "Marketplace feed",
            "https://marketplace.example/v1/items",
            ["product.created", "product.updated"],
            360,
            200,
            '{"status": "ok"}',
            failing_since=now - timedelta(days=10, hours=3),
            disabled_at=now - timedelta(days=5, hours=3),
            failure=failed_attempt(now, 500, "<h1>Internal Server Error</h1>"),
        ),
    ]


def failed_attempt(at: datetime, status: int, body: str) -> SeedAttempt:
    return SeedAttempt(at, 45, status, *status_failure(status), body)


def attempt_series(endpoint: Endpoint, occurred_at: datetime, now: datetime, rng: Random) -> AttemptSeries:
    """The attempts to deliver an event of that time."""
    started_at = occurred_at + LATENCY + timedelta(milliseconds=rng.randrange(40))
    until = endpoint.disabled_at or now
    if endpoint.failure and endpoint.failing_since and occurred_at >= endpoint.failing_since:
        return failing(endpoint.failure, started_at, until, rng)
    if endpoint.hiccups and rng.randrange(endpoint.hiccups) == 0:
        return recovered(endpoint, started_at, rng)
    return AttemptSeries([succeeded_attempt(endpoint, started_at, rng)])


def succeeded_attempt(endpoint: Endpoint, at: datetime, rng: Random) -> SeedAttempt:
    return SeedAttempt(
        at,
        duration_ms(endpoint.median_ms, rng),
        endpoint.status_code,
        response_body=endpoint.response_body,
    )


def recovered(endpoint: Endpoint, at: datetime, rng: Random) -> AttemptSeries:
    """A timeout, then a success."""
    timeout = SeedAttempt(at, 15_000, None, "response.timeout", sentence("response.timeout", 15))
    retry_at = timeout.ended_at + timedelta(minutes=1, seconds=rng.randrange(15))
    return AttemptSeries([timeout, succeeded_attempt(endpoint, retry_at, rng)])


def failing(failure: SeedAttempt, at: datetime, until: datetime, rng: Random) -> AttemptSeries:
    """Attempts by the schedule of hooks.policy.retry, until now or until the last one has failed."""
    attempts: list[SeedAttempt] = []
    next_at: datetime | None = at
    while next_at and next_at < until:
        duration = duration_ms(failure.duration_ms, rng)
        attempts.append(replace(failure, at=next_at, duration_ms=duration))
        next_at = None if len(attempts) == ATTEMPTS else retry_time(attempts[-1], len(attempts), rng)
    return AttemptSeries(attempts, next_at and max(next_at, until + NOT_BEFORE))


def retry_time(last: SeedAttempt, attempts: int, rng: Random) -> datetime:
    return last.ended_at + SCHEDULE[attempts - 1] * rng.uniform(0.8, 1.2)


def duration_ms(median: int, rng: Random) -> int:
    return round(median * rng.lognormvariate(0, 0.45))

"""The receivers of the demo, and what came of each event that one of them was told of.

Pure, and the same for the same seed: how many attempts a delivery had, how each of them ended, and what is left to do.
dashboard.demo.deliveries writes it down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from hooks.http.outcomes import sentence, status_failure
from hooks.policy.retry import ATTEMPTS, SCHEDULE

# From the commit of a change to the first attempt.
AT_HAND = timedelta(milliseconds=9)
# What is tried again waits for that some hours more, so that nothing is due for a while.
NOT_BEFORE = timedelta(hours=3)


@dataclass(frozen=True)
class Try:
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
class History:
    """The attempts of one delivery, oldest first; and when the next one would be, if there is one."""

    tries: Sequence[Try]
    again_at: datetime | None = None

    @property
    def got_through(self) -> bool:
        return not self.tries[-1].error_code

    @property
    def status(self) -> str:
        if self.got_through:
            return "delivered"
        return "pending" if self.again_at else "failed"


@dataclass(frozen=True)
class Receiver:
    description: str
    url: str
    event_types: Sequence[str]
    # How long it usually takes to answer, and what it answers.
    median_ms: int
    status_code: int
    response_body: str = ""
    # One in so many deliveries does not get through at once; 0: all do.
    hiccups: int = 0
    # Since when it fails, and since when it was switched off for that.
    failing_since: datetime | None = None
    disabled_at: datetime | None = None
    failure: Try | None = None


def receivers(now: datetime) -> list[Receiver]:
    """Two that are well, one that fails since this morning, one that was switched off.

    Their names end in .example, which belongs to nobody (RFC 2606): what is sent to them reaches no one."""
    return [
        Receiver("Web shop", "https://shop.example/hooks/products", ["product.*"], 120, 204, hiccups=400),
        Receiver(
            "Search index",
            "https://search.example/ingest",
            ["product.*"],
            240,
            200,
            '{"queued": true}',
            hiccups=60,
        ),
        Receiver(
            "Warehouse",
            "https://warehouse.example/api/inbox",
            ["product.updated", "product.deleted"],
            140,
            202,
            failing_since=now - timedelta(hours=7, minutes=12),
            failure=refused(now, 503, '{"error": "maintenance"}'),
        ),
        Receiver(
            "Marketplace feed",
            "https://marketplace.example/v1/items",
            ["product.created", "product.updated"],
            360,
            200,
            '{"status": "ok"}',
            failing_since=now - timedelta(days=10, hours=3),
            disabled_at=now - timedelta(days=5, hours=3),
            failure=refused(now, 500, "<h1>Internal Server Error</h1>"),
        ),
    ]


def refused(at: datetime, status: int, body: str) -> Try:
    return Try(at, 45, status, *status_failure(status), body)


def history(receiver: Receiver, occurred_at: datetime, now: datetime, chance: Random) -> History:
    """What came of an event of that time."""
    started_at = occurred_at + AT_HAND + timedelta(milliseconds=chance.randrange(40))
    until = receiver.disabled_at or now
    if receiver.failure and receiver.failing_since and occurred_at >= receiver.failing_since:
        return failing(receiver.failure, started_at, until, chance)
    if receiver.hiccups and chance.randrange(receiver.hiccups) == 0:
        return recovered(receiver, started_at, chance)
    return History([answered(receiver, started_at, chance)])


def answered(receiver: Receiver, at: datetime, chance: Random) -> Try:
    return Try(
        at,
        duration_ms(receiver.median_ms, chance),
        receiver.status_code,
        response_body=receiver.response_body,
    )


def recovered(receiver: Receiver, at: datetime, chance: Random) -> History:
    """Not at the first attempt, but then."""
    timeout = Try(at, 15_000, None, "response.timeout", sentence("response.timeout", 15))
    again = timeout.ended_at + timedelta(minutes=1, seconds=chance.randrange(15))
    return History([timeout, answered(receiver, again, chance)])


def failing(failure: Try, at: datetime, until: datetime, chance: Random) -> History:
    """Attempt after attempt, as hooks.policy.retry has them, until now or until it is given up."""
    tries: list[Try] = []
    next_at: datetime | None = at
    while next_at and next_at < until:
        took = duration_ms(failure.duration_ms, chance)
        tries.append(
            Try(next_at, took, failure.status_code, failure.error_code, failure.error, failure.response_body)
        )
        next_at = None if len(tries) == ATTEMPTS else after(tries[-1], len(tries), chance)
    return History(tries, next_at and max(next_at, until + NOT_BEFORE))


def after(last: Try, attempts: int, chance: Random) -> datetime:
    return last.ended_at + SCHEDULE[attempts - 1] * chance.uniform(0.8, 1.2)


def duration_ms(median: int, chance: Random) -> int:
    return round(median * chance.lognormvariate(0, 0.45))

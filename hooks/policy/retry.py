"""When a failed delivery is retried: ten attempts in a little over three days.

Pure functions over a given `now`. What failures mean for the webhook as a whole is in hooks.policy.circuit_breaker."""

import random
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

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
# Each wait varies by up to this fraction; otherwise deliveries that failed together would be retried together.
JITTER = 0.2
RETRY_AFTER_MAX = timedelta(hours=24)
# An endpoint that is overloaded or times out is not retried after five seconds.
OVERLOADED_STATUS = {429, 502, 503, 504}
OVERLOADED_CODES = {"connect.timeout", "response.timeout"}
OVERLOADED_WAIT = timedelta(seconds=60)
GONE = 410


def next_attempt_at(
    outcome: Outcome, attempts: int, now: datetime, spread: Callable[[], float] = random.random
) -> datetime | None:
    """Return when to retry after this many attempts, the current one included; None if the delivery has failed for good.

    Every failure but 410 is retried: a redirect, 400 or 404 is often an endpoint that is still being set up."""
    if attempts >= ATTEMPTS or outcome.status_code == GONE:
        return None
    wait = SCHEDULE[attempts - 1] * (1 - JITTER + 2 * JITTER * spread())
    if is_overloaded(outcome):
        wait = max(wait, OVERLOADED_WAIT)
    requested = retry_after(outcome, now)
    return now + max(wait, requested or wait)


def is_overloaded(outcome: Outcome) -> bool:
    return outcome.status_code in OVERLOADED_STATUS or outcome.error_code in OVERLOADED_CODES


def retry_after(outcome: Outcome, now: datetime) -> timedelta | None:
    """Return the wait that Retry-After requests, in seconds or as a date, up to a day; None without a valid one."""
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

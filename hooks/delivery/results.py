"""Writes the results of attempts in batches: deliveries, attempts and the health of the webhook, in one statement.

A write needs the lease (hooks.delivery.leases) and the number of attempts that each delivery started with. So a worker that
was paused and considered dead changes nothing."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from hooks.delivery import leases
from hooks.delivery.queue import Due
from hooks.http.outcomes import Outcome
from hooks.policy.circuit_breaker import Health
from hooks.queries import Sessions, fetch


class LeaseLost(Exception):
    """Another dispatcher delivers for this webhook, or it is disabled or deleted. Unwritten results do not count."""


@dataclass(frozen=True, slots=True)
class Result:
    due: Due
    started_at: datetime
    outcome: Outcome
    # None: it was delivered, or has failed for good.
    retry_at: datetime | None

    @property
    def status(self) -> str:
        if self.outcome.succeeded:
            return "delivered"
        return "pending" if self.retry_at else "failed"


async def record_results(
    sessions: Sessions, webhook: int, owner: UUID, health: Health, results: Sequence[Result]
) -> None:
    """Raises LeaseLost, in which case nothing was written."""
    lease = {"webhook": webhook, "owner": owner, "lease": leases.duration()}
    if not await fetch(sessions, "record_results", {**lease, **health_columns(health), **columns(results)}):
        raise LeaseLost


def health_columns(health: Health) -> dict[str, object]:
    values = asdict(health)
    kept = timedelta(days=settings.WEBHOOK_KEEP_DAYS)
    names = (*leases.HEALTH, "disabled_reason")
    return {name: values[name] for name in names} | {"state": health.state.value, "recorded": kept}


def columns(results: Sequence[Result]) -> dict[str, list[object]]:
    """Return an array for each column, as the statement takes them."""
    outcomes = [result.outcome for result in results]
    return {
        "id": [result.due.id for result in results],
        "number": [result.due.number for result in results],
        "tries": [result.due.tries + 1 for result in results],
        "status": [result.status for result in results],
        "retry_at": [result.retry_at for result in results],
        "started_at": [result.started_at for result in results],
        "duration_ms": [outcome.duration_ms for outcome in outcomes],
        "status_code": [outcome.status_code for outcome in outcomes],
        "error_code": [outcome.error_code for outcome in outcomes],
        "error": [outcome.error for outcome in outcomes],
        "response_headers": [json.dumps(dict(outcome.response_headers)) for outcome in outcomes],
        "response_body": [outcome.response_body for outcome in outcomes],
        "truncated": [outcome.truncated for outcome in outcomes],
    }

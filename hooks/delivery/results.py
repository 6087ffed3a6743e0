"""What came of attempts, written in batches: deliveries, attempts, and how the webhook is doing, in one statement.

It writes in the name of a lease (hooks.delivery.leases), and over the number of attempts that each was begun with. So whoever was
paused and taken for dead changes nothing."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from hooks.delivery import leases
from hooks.delivery.queue import Due
from hooks.http.outcomes import Outcome
from hooks.policy.retry import Health
from hooks.queries import Sessions, fetch


class LeaseLost(Exception):
    """Somebody else sends for this webhook, or nobody is to; what was not written does not count."""


@dataclass(frozen=True, slots=True)
class Result:
    due: Due
    started_at: datetime
    outcome: Outcome
    # None: it got through, or is given up.
    again_at: datetime | None

    @property
    def status(self) -> str:
        if self.outcome.succeeded:
            return "delivered"
        return "pending" if self.again_at else "failed"


async def write(
    sessions: Sessions, webhook: int, owner: UUID, health: Health, results: Sequence[Result]
) -> None:
    """Raises LeaseLost, and has written nothing then."""
    lease = {"webhook": webhook, "owner": owner, "lease": leases.length()}
    if not await fetch(sessions, "settle", {**lease, **health_columns(health), **columns(results)}):
        raise LeaseLost


def health_columns(health: Health) -> dict[str, object]:
    values = asdict(health)
    kept = timedelta(days=settings.WEBHOOK_KEEP_DAYS)
    names = (*leases.HEALTH, "disabled_reason")
    return {name: values[name] for name in names} | {"state": health.state.value, "recorded": kept}


def columns(results: Sequence[Result]) -> dict[str, list[object]]:
    """As the statement takes them: an array for each column."""
    outcomes = [result.outcome for result in results]
    return {
        "id": [result.due.id for result in results],
        "number": [result.due.number for result in results],
        "tries": [result.due.tries + 1 for result in results],
        "status": [result.status for result in results],
        "again_at": [result.again_at for result in results],
        "started_at": [result.started_at for result in results],
        "duration_ms": [outcome.duration_ms for outcome in outcomes],
        "status_code": [outcome.status_code for outcome in outcomes],
        "error_code": [outcome.error_code for outcome in outcomes],
        "error": [outcome.error for outcome in outcomes],
        "response_headers": [json.dumps(dict(outcome.response_headers)) for outcome in outcomes],
        "response_body": [outcome.response_body for outcome in outcomes],
        "truncated": [outcome.truncated for outcome in outcomes],
    }

"""The statements of deliveries go by their index, also where the planner knows nothing of what has just come."""

import asyncio
import uuid
from collections.abc import Mapping
from datetime import timedelta

import pytest
from django.db import connection
from django.utils.timezone import now

from hooks.delivery.queue import START
from hooks.delivery.results import columns, health_columns
from hooks.models import Delivery, Webhook
from hooks.policy.circuit_breaker import Health
from hooks.queries import Sessions, execute, fetch, open_sessions, text
from tests.factories import make_delivery, make_webhook

pytestmark = pytest.mark.django_db(transaction=True)

MANY = """
WITH event AS (
    INSERT INTO hooks_event (batch_id, event_type, body) SELECT 0, 'product.created', '{}' FROM generate_series(1, 3000)
    RETURNING id
)
INSERT INTO hooks_delivery (webhook_id, event_id) SELECT %s, id FROM event
"""


def make_many_that_nobody_knows_of() -> Webhook:
    """The planner has seen one delivery, which was delivered, of another webhook."""
    make_delivery(status="delivered", accepted_at=now())
    webhook = make_webhook()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE hooks_delivery, hooks_event, hooks_webhook")
        cursor.execute(MANY, [webhook.pk])
    return webhook


def plan(statement: str, parameters: Mapping[str, object]) -> str:
    async def explain() -> str:
        async with open_sessions() as sessions, sessions.connection() as session:
            rows = await execute(session, f"EXPLAIN {text(statement)}", parameters)
            return "\n".join(str(row["QUERY PLAN"]) for row in rows)

    return asyncio.run(explain())


def test_a_claim_goes_by_what_is_due() -> None:
    webhook = make_many_that_nobody_knows_of()
    parameters = {
        "webhook": webhook.pk, "now": now(), "after_time": START[0], "after_id": START[1], "held": [], "limit": 200,
    }  # fmt: skip
    found = plan("claim_due", parameters)
    assert "Index Scan using delivery_due" in found
    assert "using hooks_event_pkey" in found


def test_results_are_written_by_the_key() -> None:
    webhook = make_many_that_nobody_knows_of()
    lease = {"webhook": webhook.pk, "owner": uuid.uuid4(), "lease": timedelta(seconds=1)}
    found = plan("record_results", {**lease, **health_columns(Health()), **columns([])})
    assert "using hooks_delivery_pkey on hooks_delivery" in found
    assert "delivery_due" not in found


def test_a_look_at_what_is_due_reads_the_first_alone() -> None:
    make_many_that_nobody_knows_of()
    held: list[int] = []
    parameters = {
        "held": held, "only": None, "now": now(), "room": 10, "owner": uuid.uuid4(), "lease": timedelta(seconds=1),
    }  # fmt: skip
    found = plan("acquire_leases", parameters)
    assert "using delivery_due" in found
    assert "delivery_once_per_webhook_and_event" not in found


def test_events_are_found_by_the_key() -> None:
    make_many_that_nobody_knows_of()
    assert "using hooks_event_pkey" in plan("fan_out", {"step": 1000})
    assert Delivery.objects.count() == 3001


def test_nothing_stays_set_in_a_session() -> None:
    """Behind a pooler it is somebody else's a moment later."""
    settings = ["synchronous_commit", "enable_seqscan", "enable_sort", "jit"]

    async def read() -> list[tuple[object, object]]:
        async with open_sessions() as sessions:
            before = [await value(sessions, name) for name in settings]
            await fetch(sessions, "fan_out", {"step": 1000})
            return list(zip(before, [await value(sessions, name) for name in settings], strict=True))

    async def value(sessions: Sessions, name: str) -> object:
        async with sessions.connection() as session:
            cursor = await session.execute("SELECT current_setting(%s) AS value", [name])
            return (await cursor.fetchone() or {})["value"]

    found = asyncio.run(read())
    assert [after for _, after in found] == [before for before, _ in found]
    assert found[0] == ("on", "on")


def test_a_statement_has_its_settings() -> None:
    async def read() -> object:
        async with open_sessions() as sessions, sessions.connection() as session:
            [row] = await execute(session, "SELECT current_setting('synchronous_commit') AS value")
            return row["value"]

    assert asyncio.run(read()) == "off"

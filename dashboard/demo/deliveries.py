"""The webhooks of the demo, and a month of deliveries to them, written as history and never sent.

Nothing is due for some hours, so a running worker doesn't change the history. The hourly delivery counts are moved to the
hours of the deliveries."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from random import Random
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Max

from catalog import event_payloads
from catalog.models import Product
from dashboard.demo.endpoints import (
    NOT_BEFORE,
    AttemptSeries,
    Endpoint,
    SeedAttempt,
    attempt_series,
    endpoints,
)
from hooks import webhooks
from hooks.http.outcomes import Outcome
from hooks.models import Attempt, Delivery, Event, Health, Webhook
from hooks.policy.circuit_breaker import Health as Failing
from hooks.policy.circuit_breaker import State, reason_to_disable

CREATED_AGO = timedelta(days=27, hours=20)
RECORDED = timedelta(days=30)
# Edits of single products in the console.
EDITS_A_DAY = 24
DAYS = 27
BATCH_SIZE = 2_000

# Events of imports and of edits in the order of time. The bodies have the current values of the products.
WRITE_EVENTS = """
    INSERT INTO hooks_event (batch_id, occurred_at, event_type, object_id, body)
    SELECT 0, moment, event_type, id, {body}
    FROM (
        SELECT changed.*, p.*, to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS timestamp_text
        FROM (
            SELECT written_at AS moment, 'product.created' AS event_type, unnest(product_ids) AS product_id
            FROM imports_createdproducts
            UNION ALL
            SELECT written_at, 'product.updated', unnest(product_ids) FROM imports_changedproducts
            UNION ALL
            SELECT moment, 'product.updated', product_id
            FROM unnest(%(ids)s::bigint[], %(moments)s::timestamptz[]) AS edited (product_id, moment)
        ) AS changed
        JOIN catalog_product AS p ON p.id = product_id
        WHERE moment >= greatest(%(since)s, p.created_at)
    ) AS event
    ORDER BY moment, id
"""

# The triggers of hooks.counters have counted all deliveries in the current hour, in this transaction.
MOVE_COUNTS = """
    INSERT INTO hooks_deliverycount (hour, pruned, accepted, failed)
    SELECT date_trunc('hour', coalesce(accepted_at, completed_at), 'UTC'), false, count(accepted_at),
        count(*) - count(accepted_at)
    FROM hooks_delivery WHERE status <> 'pending' GROUP BY 1
    UNION ALL
    SELECT date_trunc('hour', now(), 'UTC'), false, -count(accepted_at), -(count(*) - count(accepted_at))
    FROM hooks_delivery WHERE status <> 'pending'
"""


class SeedDelivery(NamedTuple):
    """An event, its webhook, and the attempts to deliver it."""

    event: Event
    webhook: Webhook
    series: AttemptSeries


@transaction.atomic
def seed_deliveries(now: datetime, rng: Random) -> None:
    """Write the events of imports and edits, and their deliveries to the webhooks that subscribe to them."""
    write_events(now, rng)
    known = [(endpoint, create_webhook(endpoint, now)) for endpoint in endpoints(now)]
    for batch in batches(deliveries(known, now, rng)):
        write(batch)
    with connection.cursor() as cursor:
        cursor.execute(MOVE_COUNTS)
    for endpoint, webhook in known:
        write_health(endpoint, webhook, now)


def write_events(now: datetime, rng: Random) -> None:
    ids = list(Product.objects.order_by("pk").values_list("pk", flat=True))
    moments = [edit_at(now, rng) for _ in range(EDITS_A_DAY * DAYS)]
    edited = [rng.choice(ids) for _ in moments]
    with connection.cursor() as cursor:
        statement = WRITE_EVENTS.format(body=event_payloads.body("event_type"))
        cursor.execute(statement, {"ids": edited, "moments": moments, "since": now - CREATED_AGO})


def edit_at(now: datetime, rng: Random) -> datetime:
    return now - timedelta(days=rng.randrange(DAYS), minutes=rng.randrange(1, 24 * 60))


def create_webhook(endpoint: Endpoint, now: datetime) -> Webhook:
    webhook, _ = webhooks.create(
        url=endpoint.url, event_types=endpoint.event_types, description=endpoint.description
    )
    times = dict.fromkeys(("created_at", "updated_at", "enabled_at"), now - CREATED_AGO)
    Webhook.objects.filter(pk=webhook.pk).update(**times)
    return webhook


# --- Deliveries ---


def deliveries(
    known: Sequence[tuple[Endpoint, Webhook]], now: datetime, rng: Random
) -> Iterator[SeedDelivery]:
    for event in Event.objects.order_by("pk").defer("body").iterator(BATCH_SIZE):
        for endpoint, webhook in known:
            if is_subscribed(endpoint, event):
                series = attempt_series(endpoint, event.occurred_at, now, rng)
                yield SeedDelivery(event, webhook, series)


def is_subscribed(endpoint: Endpoint, event: Event) -> bool:
    if endpoint.disabled_at and event.occurred_at >= endpoint.disabled_at:
        return False
    return event.event_type in endpoint.event_types or "product.*" in endpoint.event_types


def batches(deliveries: Iterator[SeedDelivery]) -> Iterator[list[SeedDelivery]]:
    while batch := list(islice(deliveries, BATCH_SIZE)):
        yield batch


def write(batch: Sequence[SeedDelivery]) -> None:
    created = Delivery.objects.bulk_create([delivery(*each) for each in batch])
    attempts = [
        attempt(delivery, number, seed)
        for delivery, (_, _, series) in zip(created, batch, strict=True)
        # A success at the first attempt is stored in the delivery alone (hooks.models).
        if len(series.attempts) > 1 or not series.succeeded
        for number, seed in enumerate(series.attempts, start=1)
    ]
    Attempt.objects.bulk_create(attempts)


def delivery(event: Event, webhook: Webhook, series: AttemptSeries) -> Delivery:
    last = series.attempts[-1]
    return Delivery(
        webhook=webhook,
        event=event,
        status=series.status,
        attempts=len(series.attempts),
        tries=len(series.attempts),
        is_manual=False,
        next_attempt_at=series.next_attempt_at or last.at,
        created_at=event.occurred_at + timedelta(milliseconds=4),
        completed_at=None if series.next_attempt_at else last.ended_at,
        accepted_at=last.ended_at if series.succeeded else None,
        status_code=last.status_code,
        error_code=last.error_code,
        duration_ms=last.duration_ms,
        response_body=last.response_body,
    )


def attempt(delivery: Delivery, number: int, seed: SeedAttempt) -> Attempt:
    return Attempt(
        delivery=delivery,
        number=number,
        started_at=seed.at,
        duration_ms=seed.duration_ms,
        status_code=seed.status_code,
        error_code=seed.error_code,
        error=seed.error,
        response_headers={} if seed.status_code is None else {"server": "nginx"},
        response_body=seed.response_body,
    )


# --- Health of the webhooks ---


def write_health(endpoint: Endpoint, webhook: Webhook, now: datetime) -> None:
    accepted = Delivery.objects.filter(webhook=webhook).aggregate(last=Max("accepted_at"))
    health = Health(webhook=webhook, last_success_at=accepted["last"])
    if endpoint.failing_since and endpoint.failure:
        failures = failures_since(endpoint.failing_since, webhook)
        health.consecutive_failures, health.failing_since = failures, endpoint.failing_since
        if endpoint.disabled_at is None:
            health.state, health.probes = State.OPEN, failures // 20
            health.next_probe_at = now + NOT_BEFORE
        else:
            health.state = State.DISABLED
            last = Outcome(duration_ms=0, error=endpoint.failure.error)
            was = Failing(consecutive_failures=failures, failing_since=endpoint.failing_since)
            disable(webhook, endpoint.disabled_at, reason_to_disable(was, last, endpoint.disabled_at))
    health.save()


def failures_since(moment: datetime, webhook: Webhook) -> int:
    failed = Attempt.objects.exclude(error_code="").filter(started_at__gte=moment)
    return failed.filter(delivery__webhook=webhook).count()


def disable(webhook: Webhook, at: datetime, reason: str) -> None:
    Webhook.objects.filter(pk=webhook.pk).update(
        is_enabled=False, disabled_at=at, disabled_reason=reason, recorded_until=at + RECORDED, updated_at=at
    )

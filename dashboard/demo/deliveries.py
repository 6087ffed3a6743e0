"""The webhooks of the demo, and the month of deliveries to them: written as history, never sent.

Nothing is due for some hours, so a worker beside this leaves the month as it is; events that people cause by trying the
console out find nobody under the names of dashboard.demo.receivers. The ledger of deliveries gets its lines for the hours
they happened in."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from random import Random
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Max

from catalog import event_payloads
from catalog.models import Product
from dashboard.demo.receivers import NOT_BEFORE, History, Receiver, Try, history, receivers
from hooks import webhooks
from hooks.http.outcomes import Outcome
from hooks.models import Attempt, Delivery, Event, Health, Webhook
from hooks.policy.retry import Health as Failing
from hooks.policy.retry import State, reason_to_disable

SET_UP = timedelta(days=27, hours=20)
RECORDED = timedelta(days=30)
# Changes of single products, by people, and how many hours have some.
EDITS_A_DAY = 24
DAYS = 27
AT_ONCE = 2_000

# What imports changed, and people, in the order of time. The body is that of products as they are now.
WRITE_EVENTS = f"""
    INSERT INTO hooks_event (batch_id, occurred_at, event_type, object_id, body)
    SELECT 0, moment, event_type, id, {event_payloads.body("event_type")}
    FROM (
        SELECT changed.*, p.*, to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS stamp
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
"""  # noqa: S608 - constants

# The triggers counted all of it into this hour (hooks.counters), in this very transaction.
MOVE_COUNTS = """
    INSERT INTO hooks_deliverycount (hour, pruned, accepted, failed)
    SELECT date_trunc('hour', coalesce(accepted_at, completed_at), 'UTC'), false, count(accepted_at),
        count(*) - count(accepted_at)
    FROM hooks_delivery WHERE status <> 'pending' GROUP BY 1
    UNION ALL
    SELECT date_trunc('hour', now(), 'UTC'), false, -count(accepted_at), -(count(*) - count(accepted_at))
    FROM hooks_delivery WHERE status <> 'pending'
"""


class Told(NamedTuple):
    """An event on its way to a webhook, and how it went."""

    event: Event
    webhook: Webhook
    history: History


@transaction.atomic
def tell(now: datetime, chance: Random) -> None:
    """What the imports changed, and people; to everybody who wanted it."""
    write_events(now, chance)
    known = [(receiver, set_up(receiver, now)) for receiver in receivers(now)]
    for batch in batches(deliveries(known, now, chance)):
        write(batch)
    with connection.cursor() as cursor:
        cursor.execute(MOVE_COUNTS)
    for receiver, webhook in known:
        write_health(receiver, webhook, now)


def write_events(now: datetime, chance: Random) -> None:
    ids = list(Product.objects.order_by("pk").values_list("pk", flat=True))
    moments = [edit_at(now, chance) for _ in range(EDITS_A_DAY * DAYS)]
    edited = [chance.choice(ids) for _ in moments]
    with connection.cursor() as cursor:
        cursor.execute(WRITE_EVENTS, {"ids": edited, "moments": moments, "since": now - SET_UP})


def edit_at(now: datetime, chance: Random) -> datetime:
    return now - timedelta(days=chance.randrange(DAYS), minutes=chance.randrange(1, 24 * 60))


def set_up(receiver: Receiver, now: datetime) -> Webhook:
    webhook, _ = webhooks.create(
        url=receiver.url, event_types=receiver.event_types, description=receiver.description
    )
    times = dict.fromkeys(("created_at", "updated_at", "enabled_at"), now - SET_UP)
    Webhook.objects.filter(pk=webhook.pk).update(**times)
    return webhook


# --- Deliveries ---


def deliveries(known: Sequence[tuple[Receiver, Webhook]], now: datetime, chance: Random) -> Iterator[Told]:
    for event in Event.objects.order_by("pk").defer("body").iterator(AT_ONCE):
        for receiver, webhook in known:
            if wants(receiver, event):
                yield Told(event, webhook, history(receiver, event.occurred_at, now, chance))


def wants(receiver: Receiver, event: Event) -> bool:
    if receiver.disabled_at and event.occurred_at >= receiver.disabled_at:
        return False
    return event.event_type in receiver.event_types or "product.*" in receiver.event_types


def batches(told: Iterator[Told]) -> Iterator[list[Told]]:
    while batch := list(islice(told, AT_ONCE)):
        yield batch


def write(batch: Sequence[Told]) -> None:
    made = Delivery.objects.bulk_create([delivery(*each) for each in batch])
    attempts = [
        attempt(delivery, number, tried)
        for delivery, (_, _, history) in zip(made, batch, strict=True)
        # One that got through at once has none (hooks.models).
        if len(history.tries) > 1 or not history.got_through
        for number, tried in enumerate(history.tries, start=1)
    ]
    Attempt.objects.bulk_create(attempts)


def delivery(event: Event, webhook: Webhook, history: History) -> Delivery:
    last = history.tries[-1]
    return Delivery(
        webhook=webhook,
        event=event,
        status=history.status,
        attempts=len(history.tries),
        tries=len(history.tries),
        is_manual=False,
        next_attempt_at=history.again_at or last.at,
        created_at=event.occurred_at + timedelta(milliseconds=4),
        completed_at=None if history.again_at else last.ended_at,
        accepted_at=last.ended_at if history.got_through else None,
        status_code=last.status_code,
        error_code=last.error_code,
        duration_ms=last.duration_ms,
        response_body=last.response_body,
    )


def attempt(delivery: Delivery, number: int, tried: Try) -> Attempt:
    return Attempt(
        delivery=delivery,
        number=number,
        started_at=tried.at,
        duration_ms=tried.duration_ms,
        status_code=tried.status_code,
        error_code=tried.error_code,
        error=tried.error,
        response_headers={} if tried.status_code is None else {"server": "nginx"},
        response_body=tried.response_body,
    )


# --- How the webhooks are ---


def write_health(receiver: Receiver, webhook: Webhook, now: datetime) -> None:
    accepted = Delivery.objects.filter(webhook=webhook).aggregate(last=Max("accepted_at"))
    health = Health(webhook=webhook, last_success_at=accepted["last"])
    if receiver.failing_since and receiver.failure:
        failures = failures_since(receiver.failing_since, webhook)
        health.consecutive_failures, health.failing_since = failures, receiver.failing_since
        if receiver.disabled_at is None:
            health.state, health.probes = State.OPEN, failures // 20
            health.next_probe_at = now + NOT_BEFORE
        else:
            health.state = State.DISABLED
            last = Outcome(duration_ms=0, error=receiver.failure.error)
            was = Failing(consecutive_failures=failures, failing_since=receiver.failing_since)
            switch_off(webhook, receiver.disabled_at, reason_to_disable(was, last, receiver.disabled_at))
    health.save()


def failures_since(moment: datetime, webhook: Webhook) -> int:
    failed = Attempt.objects.exclude(error_code="").filter(started_at__gte=moment)
    return failed.filter(delivery__webhook=webhook).count()


def switch_off(webhook: Webhook, at: datetime, reason: str) -> None:
    Webhook.objects.filter(pk=webhook.pk).update(
        is_enabled=False, disabled_at=at, disabled_reason=reason, recorded_until=at + RECORDED, updated_at=at
    )

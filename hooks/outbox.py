"""The outbox: the event types, who subscribes to them, and how events are written.

Product events are written by triggers (catalog.triggers, with the SQL of hooks.outbox_sql), so that no change misses one.
`emit` writes the others. An import sets the event mode of its own products."""

import json
from enum import StrEnum
from typing import Literal

from django.db import connection, transaction
from django.utils.timezone import now

from hooks.models import Batch, Event
from hooks.outbox_sql import CHANNEL, EVENTS_WRITTEN, SETTING

EventMode = Literal["each", "summary", "none"]


class EventType(StrEnum):
    PRODUCT_CREATED = "product.created"
    PRODUCT_UPDATED = "product.updated"
    PRODUCT_DELETED = "product.deleted"
    IMPORT_COMPLETED = "import.completed"


# What a webhook may subscribe to: one event type, all of a kind, or all.
SUBSCRIBABLE = (*(event_type.value for event_type in EventType), "product.*", "import.*", "*")
# The test event is sent on request, so nothing subscribes to it.
TEST = "webhook.test"


def subscriptions_for(event_type: str) -> list[str]:
    """Return the subscriptions that include this event type."""
    return [event_type, f"{event_type.partition('.')[0]}.*", "*"]


def set_event_mode(mode: EventMode) -> None:
    """Set whether changes of products in this transaction write events: all of them with `each`, otherwise none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [SETTING, mode])


def emit_import_completed(facts: dict[str, object]) -> None:
    """Write the one event of an import with the mode `summary`, in the transaction that completes it."""
    emit(EventType.IMPORT_COMPLETED, facts)


def emit(event_type: EventType, data: dict[str, object], object_id: int | None = None) -> None:
    """Write the event in the current transaction, if a webhook subscribes to it."""
    if not has_subscriber(event_type):
        return
    with transaction.atomic():
        event = Event.objects.create(
            batch_id=0, event_type=event_type, object_id=object_id, body=body(event_type, data)
        )
        batch = Batch.objects.create(next_id=event.pk, last_id=event.pk)
        Event.objects.filter(pk=event.pk).update(batch_id=batch.pk)
        notify(EVENTS_WRITTEN)


def body(event_type: str, data: dict[str, object]) -> str:
    """Return the body as it is signed and sent: compact JSON without escapes, like the SQL of product events."""
    message = {"event_type": event_type, "timestamp": f"{now():%Y-%m-%dT%H:%M:%SZ}", "data": data}
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False)


def has_subscriber(event_type: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM hooks_webhook WHERE (is_enabled OR recorded_until > now()) AND event_types && %s)",
            [subscriptions_for(event_type)],
        )
        return bool(cursor.fetchone()[0])


def notify(message: str) -> None:
    """Notify the dispatchers once the transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, message])

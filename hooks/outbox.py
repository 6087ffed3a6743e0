"""The events there are, who wants them, and the ways to write one.

Those of products are written by triggers (catalog.triggers, with the SQL of hooks.outbox_sql), so that no path misses one.
`emit` writes the others. `quiet` is how an import turns off the events of its own products."""

import json
from enum import StrEnum
from typing import Literal

from django.db import connection, transaction
from django.utils.timezone import now

from hooks.models import Batch, Event
from hooks.outbox_sql import CHANNEL, EVENTS_WRITTEN, SETTING

Importing = Literal["each", "summary", "none"]


class EventType(StrEnum):
    PRODUCT_CREATED = "product.created"
    PRODUCT_UPDATED = "product.updated"
    PRODUCT_DELETED = "product.deleted"
    IMPORT_COMPLETED = "import.completed"


# What a webhook may ask for: each event by its name, all of a kind, all.
WANTABLE = (*(event_type.value for event_type in EventType), "product.*", "import.*", "*")
# Sent by hand, to see whether a receiver is there; nobody asks for it.
TEST = "webhook.test"


def names_of(event_type: str) -> list[str]:
    """What a webhook may have asked for that includes this event."""
    return [event_type, f"{event_type.partition('.')[0]}.*", "*"]


def quiet(importing: Importing) -> None:
    """Of what the present transaction does to products, no events are written; unless every one is wanted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [SETTING, importing])


def emit_import_completed(facts: dict[str, object]) -> None:
    """The one event of an import whose products wrote none. With the import's own last commit, or not at all."""
    emit(EventType.IMPORT_COMPLETED, facts)


def emit(event_type: EventType, data: dict[str, object], object_id: int | None = None) -> None:
    """Write the event, with the transaction it belongs to, if anybody wants it."""
    if not is_wanted(event_type):
        return
    with transaction.atomic():
        event = Event.objects.create(
            batch_id=0, event_type=event_type, object_id=object_id, body=body(event_type, data)
        )
        batch = Batch.objects.create(next_id=event.pk, last_id=event.pk)
        Event.objects.filter(pk=event.pk).update(batch_id=batch.pk)
        notify(EVENTS_WRITTEN)


def body(event_type: str, data: dict[str, object]) -> str:
    """What is sent: without spaces, and with every character as it is. hooks.outbox_sql writes the same in SQL."""
    message = {"event_type": event_type, "timestamp": f"{now():%Y-%m-%dT%H:%M:%SZ}", "data": data}
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False)


def is_wanted(event_type: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM hooks_webhook WHERE (is_enabled OR recorded_until > now()) AND event_types && %s)",
            [names_of(event_type)],
        )
        return bool(cursor.fetchone()[0])


def notify(news: str) -> None:
    """Tell the dispatchers, once the transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, news])

"""The outbox in SQL: the trigger that writes the events of a change, their batch and a notification.

It runs in the transaction of the change, so events commit or roll back with it. Where no webhook subscribes to them, it
costs one look at the webhooks, which are few."""

from pathlib import Path

from lib import sql

# The channel that dispatchers listen to, and its messages: events were written; deliveries of these webhooks are due; this
# webhook was changed; it was reset, so its lease is released; all deliveries were paused or resumed.
CHANNEL = "hooks"
EVENTS_WRITTEN = "written"
DELIVERIES_DUE = "due"
WEBHOOK_CHANGED = "changed"
WEBHOOK_RESET = "reset"
SWITCH_CHANGED = "switched"

# A session sets it to write no events of single products: to `summary` or `none`.
SETTING = "importer.events"

VARIABLES = [
    ("subscribed", "text[]"),
    ("batch", "bigint"),
    ("first", "bigint"),
    ("moment", "timestamptz"),
    ("timestamp_text", "text"),
]


def outbox_trigger(events: str, event_types: list[str]) -> str:
    """Return the body of a trigger that writes the rows of `events`: event_type, object_id, body. That query may use the
    variables `subscribed`, the event types with a subscriber, and `timestamp_text`, the timestamp for the body."""
    return sql.fill(
        Path(__file__).parent / "sql",
        "outbox_trigger",
        setting=SETTING,
        event_types=", ".join(f"'{event_type}'" for event_type in event_types),
        events=events,
        channel=CHANNEL,
        message=EVENTS_WRITTEN,
    )

"""The SQL by which a trigger writes events: one statement's events, their batch, and the news of them.

Used by the triggers of the tables whose changes are events (catalog.triggers). It runs in the transaction of the change:
what is rolled back was never an event. Where nobody wants one it costs a look at the webhooks, which are few."""

# What a dispatcher listens to (hooks.delivery.dispatcher), and what it hears: events were written; there are deliveries for these
# webhooks; this webhook was changed; it has another receiver, or starts afresh, and nobody has its lease; all deliveries are
# paused or resumed.
CHANNEL = "hooks"
EVENTS_WRITTEN = "written"
DELIVERIES_DUE = "due"
WEBHOOK_CHANGED = "changed"
WEBHOOK_RESET = "restarted"
SWITCH_CHANGED = "switched"

# A session says with it that it wants no events of single products, and why: `summary` or `none`.
SETTING = "importer.events"

DECLARE = [
    ("wanted", "text[]"),
    ("batch", "bigint"),
    ("first", "bigint"),
    ("moment", "timestamptz"),
    ("stamp", "text"),
]


def capture(events: str, types: list[str]) -> str:
    """The body of a trigger that writes what `events` selects: event_type, object_id, body. That may use the variables
    `wanted`, the types somebody wants, and `stamp`, the timestamp for the body."""
    return f"""
        IF coalesce(current_setting('{SETTING}', true), '') IN ('summary', 'none') THEN
            RETURN NULL;
        END IF;
        SELECT array_agg(type) INTO wanted FROM unnest(ARRAY{types!r}) AS type WHERE EXISTS (
            SELECT FROM hooks_webhook
            WHERE (is_enabled OR recorded_until > now())
                AND event_types && ARRAY[type, split_part(type, '.', 1) || '.*', '*']
        );
        IF wanted IS NULL THEN
            RETURN NULL;
        END IF;
        moment := clock_timestamp();
        stamp := to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');
        batch := nextval(pg_get_serial_sequence('hooks_batch', 'id'));
        first := nextval(pg_get_serial_sequence('hooks_event', 'id'));
        INSERT INTO hooks_event (batch_id, occurred_at, event_type, object_id, body)
        SELECT batch, moment, event.* FROM ({events}) AS event;
        IF FOUND THEN
            INSERT INTO hooks_batch (id, next_id, last_id)
            VALUES (batch, first, currval(pg_get_serial_sequence('hooks_event', 'id')));
            PERFORM pg_notify('{CHANNEL}', '{EVENTS_WRITTEN}');
        END IF;
        RETURN NULL;
    """  # noqa: S608 - made of constants

-- The body of a statement trigger that writes the events of a change, their batch, and a notification.
IF coalesce(current_setting('{setting}', true), '') IN ('summary', 'none') THEN
    RETURN NULL;
END IF;
SELECT array_agg(type) INTO subscribed FROM unnest(ARRAY[{event_types}]) AS type WHERE EXISTS (
    SELECT FROM hooks_webhook
    WHERE (is_enabled OR recorded_until > now())
        AND event_types && ARRAY[type, split_part(type, '.', 1) || '.*', '*']
);
IF subscribed IS NULL THEN
    RETURN NULL;
END IF;
moment := clock_timestamp();
timestamp_text := to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');
batch := nextval(pg_get_serial_sequence('hooks_batch', 'id'));
first := nextval(pg_get_serial_sequence('hooks_event', 'id'));
INSERT INTO hooks_event (batch_id, occurred_at, event_type, object_id, body)
SELECT batch, moment, event.* FROM (
    {events}
) AS event;
IF FOUND THEN
    INSERT INTO hooks_batch (id, next_id, last_id)
    VALUES (batch, first, currval(pg_get_serial_sequence('hooks_event', 'id')));
    PERFORM pg_notify('{channel}', '{message}');
END IF;
RETURN NULL;

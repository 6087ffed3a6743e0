-- The next due deliveries of a webhook after the last one claimed, without those the worker already has. A claim from
-- the start each time would walk over all finished deliveries that are not vacuumed yet.
WITH due AS MATERIALIZED (
    SELECT id, event_id, attempts, tries, next_attempt_at
    FROM hooks_delivery
    WHERE webhook_id = %(webhook)s AND status = 'pending' AND next_attempt_at <= greatest(now(), %(now)s)
        AND (next_attempt_at, id) > (%(after_time)s, %(after_id)s) AND id <> ALL (%(held)s)
    ORDER BY next_attempt_at, id
    LIMIT %(limit)s
)
SELECT due.*, event.uid, event.event_type, event.body
FROM due JOIN hooks_event AS event ON event.id = due.event_id
ORDER BY due.next_attempt_at, due.id

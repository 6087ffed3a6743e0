-- Process `step` events of a recovery, which is for one webhook: failed deliveries are due again, events without a
-- delivery get one. Pending and delivered ones stay as they are.
WITH chosen AS MATERIALIZED (
    SELECT *, least(last_id, next_id + %(step)s - 1) AS until_id FROM hooks_batch
    WHERE webhook_id IS NOT NULL
    ORDER BY id LIMIT 1
    FOR UPDATE SKIP LOCKED
), advanced AS (
    UPDATE hooks_batch SET next_id = until_id + 1
    FROM chosen WHERE hooks_batch.id = chosen.id AND until_id < chosen.last_id
), finished AS (
    DELETE FROM hooks_batch USING chosen WHERE hooks_batch.id = chosen.id AND until_id = chosen.last_id
), made AS (
    INSERT INTO hooks_delivery (webhook_id, event_id, is_manual)
    SELECT webhook.id, event.id, true
    FROM chosen
    JOIN hooks_webhook AS webhook ON webhook.id = chosen.webhook_id
    JOIN hooks_event AS event
        ON event.id BETWEEN chosen.next_id AND chosen.until_id
        AND event.occurred_at >= chosen.since AND event.occurred_at < chosen.until
        AND webhook.event_types && ARRAY[event.event_type, split_part(event.event_type, '.', 1) || '.*', '*']
    ON CONFLICT (webhook_id, event_id) DO UPDATE
        SET status = 'pending', tries = 0, next_attempt_at = now(), is_manual = true
        WHERE hooks_delivery.status = 'failed'
    RETURNING webhook_id
), due AS (
    SELECT DISTINCT webhook_id FROM made
)
SELECT EXISTS (SELECT FROM chosen) AS more, ARRAY(SELECT webhook_id FROM due) AS webhooks

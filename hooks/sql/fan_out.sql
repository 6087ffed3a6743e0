-- Create the deliveries of new events for every webhook that subscribes to them: about `step` events of the oldest
-- batches, whose rows record the progress. Two sessions at once take different batches.
WITH waiting AS (
    SELECT id, next_id, last_id FROM hooks_batch
    WHERE webhook_id IS NULL
    ORDER BY id LIMIT 500
    FOR UPDATE SKIP LOCKED
), counted AS (
    SELECT *, sum(last_id - next_id + 1) OVER (ORDER BY id) - (last_id - next_id + 1) AS before FROM waiting
), chosen AS MATERIALIZED (
    SELECT id, next_id, last_id, least(last_id, next_id + %(step)s - 1) AS until_id
    FROM counted WHERE before < %(step)s
), advanced AS (
    UPDATE hooks_batch SET next_id = until_id + 1
    FROM chosen WHERE hooks_batch.id = chosen.id AND until_id < chosen.last_id
), finished AS (
    DELETE FROM hooks_batch USING chosen WHERE hooks_batch.id = chosen.id AND until_id = chosen.last_id
), made AS (
    INSERT INTO hooks_delivery (webhook_id, event_id)
    SELECT webhook.id, event.id
    FROM chosen
    JOIN hooks_event AS event ON event.id BETWEEN chosen.next_id AND chosen.until_id AND event.batch_id = chosen.id
    JOIN hooks_webhook AS webhook
        ON webhook.is_enabled AND webhook.enabled_at <= event.occurred_at
        AND webhook.event_types && ARRAY[event.event_type, split_part(event.event_type, '.', 1) || '.*', '*']
    ON CONFLICT (webhook_id, event_id) DO NOTHING
    RETURNING webhook_id
), due AS (
    SELECT DISTINCT webhook_id FROM made
)
SELECT EXISTS (SELECT FROM chosen) AS more, ARRAY(SELECT webhook_id FROM due) AS webhooks

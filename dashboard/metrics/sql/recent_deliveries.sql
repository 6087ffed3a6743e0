-- The newest deliveries of each webhook since `since`, counted by status, and when the oldest one was due that should have
-- been sent. At most `sample_size` of each webhook are read, by the index on its events: counting all would be slow for
-- millions.
SELECT webhook.id, newest.*, oldest_due.since
FROM unnest(%(webhooks)s::bigint[]) AS webhook (id)
LEFT JOIN ({oldest_due}) AS oldest_due ON oldest_due.webhook = webhook.id, LATERAL (
    SELECT count(*) FILTER (WHERE status = 'delivered'),
        count(*) FILTER (WHERE status = 'failed'),
        count(*) FILTER (WHERE status = 'pending' AND attempts > 0),
        count(*) FILTER (WHERE status = 'pending' AND attempts = 0)
    FROM (
        SELECT status, attempts, created_at FROM hooks_delivery
        WHERE webhook_id = webhook.id ORDER BY event_id DESC LIMIT %(sample_size)s
    ) AS delivery
    WHERE created_at >= %(since)s
) AS newest

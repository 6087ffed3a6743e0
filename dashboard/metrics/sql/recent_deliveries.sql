-- The newest deliveries of each webhook since `since`, counted by status. At most `sample_size` of each are read, by the
-- index on its events: counting all would be slow for millions.
SELECT webhook.id, newest.*
FROM unnest(%(webhooks)s::bigint[]) AS webhook (id), LATERAL (
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

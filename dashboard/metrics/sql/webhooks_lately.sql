-- How the newest deliveries of each webhook went, of those made since then. Of each so many are looked at as `looked_at`
-- says, by the index of its events: counting all would take as long as there are many.
SELECT webhook.id, newest.*
FROM unnest(%(webhooks)s::bigint[]) AS webhook (id), LATERAL (
    SELECT count(*) FILTER (WHERE status = 'delivered'),
        count(*) FILTER (WHERE status = 'failed'),
        count(*) FILTER (WHERE status = 'pending' AND attempts > 0),
        count(*) FILTER (WHERE status = 'pending' AND attempts = 0)
    FROM (
        SELECT status, attempts, created_at FROM hooks_delivery
        WHERE webhook_id = webhook.id ORDER BY event_id DESC LIMIT %(looked_at)s
    ) AS delivery
    WHERE created_at >= %(since)s
) AS newest

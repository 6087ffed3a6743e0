-- The pending and failed deliveries of a webhook, counted up to `count_limit` by partial indexes; and of its newest accepted
-- deliveries, the percentiles of the response time and of the time from the change to the acceptance.
WITH accepted AS MATERIALIZED (
    SELECT duration_ms, event_id, accepted_at FROM (
        SELECT * FROM hooks_delivery WHERE webhook_id = %(webhook)s ORDER BY event_id DESC LIMIT %(sample_size)s
    ) AS newest
    WHERE created_at >= %(since)s AND accepted_at IS NOT NULL
), latency AS (
    SELECT greatest(extract(epoch FROM accepted_at - occurred_at) * 1000, 0)::float AS ms
    FROM accepted JOIN hooks_event AS event ON event.id = event_id
)
SELECT
    (SELECT count(*) FROM (
        SELECT FROM hooks_delivery WHERE webhook_id = %(webhook)s AND status = 'pending' LIMIT %(count_limit)s
    ) AS pending),
    (SELECT count(*) FROM (
        SELECT FROM hooks_delivery WHERE webhook_id = %(webhook)s AND status = 'failed' LIMIT %(count_limit)s
    ) AS failed),
    (SELECT percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY duration_ms) FROM accepted),
    (SELECT percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY ms) FROM latency)

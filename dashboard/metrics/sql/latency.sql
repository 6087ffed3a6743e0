-- Milliseconds from the commit of a change to its acceptance by the endpoint, by when the delivery was created. Of each
-- bucket, `sample` deliveries are read, spread evenly over it: reading all would take seconds.
WITH RECURSIVE
-- Ids grow with created_at, which has no index; a binary search finds the first id of each bucket.
search AS (
    SELECT at, low, high
    FROM generate_series(%(since)s::timestamptz, %(until)s::timestamptz, %(length)s::interval) AS at,
        (SELECT coalesce(min(id), 0) AS low, coalesce(max(id) + 1, 0) AS high FROM hooks_delivery) AS bounds
    UNION ALL
    SELECT at, CASE WHEN created_at < at THEN found + 1 ELSE low END,
        CASE WHEN created_at < at THEN high ELSE (low + high) / 2 END
    FROM search, LATERAL (
        SELECT id AS found, created_at FROM hooks_delivery WHERE id >= (low + high) / 2 ORDER BY id LIMIT 1
    ) AS middle
    WHERE low < high
),
begins AS (SELECT at, max(low) AS first FROM search GROUP BY at),
buckets AS (SELECT at, first, lead(first) OVER (ORDER BY at) AS beyond FROM begins),
sampled AS (
    SELECT DISTINCT at, taken.*
    FROM buckets,
        LATERAL generate_series(first, beyond - 1, greatest((beyond - first) / %(sample)s, 1)) AS place,
        LATERAL (
            SELECT id, event_id, accepted_at FROM hooks_delivery WHERE id >= place AND id < beyond ORDER BY id LIMIT 1
        ) AS taken
    WHERE accepted_at IS NOT NULL
)
SELECT at,
    round(percentile_cont(0.50) WITHIN GROUP (ORDER BY ms))::bigint,
    round(percentile_cont(0.95) WITHIN GROUP (ORDER BY ms))::bigint
FROM sampled
JOIN hooks_event AS e ON e.id = event_id,
    LATERAL (SELECT greatest(extract(epoch FROM accepted_at - occurred_at) * 1000, 0)::float AS ms) AS latency
GROUP BY at

-- From the commit of a change to its acceptance by a receiver, in milliseconds, by when the delivery was made. Of each
-- bucket so many deliveries are looked at as `sample` says, spread evenly over it: reading all would take seconds.
WITH RECURSIVE
-- Ids grow with created_at, which has no index; so the id a bucket begins with is found by halving what it may be.
halved AS (
    SELECT at, low, high
    FROM generate_series(%(since)s::timestamptz, %(until)s::timestamptz, %(length)s::interval) AS at,
        (SELECT coalesce(min(id), 0) AS low, coalesce(max(id) + 1, 0) AS high FROM hooks_delivery) AS bounds
    UNION ALL
    SELECT at, CASE WHEN created_at < at THEN found + 1 ELSE low END,
        CASE WHEN created_at < at THEN high ELSE (low + high) / 2 END
    FROM halved, LATERAL (
        SELECT id AS found, created_at FROM hooks_delivery WHERE id >= (low + high) / 2 ORDER BY id LIMIT 1
    ) AS middle
    WHERE low < high
),
begins AS (SELECT at, max(low) AS first FROM halved GROUP BY at),
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

-- Cut a part of the plan into slices of so many staged rows or a few more: a slice ends with the last row of a key, so that
-- the key also records what is done.
WITH ends AS (
    SELECT array_agg(DISTINCT number ORDER BY number) AS numbers
    FROM generate_series(%(first)s + %(rows)s, (SELECT max(number) FROM {plan}), %(rows)s) AS cut,
    LATERAL (
        SELECT number FROM {plan} WHERE number >= cut AND kind <> 'superseded' ORDER BY number LIMIT 1
    ) AS last_of_key
)
INSERT INTO {slices}
SELECT after, up_to, up_to - after, superseded, created, updated, deactivated, ignored, unchanged,
    new_at_zero, large_price_change, goes_inactive, last_key
FROM (
    SELECT lag(max(number), 1, %(first)s::bigint) OVER (ORDER BY max(number)) AS after, max(number) AS up_to,
        count(*) FILTER (WHERE kind = 'superseded') AS superseded,
        count(*) FILTER (WHERE kind = 'created') AS created,
        count(*) FILTER (WHERE kind = 'updated') AS updated,
        count(*) FILTER (WHERE kind = 'deactivated') AS deactivated,
        count(*) FILTER (WHERE kind = 'ignored') AS ignored,
        count(*) FILTER (WHERE kind = 'unchanged') AS unchanged,
        count(*) FILTER (WHERE {new_at_zero}) AS new_at_zero,
        count(*) FILTER (WHERE {large_price_change}) AS large_price_change,
        count(*) FILTER (WHERE {goes_inactive}) AS goes_inactive,
        max(key) AS last_key
    FROM {plan}, ends
    GROUP BY width_bucket(number - 1, coalesce(numbers, '{{}}'))
) AS counted

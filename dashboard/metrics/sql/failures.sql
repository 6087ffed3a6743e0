-- Failed imports and failed deliveries.
SELECT at, sum(imports)::bigint, sum(deliveries)::bigint
FROM (
    SELECT date_trunc(%(bucket)s, created_at, 'UTC') AS at, count(*) AS imports, 0 AS deliveries
    FROM imports_importjob
    WHERE created_at >= %(since)s AND created_at < %(until)s AND status = 'failed'
    GROUP BY 1
    UNION ALL
    SELECT date_trunc(%(bucket)s, hour, 'UTC'), 0, greatest(sum(failed), 0)
    FROM hooks_deliverycount
    WHERE hour >= %(since)s AND hour < %(until)s
    GROUP BY 1
) AS failures
GROUP BY at

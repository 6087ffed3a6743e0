-- Deliveries by when they were accepted or given up. One that is sent again is taken out of those given up in the hour
-- in which that happens; never more are taken out than there are.
SELECT date_trunc(%(bucket)s, hour, 'UTC'),
    greatest(sum(accepted), 0)::bigint,
    greatest(sum(failed), 0)::bigint
FROM hooks_deliverycount
WHERE hour >= %(since)s AND hour < %(until)s
GROUP BY 1

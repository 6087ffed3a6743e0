-- Deliveries by when they were accepted or failed. Resending a failed delivery subtracts it in the hour of the resend, so
-- a sum below zero counts as zero.
SELECT date_trunc(%(bucket)s, hour, 'UTC'),
    greatest(sum(accepted), 0)::bigint,
    greatest(sum(failed), 0)::bigint
FROM hooks_deliverycount
WHERE hour >= %(since)s AND hour < %(until)s
GROUP BY 1

-- One line for the deliveries of an INSERT that are accepted or failed already.
INSERT INTO hooks_deliverycount (hour, pruned, accepted, failed)
SELECT date_trunc('hour', now(), 'UTC'), false, accepted, failed FROM (
    SELECT count(accepted_at) AS accepted,
        count(*) FILTER (WHERE status = 'failed' AND accepted_at IS NULL) AS failed
    FROM added
) AS counted
WHERE accepted <> 0 OR failed <> 0;
RETURN NULL;

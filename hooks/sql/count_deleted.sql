-- One line that subtracts the deliveries of a DELETE; while pruning, a second one that keeps them counted.
INSERT INTO hooks_deliverycount (hour, pruned, accepted, failed)
SELECT date_trunc('hour', now(), 'UTC'), line.pruned, line.sign * accepted, line.sign * failed
FROM (
    SELECT count(accepted_at) AS accepted,
        count(*) FILTER (WHERE status = 'failed' AND accepted_at IS NULL) AS failed
    FROM removed
) AS counted, (VALUES (false, -1), (true, 1)) AS line (pruned, sign)
WHERE (accepted <> 0 OR failed <> 0)
    AND (NOT line.pruned OR current_setting('hooks.pruning', true) = 'on');
RETURN NULL;

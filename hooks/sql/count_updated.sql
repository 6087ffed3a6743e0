-- One line for the difference that an UPDATE made. A delivery that was accepted once does not count as failed.
INSERT INTO hooks_deliverycount (hour, pruned, accepted, failed)
SELECT date_trunc('hour', now(), 'UTC'), false, is_now.accepted - was.accepted, is_now.failed - was.failed
FROM (
    SELECT count(accepted_at) AS accepted,
        count(*) FILTER (WHERE status = 'failed' AND accepted_at IS NULL) AS failed
    FROM before
) AS was, (
    SELECT count(accepted_at) AS accepted,
        count(*) FILTER (WHERE status = 'failed' AND accepted_at IS NULL) AS failed
    FROM after
) AS is_now
WHERE (was.accepted, was.failed) <> (is_now.accepted, is_now.failed);
RETURN NULL;

-- Results of attempts, and how the webhook is doing after them; nothing at all if the lease is somebody else's by now. A
-- result is written only over the number of attempts, and of tries, that it was begun with.
WITH lease AS (
    UPDATE hooks_health SET
        lease_until = greatest(lease_until, now() + %(lease)s), state = %(state)s,
        consecutive_failures = %(consecutive_failures)s, failing_since = %(failing_since)s,
        last_success_at = %(last_success_at)s, next_probe_at = %(next_probe_at)s, probes = %(probes)s,
        paused_until = %(paused_until)s
    WHERE webhook_id = %(webhook)s AND owner = %(owner)s
    RETURNING webhook_id
), disabled AS (
    -- Its events go on being written for a while, so that it can be recovered.
    UPDATE hooks_webhook SET
        is_enabled = false, disabled_at = now(), disabled_reason = %(disabled_reason)s,
        recorded_until = now() + %(recorded)s, updated_at = now()
    FROM lease WHERE id = webhook_id AND is_enabled AND %(state)s = 'disabled'
), result AS MATERIALIZED (
    SELECT *, started_at + duration_ms * interval '1 millisecond' AS ended_at FROM unnest(
        %(id)s::bigint[], %(number)s::int[], %(tries)s::smallint[], %(status)s::text[], %(again_at)s::timestamptz[],
        %(started_at)s::timestamptz[], %(duration_ms)s::int[], %(status_code)s::smallint[], %(error_code)s::text[],
        %(error)s::text[], %(response_headers)s::text[], %(response_body)s::text[], %(truncated)s::boolean[]
    ) AS result (
        id, number, tries, status, again_at, started_at, duration_ms, status_code, error_code, error,
        response_headers, response_body, truncated
    )
), settled AS (
    UPDATE hooks_delivery AS delivery SET
        status = result.status, attempts = result.number, tries = result.tries,
        next_attempt_at = coalesce(result.again_at, delivery.next_attempt_at),
        completed_at = CASE WHEN result.status <> 'pending' THEN ended_at END,
        accepted_at = CASE
            WHEN result.status = 'delivered' THEN coalesce(delivery.accepted_at, ended_at) ELSE delivery.accepted_at
        END,
        status_code = result.status_code, error_code = result.error_code, duration_ms = result.duration_ms,
        response_body = result.response_body
    FROM lease, result
    -- Without a word of its status, which would let the planner walk the index of what is pending for each result.
    WHERE delivery.id = result.id AND delivery.attempts = result.number - 1 AND delivery.tries = result.tries - 1
    RETURNING delivery.id, delivery.is_manual
), logged AS (
    INSERT INTO hooks_attempt (
        delivery_id, number, is_manual, started_at, duration_ms, status_code, error_code, error, response_headers,
        response_body, truncated
    )
    SELECT result.id, number, is_manual, started_at, duration_ms, status_code, error_code, error,
        response_headers::jsonb, response_body, truncated
    FROM settled JOIN result ON result.id = settled.id
    WHERE result.status <> 'delivered' OR number > 1 OR is_manual
)
SELECT webhook_id, (SELECT count(*) FROM settled) AS settled FROM lease

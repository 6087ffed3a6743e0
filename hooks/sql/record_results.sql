-- Write the results of attempts and the health of the webhook after them; nothing if another owner has the lease by
-- now. A result is written only if the delivery still has the number of attempts and tries that it started with.
WITH lease AS (
    UPDATE hooks_health SET
        lease_until = greatest(lease_until, now() + %(lease)s), state = %(state)s,
        consecutive_failures = %(consecutive_failures)s, failing_since = %(failing_since)s,
        last_success_at = %(last_success_at)s, next_probe_at = %(next_probe_at)s, probes = %(probes)s,
        paused_until = %(paused_until)s
    WHERE webhook_id = %(webhook)s AND owner = %(owner)s
    RETURNING webhook_id
), disabled AS (
    -- Its events are recorded for a while longer, so that they can be recovered.
    UPDATE hooks_webhook SET
        is_enabled = false, disabled_at = now(), disabled_reason = %(disabled_reason)s,
        recorded_until = now() + %(recorded)s, updated_at = now()
    FROM lease WHERE id = webhook_id AND is_enabled AND %(state)s = 'disabled'
), result AS MATERIALIZED (
    SELECT *, started_at + duration_ms * interval '1 millisecond' AS ended_at FROM unnest(
        %(id)s::bigint[], %(number)s::int[], %(tries)s::smallint[], %(status)s::text[], %(retry_at)s::timestamptz[],
        %(started_at)s::timestamptz[], %(duration_ms)s::int[], %(status_code)s::smallint[], %(error_code)s::text[],
        %(error)s::text[], %(response_headers)s::text[], %(response_body)s::text[], %(truncated)s::boolean[]
    ) AS result (
        id, number, tries, status, retry_at, started_at, duration_ms, status_code, error_code, error,
        response_headers, response_body, truncated
    )
), recorded AS (
    UPDATE hooks_delivery AS delivery SET
        status = result.status, attempts = result.number, tries = result.tries,
        next_attempt_at = coalesce(result.retry_at, delivery.next_attempt_at),
        completed_at = CASE WHEN result.status <> 'pending' THEN ended_at END,
        accepted_at = CASE
            WHEN result.status = 'delivered' THEN coalesce(delivery.accepted_at, ended_at) ELSE delivery.accepted_at
        END,
        status_code = result.status_code, error_code = result.error_code, duration_ms = result.duration_ms,
        response_body = result.response_body
    FROM lease, result
    -- No condition on the status: the planner would then walk the index of pending deliveries for each result.
    WHERE delivery.id = result.id AND delivery.attempts = result.number - 1 AND delivery.tries = result.tries - 1
    RETURNING delivery.id, delivery.is_manual
), logged AS (
    INSERT INTO hooks_attempt (
        delivery_id, number, is_manual, started_at, duration_ms, status_code, error_code, error, response_headers,
        response_body, truncated
    )
    SELECT result.id, number, is_manual, started_at, duration_ms, status_code, error_code, error,
        response_headers::jsonb, response_body, truncated
    FROM recorded JOIN result ON result.id = recorded.id
    WHERE result.status <> 'delivered' OR number > 1 OR is_manual
)
SELECT webhook_id, (SELECT count(*) FROM recorded) AS recorded FROM lease

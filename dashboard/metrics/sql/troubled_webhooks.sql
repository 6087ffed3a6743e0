-- Webhooks that were switched off for their failures, whose receivers fail just now, or for which deliveries were given
-- up lately; those that need somebody most come first. Of each so many deliveries are looked at, the newest. What stands
-- behind the ? of a URL often is a token.
SELECT w.id, coalesce(nullif(w.description, ''), regexp_replace(w.url, '\?.*', '?***')), w.disabled_at, w.disabled_reason,
    CASE WHEN w.is_enabled AND h.state = 'open' THEN h.failing_since END,
    coalesce(h.consecutive_failures, 0), given_up.count, given_up.latest
FROM hooks_webhook AS w
LEFT JOIN hooks_health AS h ON h.webhook_id = w.id,
    LATERAL (
        SELECT count(*), max(completed_at) AS latest
        FROM (
            SELECT completed_at FROM hooks_delivery
            WHERE webhook_id = w.id AND status = 'failed'
            ORDER BY event_id DESC LIMIT %(looked_at)s
        ) AS newest
        WHERE completed_at >= %(since)s
    ) AS given_up
WHERE w.disabled_at IS NOT NULL OR (w.is_enabled AND (h.state = 'open' OR given_up.count > 0))
ORDER BY w.disabled_at IS NULL, h.state IS DISTINCT FROM 'open', given_up.latest DESC, w.id
LIMIT %(shown)s

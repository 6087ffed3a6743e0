-- Webhooks that were disabled automatically, whose circuit breaker is open, or with recently failed deliveries, in this
-- order. At most `sample_size` failed deliveries of each are counted, the newest. The query of a URL is redacted: it often
-- holds a token.
SELECT w.id, coalesce(nullif(w.description, ''), regexp_replace(w.url, '\?.*', '?***')), w.disabled_at, w.disabled_reason,
    CASE WHEN w.is_enabled AND h.state = 'open' THEN h.failing_since END,
    coalesce(h.consecutive_failures, 0), failed.count, failed.latest
FROM hooks_webhook AS w
LEFT JOIN hooks_health AS h ON h.webhook_id = w.id,
    LATERAL (
        SELECT count(*), max(completed_at) AS latest
        FROM (
            SELECT completed_at FROM hooks_delivery
            WHERE webhook_id = w.id AND status = 'failed'
            ORDER BY event_id DESC LIMIT %(sample_size)s
        ) AS newest
        WHERE completed_at >= %(since)s
    ) AS failed
WHERE w.disabled_at IS NOT NULL OR (w.is_enabled AND (h.state = 'open' OR failed.count > 0))
ORDER BY w.disabled_at IS NULL, h.state IS DISTINCT FROM 'open', failed.latest DESC, w.id
LIMIT %(limit)s

-- When the oldest delivery was due, for each enabled webhook that has one which nothing holds back: neither its circuit
-- breaker nor a pause that the endpoint asked for.
SELECT w.id AS webhook, due.next_attempt_at AS since
FROM hooks_webhook AS w
LEFT JOIN hooks_health AS h ON h.webhook_id = w.id, LATERAL (
    SELECT next_attempt_at FROM hooks_delivery
    WHERE webhook_id = w.id AND status = 'pending' AND next_attempt_at <= now()
    ORDER BY next_attempt_at LIMIT 1
) AS due
WHERE w.is_enabled AND coalesce(h.state, 'healthy') = 'healthy' AND coalesce(h.paused_until, '-infinity') <= now()

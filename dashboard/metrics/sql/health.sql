-- The figures of dashboard.metrics.health.Health, in its order. Due deliveries are counted up to `count_limit`.
SELECT
    (SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - %(seen_within)s::interval),
    (SELECT count(*) FROM imports_importjob WHERE status = 'pending')
        + (SELECT count(*) FROM imports_importjob WHERE undo_status = 'pending'),
    least(
        (SELECT min(coalesce(confirmed_at, created_at)) FROM imports_importjob WHERE status = 'pending'),
        (SELECT min(undo_requested_at) FROM imports_importjob WHERE undo_status = 'pending')
    ),
    EXISTS (SELECT FROM imports_importjob WHERE status = 'processing')
        OR EXISTS (SELECT FROM imports_importjob WHERE undo_status = 'processing'),
    (SELECT count(*) FROM (
        SELECT FROM hooks_webhook AS w, LATERAL (
            SELECT FROM hooks_delivery WHERE webhook_id = w.id AND status = 'pending' AND next_attempt_at <= now()
            LIMIT %(count_limit)s
        ) AS due
        WHERE w.is_enabled LIMIT %(count_limit)s
    ) AS counted),
    (SELECT min(since) FROM ({oldest_due}) AS oldest_due),
    (SELECT count(*) FROM hooks_webhook AS w JOIN hooks_health AS h ON h.webhook_id = w.id
        WHERE w.is_enabled AND h.state = 'open'),
    (SELECT count(*) FROM hooks_webhook AS w JOIN hooks_health AS h ON h.webhook_id = w.id
        WHERE w.is_enabled AND h.state = 'healthy' AND h.paused_until > now() AND EXISTS (
            SELECT FROM hooks_delivery WHERE webhook_id = w.id AND status = 'pending' AND next_attempt_at <= now()
        ))

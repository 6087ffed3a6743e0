-- Acquire the leases of at most `room` webhooks that have due deliveries and no owner.
WITH due AS (
    SELECT webhook.id
    FROM hooks_webhook AS webhook
    LEFT JOIN hooks_health AS health ON health.webhook_id = webhook.id
    WHERE webhook.is_enabled
        AND (%(only)s::bigint[] IS NULL OR webhook.id = ANY (%(only)s))
        AND webhook.id <> ALL (%(held)s::bigint[])
        AND (health.owner IS NULL OR health.lease_until < now())
        AND coalesce(greatest(health.next_probe_at, health.paused_until), '-infinity') <= greatest(now(), %(now)s)
        AND (
            -- The first due delivery; with EXISTS the planner may walk over all of them.
            SELECT delivery.next_attempt_at FROM hooks_delivery AS delivery
            WHERE delivery.webhook_id = webhook.id AND delivery.status = 'pending'
            ORDER BY delivery.next_attempt_at, delivery.id LIMIT 1
        ) <= greatest(now(), %(now)s)
    ORDER BY webhook.id
    LIMIT %(room)s
), acquired AS (
    INSERT INTO hooks_health (webhook_id, owner, lease_until)
    SELECT id, %(owner)s, now() + %(lease)s FROM due
    ON CONFLICT (webhook_id) DO UPDATE SET owner = excluded.owner, lease_until = excluded.lease_until
        WHERE hooks_health.owner IS NULL OR hooks_health.lease_until < now()
    RETURNING *
)
SELECT webhook.id, url, secret, previous_secret, previous_secret_until, headers, max_in_flight, rate_per_second,
    state, consecutive_failures, failing_since, last_success_at, next_probe_at, probes, paused_until
FROM acquired JOIN hooks_webhook AS webhook ON webhook.id = acquired.webhook_id

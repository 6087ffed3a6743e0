-- Extend the leases that this owner still holds and whose webhook is still enabled.
UPDATE hooks_health SET lease_until = now() + %(lease)s
FROM hooks_webhook AS webhook
WHERE webhook_id = ANY (%(webhooks)s) AND owner = %(owner)s AND webhook.id = webhook_id AND webhook.is_enabled
RETURNING webhook_id

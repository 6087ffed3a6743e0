-- Release the leases of these webhooks; of all webhooks with NULL.
UPDATE hooks_health SET owner = NULL
WHERE owner = %(owner)s AND (%(webhooks)s::bigint[] IS NULL OR webhook_id = ANY (%(webhooks)s))
RETURNING webhook_id

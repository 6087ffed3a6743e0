UPDATE hooks_health SET owner = NULL WHERE webhook_id = %(webhook)s AND owner = %(owner)s RETURNING webhook_id

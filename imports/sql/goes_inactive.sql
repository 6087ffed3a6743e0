kind = 'updated' AND is_active_before

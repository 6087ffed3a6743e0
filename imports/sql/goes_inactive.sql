is_active_before AND kind = 'updated'

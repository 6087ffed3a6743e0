kind = 'created' AND coalesce(price, 0) = 0

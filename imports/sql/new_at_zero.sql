product_id IS NULL AND coalesce(price, 0) = 0 AND kind = 'created'

CASE WHEN kind = 'updated' AND price_before IS NOT NULL
    THEN coalesce(abs(price - price_before) / nullif(price_before, 0), 'Infinity') END

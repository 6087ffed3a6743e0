-- What a preview would do, in key order. A new product has all fields, an existing one those that differ.
SELECT kind, line, sku, product_id, superseded_by,
    name_before,
    CASE WHEN name_before IS NOT NULL OR product_id IS NULL THEN name END,
    description_before,
    CASE WHEN description_before IS NOT NULL THEN description
        WHEN product_id IS NULL THEN coalesce(description, '') END,
    price_before,
    CASE WHEN price_before IS NOT NULL THEN price
        WHEN product_id IS NULL THEN coalesce(price, 0) END,
    is_active_before,
    CASE WHEN is_active_before IS NOT NULL THEN is_active
        WHEN product_id IS NULL THEN coalesce(is_active, true) END
FROM {plan}
WHERE kind IN ('created', 'updated', 'deactivated', 'superseded') AND %(kind)s IN ('', kind)
ORDER BY number
LIMIT %(limit)s OFFSET %(offset)s

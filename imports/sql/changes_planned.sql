-- What a dry run would do, in the order of the keys. A new product has every field, an old one those that differ.
SELECT kind, line, sku, product_id, superseded_by,
    name_before, name_after, description_before, description_after,
    price_before, price_after, is_active_before, is_active_after
FROM (
    SELECT key, line, sku, product_id, superseded_by,
        CASE
            WHEN superseded_by IS NOT NULL THEN 'superseded'
            WHEN product_id IS NULL THEN 'created'
            WHEN line = 0 THEN 'deactivated'
            ELSE 'updated'
        END AS kind,
        name_before,
        CASE WHEN name_before IS NOT NULL OR product_id IS NULL THEN name END AS name_after,
        description_before,
        CASE WHEN description_before IS NOT NULL THEN description
            WHEN product_id IS NULL THEN coalesce(description, '') END AS description_after,
        price_before,
        CASE WHEN price_before IS NOT NULL THEN price
            WHEN product_id IS NULL THEN coalesce(price, 0) END AS price_after,
        is_active_before,
        CASE WHEN is_active_before IS NOT NULL THEN is_active
            WHEN product_id IS NULL THEN coalesce(is_active, true) END AS is_active_after
    FROM {plan}
    ORDER BY key, line
) AS planned
WHERE %(kind)s IN ('', kind)
LIMIT %(limit)s OFFSET %(offset)s

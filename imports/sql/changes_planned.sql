-- What a preview would do, in these slices. A new product has all fields, an existing one those that differ.
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
FROM unnest(%(after)s::bigint[], %(up_to)s::bigint[]) AS slice (after, up_to)
CROSS JOIN LATERAL (
    SELECT * FROM {plan}
    WHERE number > slice.after AND number <= slice.up_to AND {listed} AND starts_with(key, lower(%(sku)s))
) AS listed
ORDER BY {order}
LIMIT %(limit)s OFFSET %(offset)s

-- Changed products of a range of the plan's rows, in key order, as long as they are what the plan saw. The SKU keeps its
-- first spelling.
UPDATE catalog_product AS p
SET name = coalesce(c.name, p.name),
    description = coalesce(c.description, p.description),
    price = coalesce(c.price, p.price),
    is_active = coalesce(c.is_active, p.is_active),
    updated_at = now()
FROM (
    SELECT product_id, seen_at, name, description, price, is_active FROM {plan}
    WHERE number > %(after)s AND number <= %(up_to)s AND kind IN ('updated', 'deactivated')
    ORDER BY number
) AS c
WHERE p.id = c.product_id AND p.updated_at = c.seen_at

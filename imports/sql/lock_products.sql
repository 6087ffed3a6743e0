-- Lock the products of a range of the plan's rows in key order.
SELECT p.id
FROM {plan} AS c
JOIN catalog_product AS p ON lower(p.sku) COLLATE "C" = c.key
WHERE c.number > %(after)s AND c.number <= %(up_to)s AND c.kind IN ('created', 'updated', 'deactivated')
ORDER BY c.number
FOR UPDATE OF p

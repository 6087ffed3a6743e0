-- The products these pages are about, locked in key order.
SELECT p.id
FROM {plan} AS c
JOIN catalog_product AS p ON lower(p.sku) COLLATE "C" = c.key
WHERE c.ctid >= %(from)s::tid AND c.ctid < %(to)s::tid AND c.superseded_by IS NULL
ORDER BY c.key
FOR UPDATE OF p

-- The same pages, classified against the products as they are now.
CREATE TEMPORARY TABLE {again} ON COMMIT DROP AS
SELECT c.key, c.row, c.line, c.superseded_by, p.id AS product_id,
    c.sku, c.name, c.description, c.price, c.is_active
FROM {plan} AS c
LEFT JOIN catalog_product AS p ON lower(p.sku) COLLATE "C" = c.key
WHERE c.ctid >= %(from)s::tid AND c.ctid < %(to)s::tid AND c.superseded_by IS NULL
ORDER BY c.key

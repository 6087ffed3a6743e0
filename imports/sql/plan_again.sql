-- The same pages, classified against the products as they are now.
CREATE TEMPORARY TABLE {again} ON COMMIT DROP AS
SELECT *
FROM (
    SELECT c.key, c.line, c.superseded_by, p.id AS product_id, p.updated_at AS seen_at,
        c.sku, c.name, c.description, c.price, c.is_active,
        CASE WHEN c.name <> p.name THEN p.name END AS name_before,
        CASE WHEN c.description <> p.description THEN p.description END AS description_before,
        CASE WHEN c.price <> p.price THEN p.price END AS price_before,
        CASE WHEN c.is_active <> p.is_active THEN p.is_active END AS is_active_before
    FROM {plan} AS c
    LEFT JOIN catalog_product AS p ON lower(p.sku) COLLATE "C" = c.key
    WHERE c.ctid >= %(from)s::tid AND c.ctid < %(to)s::tid AND c.superseded_by IS NULL
) AS classified
WHERE (product_id IS NULL AND line > 0)
    OR (product_id IS NOT NULL AND %(mode)s = 'create_only')
    OR name_before IS NOT NULL
    OR description_before IS NOT NULL
    OR price_before IS NOT NULL
    OR is_active_before IS NOT NULL
ORDER BY key

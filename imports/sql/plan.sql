-- What the file would change, in key order, which is also the order on disk: applying reads it page by page.
-- Unchanged rows are left out; superseded ones stay in, to be counted and to name the line that won.
CREATE UNLOGGED TABLE {plan} AS
SELECT key, row, line, superseded_by, product_id,
    -- The last row wins, under the first one's spelling of the SKU.
    first_value(sku) OVER (PARTITION BY key ORDER BY row) AS sku,
    name, description, price, is_active
FROM (
    SELECT s.key, s.row, s.line, s.sku, s.name, s.description, s.price, s.is_active,
        p.id AS product_id,
        lead(s.line) OVER (PARTITION BY s.key ORDER BY s.row) AS superseded_by,
        p.id IS NULL
            OR s.name <> p.name
            OR s.description <> p.description
            OR s.price <> p.price
            OR s.is_active <> p.is_active AS differs
    FROM {stage} AS s
    LEFT JOIN catalog_product AS p ON lower(p.sku) COLLATE "C" = s.key
    WHERE s.key > %(applied_key)s
) AS classified
WHERE superseded_by IS NOT NULL OR differs
ORDER BY key, row

-- What the file would change, in key order, which is also the order on disk: applying reads it page by page.
-- Unchanged rows are left out; superseded ones stay in, to be counted and to name the line that won. A field of a
-- product that stays as it is has no "before". Keys after one and up to another: a part of the file.
INSERT INTO {plan}
SELECT key, line, superseded_by, product_id, seen_at, sku, name, description, price, is_active,
    name_before, description_before, price_before, is_active_before
FROM (
    SELECT s.key, s.line, lead(s.line) OVER rows_of_key AS superseded_by,
        -- The last row wins, under the first one's spelling of the SKU.
        first_value(s.sku) OVER rows_of_key AS sku, s.name, s.description, s.price, s.is_active,
        p.id AS product_id, p.updated_at AS seen_at,
        CASE WHEN s.name <> p.name THEN p.name END AS name_before,
        CASE WHEN s.description <> p.description THEN p.description END AS description_before,
        CASE WHEN s.price <> p.price THEN p.price END AS price_before,
        CASE WHEN s.is_active <> p.is_active THEN p.is_active END AS is_active_before
    FROM {stage} AS s
    LEFT JOIN catalog_product AS p ON lower(p.sku) COLLATE "C" = s.key
    WHERE s.key > %(after)s AND (s.key <= %(up_to)s OR %(up_to)s = '')
    WINDOW rows_of_key AS (PARTITION BY s.key ORDER BY s.line ROWS UNBOUNDED PRECEDING)
) AS classified
WHERE superseded_by IS NOT NULL
    OR product_id IS NULL
    OR name_before IS NOT NULL
    OR description_before IS NOT NULL
    OR price_before IS NOT NULL
    OR is_active_before IS NOT NULL
ORDER BY key, line

-- A new product needs a name: rows of an unknown SKU are refused up to the first that brings one.
WITH nameless AS (
    SELECT s.* FROM {stage} AS s
    WHERE name IS NULL
        AND key > %(applied_key)s
        AND NOT EXISTS (SELECT FROM catalog_product AS p WHERE lower(p.sku) COLLATE "C" = s.key)
        AND NOT EXISTS (
            SELECT FROM {stage} AS earlier
            WHERE earlier.key = s.key AND earlier.row < s.row AND earlier.name IS NOT NULL
        )
), removed AS (
    DELETE FROM {stage} AS s USING nameless WHERE s.row = nameless.row
)
INSERT INTO imports_rejectedrow (job_id, row, line, "column", code, message, value, cells)
SELECT %(job)s, row, line, 'name', 'name.required', 'The product is new and the row has no name for it.', '',
    jsonb_build_object('sku', sku, 'description', description, 'price', price_text, 'is_active', is_active)
FROM nameless

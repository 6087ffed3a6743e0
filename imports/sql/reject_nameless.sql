-- A new product needs a name: reject rows of an unknown SKU up to the first row with a name.
nameless AS (
    SELECT s.line FROM {stage} AS s
    WHERE name IS NULL
        AND key > %(applied_key)s
        AND NOT EXISTS (SELECT FROM catalog_product AS p WHERE lower(p.sku) COLLATE "C" = s.key)
        AND NOT EXISTS (
            SELECT FROM {stage} AS earlier
            WHERE earlier.key = s.key AND earlier.line < s.line AND earlier.name IS NOT NULL
        )
), left_out AS (
    UPDATE {stage} AS s SET sku = NULL FROM nameless WHERE s.line = nameless.line
), rejected AS (
    SELECT line, 'name' AS "column", 'name.required' AS code, '' AS value,
        'New products need a name.' AS message
    FROM nameless
)

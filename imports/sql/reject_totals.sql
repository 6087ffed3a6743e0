-- Reject rows that look like a total: a word for total as SKU, of no product there is, beside blanks and numbers alone.
-- With blank=clear, is_active is true in a row that does not say so.
totals AS (
    UPDATE {stage} AS s SET sku = NULL
    FROM {stage} AS before
    WHERE before.key > %(applied_key)s AND s.line = before.line
        AND substring(before.key FROM %(sku)s) = ANY(%(words)s)
        AND (before.name IS NULL OR before.name ~ %(number)s)
        AND (coalesce(before.description, '') = '' OR before.description ~ %(number)s)
        AND (before.is_active IS NULL OR %(clears)s)
        AND NOT EXISTS (SELECT FROM catalog_product AS p WHERE lower(p.sku) COLLATE "C" = before.key)
    RETURNING s.line, before.sku
), rejected AS (
    SELECT line, NULL AS "column", 'row.looks_like_total' AS code, sku AS value,
        'The row looks like a total, not like a product.' AS message
    FROM totals
)

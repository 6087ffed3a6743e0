-- Mode create_only: products that were there before the import are not its business.
known AS (
    UPDATE {stage} AS s SET sku = NULL
    FROM {stage} AS before JOIN catalog_product AS p ON lower(p.sku) COLLATE "C" = before.key
    WHERE before.key > %(applied_key)s AND s.line = before.line
    RETURNING s.line, before.sku
), rejected AS (
    SELECT line, 'sku' AS "column", 'product.exists' AS code, sku AS value,
        'A product with this SKU is there already.' AS message
    FROM known
)

-- Mode create_only: reject rows of products that existed before the import.
known AS (
    UPDATE {stage} AS s SET sku = NULL
    FROM {stage} AS before JOIN catalog_product AS p ON lower(p.sku) COLLATE "C" = before.key
    WHERE before.key > %(applied_key)s AND s.line = before.line
    RETURNING s.line, before.sku
), rejected AS (
    SELECT line, 'sku' AS "column", 'product.exists' AS code, sku AS value,
        'A product with this SKU already exists.' AS message
    FROM known
)

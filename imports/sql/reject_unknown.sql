-- Mode update_only: what is not there is not created.
unknown AS (
    UPDATE {stage} AS s SET sku = NULL
    FROM {stage} AS before
    WHERE before.key > %(applied_key)s AND s.line = before.line
        AND NOT EXISTS (SELECT FROM catalog_product AS p WHERE lower(p.sku) COLLATE "C" = before.key)
    RETURNING s.line, before.sku
), rejected AS (
    SELECT line, 'sku' AS "column", 'product.not_found' AS code, sku AS value,
        'There is no product with this SKU.' AS message
    FROM unknown
)

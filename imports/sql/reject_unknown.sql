-- Mode update_only: reject rows of products that do not exist.
unknown AS (
    UPDATE {stage} AS s SET sku = NULL
    FROM {stage} AS before
    WHERE before.key > %(applied_key)s AND s.line = before.line
        AND NOT EXISTS (SELECT FROM catalog_product AS p WHERE lower(p.sku) COLLATE "C" = before.key)
    RETURNING s.line, before.sku
), rejected AS (
    SELECT line, 'sku' AS "column", 'product.not_found' AS code, sku AS value,
        'No product has this SKU.' AS message
    FROM unknown
)

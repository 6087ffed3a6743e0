-- Mode update_only: what is not there is not created.
WITH unknown AS (
    UPDATE {stage} AS s SET sku = NULL
    FROM {stage} AS before
    WHERE before.key > %(applied_key)s AND s.line = before.line
        AND NOT EXISTS (SELECT FROM catalog_product AS p WHERE lower(p.sku) COLLATE "C" = before.key)
    RETURNING s.line, before.sku
)
INSERT INTO imports_rejectedrow (job_id, row, line, "column", code, message, value, cells)
SELECT %(job)s, 0, line, 'sku', 'product.not_found', 'There is no product with this SKU.', sku, NULL
FROM unknown

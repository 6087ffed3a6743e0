-- Mode create_only: products that were there before the import are not its business.
WITH known AS (
    UPDATE {stage} AS s SET sku = NULL
    FROM {stage} AS before JOIN catalog_product AS p ON lower(p.sku) COLLATE "C" = before.key
    WHERE before.key > %(applied_key)s AND s.line = before.line
    RETURNING s.line, before.sku
)
INSERT INTO imports_rejectedrow (job_id, row, line, "column", code, message, value, cells)
SELECT %(job)s, 0, line, 'sku', 'product.exists', 'A product with this SKU is there already.', sku, NULL
FROM known

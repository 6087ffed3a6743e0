-- Mode sync: active products missing from the file are staged as rows that deactivate them.
INSERT INTO {stage} (line, sku, is_active, is_missing)
SELECT 0, p.sku, false, true
FROM catalog_product AS p
WHERE p.is_active
    AND lower(p.sku) COLLATE "C" > %(applied_key)s
    AND NOT EXISTS (SELECT FROM {stage} AS s WHERE s.key = lower(p.sku) COLLATE "C")

-- Mode sync: active products that the file lacks stand in it at line 0, as rows that make them inactive.
INSERT INTO {stage} (line, sku, is_active)
SELECT 0, p.sku, false
FROM catalog_product AS p
WHERE p.is_active
    AND lower(p.sku) COLLATE "C" > %(applied_key)s
    AND NOT EXISTS (SELECT FROM {stage} AS s WHERE s.key = lower(p.sku) COLLATE "C")

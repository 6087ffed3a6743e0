-- The number of products that the import created or changed. Existing ones are locked in key order, as imports do.
WITH touched AS (
    SELECT unnest(product_ids) AS id FROM imports_changedproducts WHERE job_id = %(job)s
    UNION ALL
    SELECT unnest(product_ids) FROM imports_createdproducts WHERE job_id = %(job)s
), locked AS (
    SELECT p.id FROM catalog_product AS p JOIN touched ON touched.id = p.id
    ORDER BY lower(p.sku) COLLATE "C"
    FOR UPDATE OF p
)
SELECT (SELECT count(*) FROM touched) + 0 * (SELECT count(*) FROM locked)

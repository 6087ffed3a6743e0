-- Products that the import created and that have not changed since.
DELETE FROM catalog_product AS p
USING (
    SELECT unnest(product_ids) AS id, written_at FROM imports_createdproducts WHERE job_id = %(job)s
) AS created
WHERE p.id = created.id AND p.updated_at = created.written_at

-- The products that an import created, as they are now; of deleted ones only the id is known.
SELECT 'created', NULL, p.sku, created.product_id, NULL,
    NULL, p.name, NULL, p.description, NULL, p.price, NULL, p.is_active
FROM (
    SELECT id AS entry, product_id, place
    FROM imports_createdproducts, unnest(product_ids) WITH ORDINALITY AS created (product_id, place)
    WHERE job_id = %(job)s AND {with_sku} AND {at_zero}
    ORDER BY id, place
    LIMIT %(limit)s OFFSET %(offset)s
) AS created
LEFT JOIN catalog_product AS p ON p.id = created.product_id
ORDER BY entry, place

-- Products of some parts of a journal that the import created and that have not changed since.
DELETE FROM catalog_product AS p
USING (
    SELECT unnest(product_ids[after + 1:up_to]) AS id, written_at
    FROM unnest(%(kinds)s::text[], %(entries)s::bigint[], %(after)s::int[], %(up_to)s::int[])
        AS part (kind, entry, after, up_to)
    JOIN imports_createdproducts AS c ON c.id = entry
    WHERE kind = 'created'
) AS created
WHERE p.id = created.id AND p.updated_at = created.written_at

-- Lock the products of some parts of a journal in key order, as imports do.
WITH part AS (
    SELECT * FROM unnest(%(kinds)s::text[], %(entries)s::bigint[], %(after)s::int[], %(up_to)s::int[])
        AS part (kind, entry, after, up_to)
), touched AS (
    SELECT unnest(product_ids[after + 1:up_to]) AS id
    FROM part JOIN imports_changedproducts AS c ON c.id = entry
    WHERE kind = 'changed'
    UNION ALL
    SELECT unnest(product_ids[after + 1:up_to])
    FROM part JOIN imports_createdproducts AS c ON c.id = entry
    WHERE kind = 'created'
), locked AS (
    SELECT p.id FROM touched JOIN catalog_product AS p ON p.id = touched.id
    ORDER BY lower(p.sku) COLLATE "C"
    FOR UPDATE OF p
)
SELECT count(*) FROM locked

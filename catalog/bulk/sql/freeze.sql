-- The selected products as chunks in the order of their ids, in which they are mostly stored. Locks are taken chunk by chunk,
-- in the order of the SKU keys as imports do.
WITH frozen AS (
    INSERT INTO catalog_bulkchunk (change_id, number, product_ids)
    SELECT %s, number, array_agg(id ORDER BY id)
    FROM (
        SELECT id, (row_number() OVER (ORDER BY id) - 1) / %s AS number FROM ({selection}) AS selected (id)
    ) AS numbered
    GROUP BY number
    RETURNING cardinality(product_ids) AS products
)
SELECT count(*), coalesce(sum(products), 0)::bigint FROM frozen

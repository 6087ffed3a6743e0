-- The selected products as chunks, in the order of their SKU keys, in which imports lock products as well.
WITH frozen AS (
    INSERT INTO catalog_bulkchunk (change_id, number, product_ids)
    SELECT %s, number, array_agg(id ORDER BY place)
    FROM (
        SELECT id, place, (place - 1) / %s AS number
        FROM (SELECT id, row_number() OVER (ORDER BY key) AS place FROM ({selection}) AS selected (id, key)) AS placed
    ) AS numbered
    GROUP BY number
    RETURNING cardinality(product_ids) AS products
)
SELECT count(*), coalesce(sum(products), 0)::bigint FROM frozen

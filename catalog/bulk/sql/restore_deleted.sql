-- Create the deleted products of a chunk again, unless their SKU or id is in use by now.
WITH chunk AS (
    SELECT * FROM catalog_bulkchunk WHERE change_id = %(change)s AND number = %(number)s
), reverted AS (
    INSERT INTO catalog_product (id, sku, name, description, price, is_active, created_at, updated_at)
    SELECT old.*, now()
    FROM chunk, unnest(changed_ids, skus, names, descriptions, prices, actives, created_ats)
        AS old (id, sku, name, description, price, is_active, created_at)
    ORDER BY lower(old.sku) COLLATE "C"
    ON CONFLICT DO NOTHING
    RETURNING id
)
SELECT cardinality(changed_ids), (SELECT count(*) FROM reverted) FROM chunk

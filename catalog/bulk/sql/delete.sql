-- Delete the products of a chunk that still exist, and keep their values.
WITH locked AS (
    SELECT p.id
    FROM catalog_bulkchunk AS c, unnest(c.product_ids) AS selected (id)
    JOIN catalog_product AS p ON p.id = selected.id
    WHERE c.change_id = %(change)s AND c.number = %(number)s
    ORDER BY lower(p.sku) COLLATE "C"
    FOR UPDATE OF p
), deleted AS (
    DELETE FROM catalog_product AS p USING locked WHERE p.id = locked.id
    RETURNING p.id, p.sku, p.name, p.description, p.price, p.is_active, p.created_at
), kept AS (
    SELECT coalesce(array_agg(id), '{}') AS ids,
        array_agg(sku) AS skus, array_agg(name) AS names, array_agg(description) AS descriptions,
        array_agg(price) AS prices, array_agg(is_active) AS actives, array_agg(created_at) AS created_ats
    FROM deleted
)
UPDATE catalog_bulkchunk
SET written_at = now(), changed_ids = kept.ids, skus = kept.skus, names = kept.names, descriptions = kept.descriptions,
    prices = kept.prices, actives = kept.actives, created_ats = kept.created_ats
FROM kept
WHERE change_id = %(change)s AND number = %(number)s
RETURNING cardinality(product_ids), cardinality(changed_ids)

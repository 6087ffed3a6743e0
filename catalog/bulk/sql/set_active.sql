-- Activate or deactivate the products of a chunk that are not so already, and keep which these are.
WITH locked AS (
    SELECT p.id
    FROM catalog_bulkchunk AS c, unnest(c.product_ids) AS selected (id)
    JOIN catalog_product AS p ON p.id = selected.id
    WHERE c.change_id = %(change)s AND c.number = %(number)s AND p.is_active <> %(active)s
    ORDER BY lower(p.sku) COLLATE "C"
    FOR UPDATE OF p
), changed AS (
    UPDATE catalog_product AS p SET is_active = %(active)s, updated_at = now()
    FROM locked WHERE p.id = locked.id
    RETURNING p.id
)
UPDATE catalog_bulkchunk
SET written_at = now(), changed_ids = ARRAY(SELECT id FROM changed)
WHERE change_id = %(change)s AND number = %(number)s
RETURNING cardinality(product_ids), cardinality(changed_ids)

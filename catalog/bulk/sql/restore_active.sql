-- Set the status of the chunk's products back, if they have not changed since.
WITH chunk AS (
    SELECT changed_ids, written_at FROM catalog_bulkchunk
    WHERE change_id = %(change)s AND number = %(number)s
), locked AS (
    SELECT p.id
    FROM chunk, unnest(chunk.changed_ids) AS changed (id)
    JOIN catalog_product AS p ON p.id = changed.id
    WHERE p.updated_at = chunk.written_at
    ORDER BY lower(p.sku) COLLATE "C"
    FOR UPDATE OF p
), reverted AS (
    UPDATE catalog_product AS p SET is_active = NOT %(active)s, updated_at = now()
    FROM locked WHERE p.id = locked.id
    RETURNING p.id
)
SELECT cardinality(changed_ids), (SELECT count(*) FROM reverted) FROM chunk

-- Products that were there when the plan was made and are gone: without a name they cannot come back.
WITH nameless AS (
    DELETE FROM {again} WHERE product_id IS NULL AND name IS NULL RETURNING *
)
INSERT INTO imports_rejectedrow (job_id, row, line, "column", code, message, value, cells)
SELECT %(job)s, row, line, 'name', 'name.required', 'The product is new and the row has no name for it.', '',
    jsonb_build_object('sku', sku, 'description', description, 'price', price::text, 'is_active', is_active)
FROM nameless

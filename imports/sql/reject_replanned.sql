-- Replanned rows that are invalid for the products as they are now: a deleted product cannot be created again without a
-- name, and the modes apply to products that were created or deleted meanwhile.
removed AS (
    DELETE FROM {replanned}
    WHERE line IS NOT NULL AND CASE
        WHEN product_id IS NULL THEN name IS NULL OR %(mode)s = 'update_only'
        ELSE %(mode)s = 'create_only'
    END
    RETURNING line, sku, product_id
), rejected AS (
    SELECT line, found."column", found.code, found.message, found.value
    FROM removed, LATERAL (
        SELECT 'sku', 'product.exists', 'A product with this SKU already exists.', sku WHERE product_id IS NOT NULL
        UNION ALL
        SELECT 'sku', 'product.not_found', 'No product has this SKU.', sku
        WHERE product_id IS NULL AND %(mode)s = 'update_only'
        UNION ALL
        SELECT 'name', 'name.required', 'New products need a name.', ''
        WHERE product_id IS NULL AND %(mode)s <> 'update_only'
    ) AS found("column", code, message, value)
)

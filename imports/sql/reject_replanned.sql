-- What the rows cannot do to the products as they are now: one that is gone cannot come back without a name, and
-- the modes hold for what appeared or went meanwhile, too.
removed AS (
    DELETE FROM {replanned}
    WHERE line > 0 AND CASE
        WHEN product_id IS NULL THEN name IS NULL OR %(mode)s = 'update_only'
        ELSE %(mode)s = 'create_only'
    END
    RETURNING line, sku, product_id
), rejected AS (
    SELECT line, found."column", found.code, found.message, found.value
    FROM removed, LATERAL (
        SELECT 'sku', 'product.exists', 'A product with this SKU is there already.', sku WHERE product_id IS NOT NULL
        UNION ALL
        SELECT 'sku', 'product.not_found', 'There is no product with this SKU.', sku
        WHERE product_id IS NULL AND %(mode)s = 'update_only'
        UNION ALL
        SELECT 'name', 'name.required', 'The product is new and the row has no name for it.', ''
        WHERE product_id IS NULL AND %(mode)s <> 'update_only'
    ) AS found("column", code, message, value)
)

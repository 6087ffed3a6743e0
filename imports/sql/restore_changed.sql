-- Products that are as the import left them, back to what they were before.
WITH before AS (
    SELECT written_at,
        unnest(product_ids) AS id,
        unnest(names_before) AS name,
        unnest(descriptions_before) AS description,
        unnest(prices_before) AS price,
        unnest(actives_before) AS is_active
    FROM imports_changedproducts
    WHERE job_id = %(job)s
)
UPDATE catalog_product AS p
SET name = coalesce(b.name, p.name),
    description = coalesce(b.description, p.description),
    price = coalesce(b.price, p.price),
    is_active = coalesce(b.is_active, p.is_active),
    updated_at = now()
FROM before AS b
WHERE p.id = b.id AND p.updated_at = b.written_at

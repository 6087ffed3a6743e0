-- Products of some parts of a journal that are as the import left them, back to what they were before.
WITH before AS (
    SELECT written_at,
        unnest(product_ids[after + 1:up_to]) AS id,
        unnest(names_before[after + 1:up_to]) AS name,
        unnest(descriptions_before[after + 1:up_to]) AS description,
        unnest(prices_before[after + 1:up_to]) AS price,
        unnest(actives_before[after + 1:up_to]) AS is_active
    FROM unnest(%(kinds)s::text[], %(entries)s::bigint[], %(after)s::int[], %(up_to)s::int[])
        AS part (kind, entry, after, up_to)
    JOIN imports_changedproducts AS c ON c.id = entry
    WHERE kind = 'changed'
)
UPDATE catalog_product AS p
SET name = coalesce(b.name, p.name),
    description = coalesce(b.description, p.description),
    price = coalesce(b.price, p.price),
    is_active = coalesce(b.is_active, p.is_active),
    updated_at = now()
FROM before AS b
WHERE p.id = b.id AND p.updated_at = b.written_at

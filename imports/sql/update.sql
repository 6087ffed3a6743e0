-- Changed products of a run of the plan's pages, as long as they are what the plan saw. The SKU keeps its first
-- spelling.
UPDATE catalog_product AS p
SET name = coalesce(c.name, p.name),
    description = coalesce(c.description, p.description),
    price = coalesce(c.price, p.price),
    is_active = coalesce(c.is_active, p.is_active),
    updated_at = now()
FROM {plan} AS c
WHERE c.ctid >= %(from)s::tid AND c.ctid < %(to)s::tid AND c.superseded_by IS NULL
    AND p.id = c.product_id
    AND p.updated_at = c.seen_at

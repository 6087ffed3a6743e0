-- New products of a run of the plan's pages. Plain INSERT: it draws an id for what it inserts and for nothing else.
INSERT INTO catalog_product (sku, name, description, price, is_active)
SELECT sku, name, coalesce(description, ''), coalesce(price, 0), coalesce(is_active, true)
FROM {plan}
WHERE ctid >= %(from)s::tid AND ctid < %(to)s::tid AND product_id IS NULL AND superseded_by IS NULL

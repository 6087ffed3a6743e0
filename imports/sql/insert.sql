-- New products of a range of the plan's rows, in key order, and their ids for the journal. A plain INSERT draws
-- ids only for what it inserts.
WITH added AS (
    INSERT INTO catalog_product (sku, name, description, price, is_active)
    SELECT sku, name, coalesce(description, ''), coalesce(price, 0), coalesce(is_active, true)
    FROM {plan}
    WHERE number > %(after)s AND number <= %(up_to)s AND kind = 'created'
    ORDER BY number
    RETURNING id, updated_at
), kept AS (
    INSERT INTO imports_createdproducts (job_id, written_at, product_ids)
    SELECT %(job)s, max(updated_at), array_agg(id) FROM added HAVING count(*) > 0
)
SELECT count(*) FROM added

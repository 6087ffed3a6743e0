-- How many changes of known products a run of the plan's pages has, and the key it ends with.
SELECT count(*) FILTER (WHERE superseded_by IS NULL AND product_id IS NOT NULL), max(key)
FROM {plan}
WHERE ctid >= %(from)s::tid AND ctid < %(to)s::tid

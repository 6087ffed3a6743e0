-- How many changes of known products a run of the plan's pages has, and the last key it settles: one whose winning
-- row is on a later page is not done yet.
SELECT count(*) FILTER (WHERE superseded_by IS NULL AND product_id IS NOT NULL), max(key) FILTER (WHERE superseded_by IS NULL)
FROM {plan}
WHERE ctid >= %(from)s::tid AND ctid < %(to)s::tid

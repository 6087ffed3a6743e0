-- Of a run of the plan's pages: the rows that win, how many of them change a known product, how many of those the
-- file lacks; and the last key they settle. One whose winning row is on a later page is not done yet.
SELECT count(*), count(product_id), count(*) FILTER (WHERE line = 0), max(key)
FROM {plan}
WHERE ctid >= %(from)s::tid AND ctid < %(to)s::tid AND superseded_by IS NULL

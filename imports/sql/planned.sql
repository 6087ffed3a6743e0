-- Of a run of the plan's pages: the rows that win, how many of them change a known product, how many of those the
-- file lacks; the last key they settle, since one whose winning row is on a later page is not done yet; and whether the
-- catalog has come to rule one of them out since the rows were settled.
SELECT count(*), count(product_id), count(*) FILTER (WHERE line = 0), max(key),
    coalesce(bool_or(CASE
        WHEN product_id IS NULL THEN name IS NULL OR %(mode)s = 'update_only'
        ELSE line > 0 AND %(mode)s = 'create_only'
    END), false)
FROM {plan}
WHERE ctid >= %(from)s::tid AND ctid < %(to)s::tid AND superseded_by IS NULL

-- Of a range of the plan's rows: how many are of each kind, how many are kept, the last key, and whether a change of the
-- catalog made one of them invalid since the rows were validated.
SELECT count(*) FILTER (WHERE kind = 'superseded'),
    count(*) FILTER (WHERE kind = 'created'),
    count(*) FILTER (WHERE kind = 'updated'),
    count(*) FILTER (WHERE kind = 'deactivated'),
    count(*) FILTER (WHERE kind = 'unchanged'),
    count(*), max(key),
    coalesce(bool_or(CASE
        WHEN kind = 'created' THEN name IS NULL OR %(mode)s = 'update_only'
        ELSE kind = 'updated' AND %(mode)s = 'create_only'
    END), false)
FROM {plan}
WHERE number > %(after)s AND number <= %(up_to)s

-- Of a range of the plan's rows: how many are of each kind, how many are kept, and the last key.
SELECT count(*) FILTER (WHERE kind = 'superseded'),
    count(*) FILTER (WHERE kind = 'created'),
    count(*) FILTER (WHERE kind = 'updated'),
    count(*) FILTER (WHERE kind = 'deactivated'),
    count(*) FILTER (WHERE kind = 'unchanged'),
    count(*), max(key)
FROM {plan}
WHERE number > %(after)s AND number <= %(up_to)s

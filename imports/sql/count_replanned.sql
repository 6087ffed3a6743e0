SELECT count(*) FILTER (WHERE kind = 'created'),
    count(*) FILTER (WHERE kind = 'updated'),
    count(*) FILTER (WHERE kind = 'deactivated'),
    count(*) FILTER (WHERE kind = 'ignored'),
    count(*) FILTER (WHERE kind = 'unchanged'),
    count(*) FILTER (WHERE {new_at_zero}),
    count(*) FILTER (WHERE {large_price_change}),
    count(*) FILTER (WHERE {goes_inactive})
FROM {replanned}

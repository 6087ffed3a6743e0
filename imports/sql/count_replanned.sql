SELECT count(*) FILTER (WHERE kind = 'created'),
    count(*) FILTER (WHERE kind = 'updated'),
    count(*) FILTER (WHERE kind = 'deactivated'),
    count(*) FILTER (WHERE kind = 'ignored'),
    count(*) FILTER (WHERE kind = 'unchanged')
FROM {replanned}

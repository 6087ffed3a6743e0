-- How many rows a part of the plan has of each kind, how many it keeps, and how many were compared.
SELECT count(*) FILTER (WHERE kind = 'superseded'),
    count(*) FILTER (WHERE kind = 'created'),
    count(*) FILTER (WHERE kind = 'updated'),
    count(*) FILTER (WHERE kind = 'deactivated'),
    count(*) FILTER (WHERE kind = 'ignored'),
    count(*) FILTER (WHERE kind = 'unchanged'),
    count(*), coalesce(max(number), 0)
FROM {plan}

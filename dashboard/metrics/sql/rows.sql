-- Rows of imports by result and by upload time.
SELECT date_trunc(%(bucket)s, created_at, 'UTC'),
    sum(created_count)::bigint,
    sum(updated_count)::bigint,
    sum(unchanged_count + superseded_count)::bigint,
    sum(error_count)::bigint
FROM imports_importjob
WHERE created_at >= %(since)s AND created_at < %(until)s AND status <> 'ready'
GROUP BY 1

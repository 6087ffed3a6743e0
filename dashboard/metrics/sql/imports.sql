-- Imports by upload time and status.
SELECT date_trunc(%(bucket)s, created_at, 'UTC'),
    count(*) FILTER (WHERE status = 'completed'),
    count(*) FILTER (WHERE status = 'failed'),
    count(*) FILTER (WHERE status = 'cancelled'),
    count(*) FILTER (WHERE completed_at IS NULL)
FROM imports_importjob
WHERE created_at >= %(since)s AND created_at < %(until)s
GROUP BY 1

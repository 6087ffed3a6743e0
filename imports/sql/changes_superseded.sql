-- Rows that changed nothing, because a later row has the same SKU.
SELECT 'superseded', line, NULL, NULL, superseded_by, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM imports_supersededrow
WHERE job_id = %(job)s
ORDER BY line
LIMIT %(limit)s OFFSET %(offset)s

-- Staged again after a crash: rows that were refused before stay refused.
UPDATE {stage} AS s SET sku = NULL
FROM (
    SELECT line FROM imports_rejectedrow WHERE job_id = %(job)s
    UNION
    SELECT unnest(lines) FROM imports_unlistedrows WHERE job_id = %(job)s
) AS refused
WHERE s.line = refused.line AND s.sku IS NOT NULL

-- Staged again after a crash: rows that were rejected before stay rejected.
UPDATE {stage} AS s SET sku = NULL
FROM (
    SELECT line FROM imports_rejectedrow WHERE job_id = %(job)s
    UNION
    SELECT unnest(lines) FROM imports_unlistedrows WHERE job_id = %(job)s
) AS rejected
WHERE s.line = rejected.line AND s.sku IS NOT NULL

-- Staged again after a crash: rows that were refused before stay refused.
UPDATE {stage} AS s SET sku = NULL FROM imports_rejectedrow AS r
WHERE r.job_id = %(job)s AND r.line = s.line AND s.sku IS NOT NULL

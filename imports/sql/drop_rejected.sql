-- Staged again after a crash: rows that were refused for their name before stay refused.
DELETE FROM {stage} AS s USING imports_rejectedrow AS r
WHERE r.job_id = %(job)s AND r.code = 'name.required' AND r.row = s.row

-- Rows superseded by a later row with the same SKU, for the journal.
INSERT INTO imports_supersededrow (job_id, line, superseded_by)
SELECT %(job)s, line, superseded_by
FROM {plan}
WHERE number > %(after)s AND number <= %(up_to)s AND kind = 'superseded'
ORDER BY number

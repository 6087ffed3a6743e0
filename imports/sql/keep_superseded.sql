-- Rows that a later one of the same SKU took the place of, for the journal.
INSERT INTO imports_supersededrow (job_id, line, superseded_by)
SELECT %(job)s, line, superseded_by
FROM {plan}
WHERE number > %(after)s AND number <= %(up_to)s AND kind = 'superseded'
ORDER BY {key_order}

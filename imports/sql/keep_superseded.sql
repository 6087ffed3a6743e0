-- Rows that a later one of the same SKU took the place of, for the journal.
INSERT INTO imports_supersededrow (job_id, line, superseded_by)
SELECT %(job)s, line, superseded_by FROM {plan} WHERE superseded_by IS NOT NULL

-- Tables of jobs that have ended or were deleted, and tables that their jobs have replaced.
SELECT relname
FROM pg_class
LEFT JOIN imports_importjob AS job
    ON job.status = ANY (%(unfinished)s)
    AND relname IN (
        format('imports_stage_%%s_%%s', replace(job.id::text, '-', ''), job.stage_number),
        format('imports_plan_%%s_%%s', replace(job.id::text, '-', ''), job.plan_number),
        format('imports_slices_%%s_%%s', replace(job.id::text, '-', ''), job.plan_number)
    )
WHERE relkind = 'r' AND pg_table_is_visible(pg_class.oid)
    AND relname ~ '^imports_(stage|plan|slices)_[0-9a-f]{32}_[0-9]+$' AND job.id IS NULL
ORDER BY relname

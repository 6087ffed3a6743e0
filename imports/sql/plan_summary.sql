-- How many rows the plan has, how many of them are superseded, and its pages.
SELECT count(*), count(superseded_by),
    pg_relation_size('{plan}') / current_setting('block_size')::int
FROM {plan}

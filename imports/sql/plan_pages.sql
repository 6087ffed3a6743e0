-- How many pages each part of the plan has, in key order.
SELECT pg_relation_size(part.oid) / current_setting('block_size')::int
FROM pg_inherits JOIN pg_class AS part ON part.oid = inhrelid
WHERE inhparent = '{plan}'::regclass
ORDER BY part.relname

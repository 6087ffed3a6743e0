-- The parts of the plan; their names are in key order.
SELECT part.relname
FROM pg_inherits JOIN pg_class AS part ON part.oid = inhrelid
WHERE inhparent = '{plan}'::regclass
ORDER BY part.relname

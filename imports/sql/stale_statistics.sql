-- Whether the catalog has outgrown what the planner knows of it. A crash of the server makes it forget that the table has
-- changed, so autovacuum does not come; taken for empty, the catalog is then read once for every row of the file.
SELECT pages > 0 AND (reltuples < 1 OR pages > 2 * relpages)
FROM (
    SELECT reltuples, relpages, pg_relation_size(oid) / current_setting('block_size')::bigint AS pages
    FROM pg_class WHERE oid = 'catalog_product'::regclass
) AS known

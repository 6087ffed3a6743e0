-- The rows of an import's journal in the order in which they are undone, and how many products each has.
SELECT 'changed' AS kind, id, cardinality(product_ids) FROM imports_changedproducts WHERE job_id = %(job)s
UNION ALL
SELECT 'created' AS kind, id, cardinality(product_ids) FROM imports_createdproducts WHERE job_id = %(job)s
ORDER BY kind, id

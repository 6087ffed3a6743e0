-- What imports did to a product, the newest first. An import that created it wrote that at the product's created_at;
-- one that changed it has the key of its SKU between the first and the last of that part of its journal.
SELECT touched.job_id, j.filename,
    ARRAY[j.file_sheet::text] || ARRAY(SELECT sheet ->> 'name' FROM jsonb_array_elements(j.file_other_sheets) AS sheet),
    j.undone_at, written_at, kind, line,
    name_before, name_after, description_before, description_after,
    price_before, price_after, is_active_before, is_active_after
FROM (
    SELECT c.job_id, c.written_at, 'created' AS kind, NULL::bigint AS line,
        NULL AS name_before, NULL AS name_after, NULL AS description_before, NULL AS description_after,
        NULL::numeric AS price_before, NULL::numeric AS price_after,
        NULL::boolean AS is_active_before, NULL::boolean AS is_active_after
    FROM catalog_product AS p
    JOIN imports_createdproducts AS c ON c.written_at = p.created_at
    WHERE p.id = %(product)s AND c.product_ids @> ARRAY[p.id]
    UNION ALL
    SELECT c.job_id, c.written_at, CASE WHEN c.lines[place] IS NULL THEN 'deactivated' ELSE 'updated' END, c.lines[place],
        c.names_before[place], c.names_after[place], c.descriptions_before[place], c.descriptions_after[place],
        c.prices_before[place], c.prices_after[place], c.actives_before[place], c.actives_after[place]
    FROM catalog_product AS p
    JOIN imports_changedproducts AS c
        ON lower(p.sku) COLLATE "C" BETWEEN c.first_key AND c.last_key,
    LATERAL array_position(c.product_ids, p.id) AS place
    WHERE p.id = %(product)s AND place IS NOT NULL
) AS touched
JOIN imports_importjob AS j ON j.id = touched.job_id
ORDER BY written_at DESC, touched.job_id
LIMIT %(limit)s

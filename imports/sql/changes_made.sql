-- What an import did to existing products.
SELECT kind, line, sku, product_id, NULL,
    name_before, name_after, description_before, description_after,
    price_before, price, is_active_before, is_active_after
FROM (
    SELECT *
    FROM (
        SELECT id AS entry, CASE WHEN line IS NULL THEN 'deactivated' ELSE 'updated' END AS kind, place AS number, line,
            product_id, name_before, name_after, description_before, description_after,
            price_before, price, is_active_before, is_active_after
        FROM imports_changedproducts, ROWS FROM (
            unnest(product_ids), unnest(lines), unnest(names_before), unnest(names_after),
            unnest(descriptions_before), unnest(descriptions_after), unnest(prices_before), unnest(prices_after),
            unnest(actives_before), unnest(actives_after)
        ) WITH ORDINALITY AS changed (
            product_id, line, name_before, name_after, description_before, description_after,
            price_before, price, is_active_before, is_active_after, place
        )
        WHERE job_id = %(job)s
    ) AS changed
    WHERE {listed} AND {with_sku}
    ORDER BY {order}
    LIMIT %(limit)s OFFSET %(offset)s
) AS made
LEFT JOIN (SELECT id, sku FROM catalog_product) AS p ON p.id = made.product_id
ORDER BY {order}

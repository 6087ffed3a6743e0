-- What the file would change. `number` counts all staged rows of the part in key order from `first` on, including omitted
-- ones: slices are cut by it, chunks take their locks in its order, and know by it how many rows they stand for.
-- Unchanged rows are omitted, except for the last row of a key that has several, so that a slice can end with all rows of
-- its last key, and for the last row of the part, which ends the last slice. An unchanged field has no "before".
INSERT INTO {plan}
SELECT number, kind, key, line, superseded_by, product_id, seen_at, sku, name, description, price, is_active,
    name_before, description_before, price_before, is_active_before
FROM (
    SELECT *,
        CASE
            WHEN superseded_by IS NOT NULL THEN 'superseded'
            WHEN is_missing THEN CASE WHEN is_active_before THEN 'deactivated' ELSE 'ignored' END
            WHEN product_id IS NULL THEN 'created'
            WHEN name_before IS NOT NULL OR description_before IS NOT NULL OR price_before IS NOT NULL
                OR is_active_before IS NOT NULL THEN 'updated'
            ELSE 'unchanged'
        END AS kind
    FROM (
        SELECT %(first)s + row_number() OVER all_rows AS number, s.key, s.is_missing,
            CASE WHEN NOT s.is_missing THEN s.line END AS line,
            CASE WHEN lead(s.key) OVER all_rows = s.key THEN lead(s.line) OVER all_rows END AS superseded_by,
            coalesce(lag(s.key) OVER all_rows = s.key, false) AS is_repeated,
            lead(s.key) OVER all_rows IS NULL AS is_last,
            s.sku, s.name, s.description, s.price, s.is_active, p.id AS product_id, p.updated_at AS seen_at,
            CASE WHEN s.name <> p.name THEN p.name END AS name_before,
            CASE WHEN s.description <> p.description THEN p.description END AS description_before,
            CASE WHEN s.price <> p.price THEN p.price END AS price_before,
            CASE WHEN s.is_active <> p.is_active THEN p.is_active END AS is_active_before
        FROM {stage} AS s
        LEFT JOIN catalog_product AS p ON lower(p.sku) COLLATE "C" = s.key
        WHERE s.key > %(after)s AND (s.key <= %(up_to)s OR %(up_to)s = '')
        WINDOW all_rows AS (ORDER BY s.key, s.line ROWS UNBOUNDED PRECEDING)
    ) AS compared
) AS classified
WHERE kind <> 'unchanged' OR is_repeated OR is_last

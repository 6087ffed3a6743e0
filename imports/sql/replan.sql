-- A range of the plan's rows, compared with the products as they are now.
CREATE TEMPORARY TABLE {replanned} ON COMMIT DROP AS
SELECT *,
    CASE
        WHEN line IS NULL THEN CASE WHEN is_active_before THEN 'deactivated' ELSE 'ignored' END
        WHEN product_id IS NULL THEN 'created'
        WHEN name_before IS NOT NULL OR description_before IS NOT NULL OR price_before IS NOT NULL
            OR is_active_before IS NOT NULL THEN 'updated'
        ELSE 'unchanged'
    END AS kind
FROM (
    SELECT c.number, c.key, c.line, c.superseded_by, p.id AS product_id, p.updated_at AS seen_at,
        c.sku, c.name, c.description, c.price, c.is_active,
        CASE WHEN c.name <> p.name THEN p.name END AS name_before,
        CASE WHEN c.description <> p.description THEN p.description END AS description_before,
        CASE WHEN c.price <> p.price THEN p.price END AS price_before,
        CASE WHEN c.is_active <> p.is_active THEN p.is_active END AS is_active_before
    FROM {plan} AS c
    LEFT JOIN catalog_product AS p ON lower(p.sku) COLLATE "C" = c.key
    WHERE c.number > %(after)s AND c.number <= %(up_to)s AND c.kind IN ('created', 'updated', 'deactivated')
) AS compared

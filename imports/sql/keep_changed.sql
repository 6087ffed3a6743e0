-- What update.sql has just changed, for the journal: one row for the changes among 4,096 rows of the file. A field that
-- changed in none of them is null.
INSERT INTO imports_changedproducts (
    job_id, written_at, first_key, last_key, product_ids, lines,
    names_before, names_after, descriptions_before, descriptions_after,
    prices_before, prices_after, actives_before, actives_after
)
SELECT %(job)s, now(), min(key), max(key), array_agg(product_id), array_agg(line),
    CASE WHEN count(name_before) > 0 THEN array_agg(name_before) END,
    CASE WHEN count(name_before) > 0
        THEN array_agg(CASE WHEN name_before IS NOT NULL THEN name END) END,
    CASE WHEN count(description_before) > 0 THEN array_agg(description_before) END,
    CASE WHEN count(description_before) > 0
        THEN array_agg(CASE WHEN description_before IS NOT NULL THEN description END) END,
    CASE WHEN count(price_before) > 0 THEN array_agg(price_before) END,
    CASE WHEN count(price_before) > 0
        THEN array_agg(CASE WHEN price_before IS NOT NULL THEN price END) END,
    CASE WHEN count(is_active_before) > 0 THEN array_agg(is_active_before) END,
    CASE WHEN count(is_active_before) > 0
        THEN array_agg(CASE WHEN is_active_before IS NOT NULL THEN is_active END) END
FROM (
    SELECT *, number / 4096 AS entry
    FROM {plan}
    WHERE number > %(after)s AND number <= %(up_to)s AND kind IN ('updated', 'deactivated')
    ORDER BY entry, number
) AS changed
GROUP BY entry
ORDER BY entry

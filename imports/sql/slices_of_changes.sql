-- The slices that have such changes, and how many each has. All of a slice's keys begin like its last key and the last key
-- before it, if both do; of other slices, which are at most two, the rows are counted.
SELECT after, up_to, count
FROM (
    SELECT after, up_to,
        CASE
            WHEN %(sku)s = '' OR starts_with(last_key, lower(%(sku)s)) AND starts_with(key_before, lower(%(sku)s))
            THEN {counted}
            ELSE (
                SELECT count(*) FROM {plan}
                WHERE number > after AND number <= up_to AND {listed} AND starts_with(key, lower(%(sku)s))
            )
        END AS count
    FROM (SELECT *, lag(last_key) OVER (ORDER BY after) AS key_before FROM {slices}) AS slice
    WHERE last_key >= lower(%(sku)s) COLLATE "C"
        AND (key_before IS NULL OR key_before < lower(%(sku)s) COLLATE "C" OR starts_with(key_before, lower(%(sku)s)))
) AS counted
WHERE count > 0
ORDER BY after

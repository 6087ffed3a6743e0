-- The last row of a SKU wins, with the spelling of the first.
UPDATE {plan} AS c
SET sku = first.sku
FROM (
    SELECT DISTINCT ON (key) key, sku FROM {plan} WHERE kind = 'superseded' ORDER BY key, line
) AS first
WHERE c.key = first.key AND c.sku <> first.sku

-- The last row of a SKU wins, with the spelling of the first. It follows the rows that it supersedes.
UPDATE {plan} AS c
SET sku = superseded.sku
FROM (
    SELECT DISTINCT ON (key) sku, 1 + max(number) OVER (PARTITION BY key) AS winner
    FROM {plan}
    WHERE kind = 'superseded'
    ORDER BY key, number
) AS superseded
WHERE c.number = superseded.winner AND c.sku <> superseded.sku

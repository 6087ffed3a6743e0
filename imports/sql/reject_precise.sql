-- The file's decimal mark is known and gives these ambiguous prices three decimals.
precise AS (
    UPDATE {stage} AS s SET sku = NULL
    WHERE ambiguous_price IS NOT NULL AND sku IS NOT NULL
        AND position(%(mark)s IN ambiguous_price) > 0 AND right(ambiguous_price, 1) <> '0'
    RETURNING line, ambiguous_price
), rejected AS (
    SELECT line, 'price' AS "column", 'price.too_precise' AS code, ambiguous_price AS value,
        format(
            '''%%s'' has more than two decimals: other prices of the file use a decimal %%s.', ambiguous_price, %(kind)s
        ) AS message
    FROM precise
)

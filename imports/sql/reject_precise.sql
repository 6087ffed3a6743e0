-- The file's decimal mark is known, and gives these prices three decimals.
precise AS (
    UPDATE {stage} AS s SET sku = NULL
    WHERE doubt IS NOT NULL AND sku IS NOT NULL
        AND position(%(mark)s IN doubt) > 0 AND right(doubt, 1) <> '0'
    RETURNING line, doubt
), rejected AS (
    SELECT line, 'price' AS "column", 'price.too_precise' AS code, doubt AS value,
        format(
            '''%%s'' has more than two decimals: the file''s other prices show a decimal %%s.', doubt, %(kind)s
        ) AS message
    FROM precise
)

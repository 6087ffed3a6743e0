-- Prices that can be read in two ways, in a file that does not tell which.
doubtful AS (
    UPDATE {stage} AS s SET sku = NULL
    WHERE doubt IS NOT NULL AND sku IS NOT NULL
    RETURNING line, doubt
), rejected AS (
    SELECT line, 'price' AS "column", 'price.ambiguous' AS code, doubt AS value,
        format(
            '''%%s'' can mean %%s or %%s, and %%s. Name the decimal mark by the option decimal, or write %%s.00.',
            doubt, translate(doubt, '.,', ''), replace(doubt, ',', '.'), %(why)s, translate(doubt, '.,', '')
        ) AS message
    FROM doubtful
)

-- Ambiguous prices in a file whose other prices do not show the decimal mark.
ambiguous AS (
    UPDATE {stage} AS s SET sku = NULL
    WHERE ambiguous_price IS NOT NULL AND sku IS NOT NULL
    RETURNING line, ambiguous_price
), rejected AS (
    SELECT line, 'price' AS "column", 'price.ambiguous' AS code, ambiguous_price AS value,
        format(
            '''%%s'' can mean %%s or %%s, and %%s. Set the option decimal, or write %%s.00.',
            ambiguous_price, translate(ambiguous_price, '.,', ''), replace(ambiguous_price, ',', '.'), %(why)s, translate(ambiguous_price, '.,', '')
        ) AS message
    FROM ambiguous
)

-- The file's decimal mark is known, and gives these prices three decimals.
WITH precise AS (
    UPDATE {stage} AS s SET sku = NULL
    WHERE doubt IS NOT NULL AND sku IS NOT NULL
        AND position(%(mark)s IN doubt) > 0 AND right(doubt, 1) <> '0'
    RETURNING line, doubt
)
INSERT INTO imports_rejectedrow (job_id, row, line, "column", code, message, value, cells)
SELECT %(job)s, 0, line, 'price', 'price.too_precise',
    format('''%%s'' has more than two decimals: the file''s other prices show a decimal %%s.', doubt, %(kind)s),
    doubt, NULL
FROM precise

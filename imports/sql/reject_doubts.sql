-- Prices that can be read in two ways, in a file that does not tell which.
WITH doubtful AS (
    UPDATE {stage} AS s SET sku = NULL
    WHERE doubt IS NOT NULL AND sku IS NOT NULL
    RETURNING line, doubt
)
INSERT INTO imports_rejectedrow (job_id, row, line, "column", code, message, value, cells)
SELECT %(job)s, 0, line, 'price', 'price.ambiguous',
    format(
        '''%%s'' can mean %%s or %%s, and %%s. Name the decimal mark by the option decimal, or write %%s.00.',
        doubt, translate(doubt, '.,', ''), replace(doubt, ',', '.'), %(why)s, translate(doubt, '.,', '')
    ),
    doubt, NULL
FROM doubtful

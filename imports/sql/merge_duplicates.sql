-- Of several rows with the same SKU the last wins, but its blank cells keep the values of earlier rows.
WITH filled AS (
    SELECT max(line) AS line,
        (array_agg(name ORDER BY line DESC) FILTER (WHERE name IS NOT NULL))[1] AS name,
        (array_agg(description ORDER BY line DESC) FILTER (WHERE description IS NOT NULL))[1] AS description,
        (array_agg(price_text ORDER BY line DESC) FILTER (WHERE price_text IS NOT NULL))[1] AS price_text,
        (array_agg(is_active ORDER BY line DESC) FILTER (WHERE is_active IS NOT NULL))[1] AS is_active
    FROM {stage}
    WHERE key IN (SELECT key FROM {stage} GROUP BY key HAVING count(*) > 1)
    GROUP BY key
)
UPDATE {stage} AS s
SET name = filled.name,
    description = filled.description,
    price_text = filled.price_text,
    is_active = filled.is_active
FROM filled
WHERE s.line = filled.line
    AND (s.name IS NULL AND filled.name IS NOT NULL
        OR s.description IS NULL AND filled.description IS NOT NULL
        OR s.price_text IS NULL AND filled.price_text IS NOT NULL
        OR s.is_active IS NULL AND filled.is_active IS NOT NULL)

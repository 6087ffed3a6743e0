-- Keys that divide the staged rows into parts of about the same size, from a sample.
SELECT percentile_disc(%(fractions)s::float8[]) WITHIN GROUP (ORDER BY key)
FROM {stage} TABLESAMPLE SYSTEM ({percent})
WHERE key > %(applied_key)s

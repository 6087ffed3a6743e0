-- Keys that part the staged rows into runs of about the same length, by a sample of them.
SELECT percentile_disc(%(fractions)s::float8[]) WITHIN GROUP (ORDER BY key)
FROM {stage} TABLESAMPLE SYSTEM ({percent})
WHERE key > %(applied_key)s

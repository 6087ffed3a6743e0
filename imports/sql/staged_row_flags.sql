-- Whether a staged row has a ambiguous price, and whether one has a blank cell: mostly none has.
SELECT coalesce(bool_or(ambiguous_price IS NOT NULL), false),
    coalesce(bool_or(name IS NULL OR description IS NULL OR price_text IS NULL OR is_active IS NULL), false)
FROM {stage}
WHERE sku IS NOT NULL

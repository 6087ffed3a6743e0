-- Whether any staged row has an ambiguous price, and whether any has a blank cell; mostly none has.
SELECT coalesce(bool_or(ambiguous_price IS NOT NULL), false),
    coalesce(bool_or(name IS NULL OR description IS NULL OR price_text IS NULL OR is_active IS NULL), false)
FROM {stage}
WHERE sku IS NOT NULL

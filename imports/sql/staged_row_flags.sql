-- Whether any staged row has an ambiguous price, whether any has a blank cell, and whether any may be a total: it begins
-- like one, and its name like a number. Mostly none has.
SELECT coalesce(bool_or(ambiguous_price IS NOT NULL), false),
    coalesce(bool_or(name IS NULL OR description IS NULL OR price_text IS NULL OR is_active IS NULL), false),
    coalesce(bool_or((name IS NULL OR name COLLATE "C" < ':') AND left(key, 3) = ANY(%(beginnings)s)), false)
FROM {stage}
WHERE sku IS NOT NULL

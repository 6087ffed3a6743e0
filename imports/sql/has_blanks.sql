SELECT EXISTS (
    SELECT FROM {stage}
    WHERE sku IS NOT NULL
        AND (name IS NULL OR description IS NULL OR price_text IS NULL OR is_active IS NULL)
)

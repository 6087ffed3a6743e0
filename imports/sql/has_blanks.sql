SELECT EXISTS (
    SELECT FROM {stage}
    WHERE name IS NULL OR description IS NULL OR price_text IS NULL OR is_active IS NULL
)

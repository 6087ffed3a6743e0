-- The order of pages of the preview.
CREATE INDEX ON {plan} (key, line)

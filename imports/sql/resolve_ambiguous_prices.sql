-- Ambiguous prices, now that the file's decimal mark is known.
UPDATE {stage}
SET price_text = replace(replace(ambiguous_price, %(other)s, ''), %(mark)s, '.')
WHERE ambiguous_price IS NOT NULL AND sku IS NOT NULL

-- Doubtful prices, now that the file's decimal mark is known.
UPDATE {stage}
SET price_text = replace(replace(doubt, %(other)s, ''), %(mark)s, '.')
WHERE doubt IS NOT NULL AND sku IS NOT NULL

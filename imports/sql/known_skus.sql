-- Which of these SKUs products have, by their positions from 1.
SELECT written.place
FROM unnest(%(skus)s::text[]) WITH ORDINALITY AS written(sku, place)
WHERE EXISTS (SELECT FROM catalog_product AS p WHERE lower(p.sku) COLLATE "C" = lower(written.sku))

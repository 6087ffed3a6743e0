product_id IN (SELECT id FROM catalog_product WHERE starts_with(lower(sku) COLLATE "C", lower(%(sku)s)))

product_id IN (SELECT id FROM catalog_product WHERE price = 0)

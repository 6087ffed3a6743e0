(price > price_before * 1.5 OR price * 2 < price_before) AND kind = 'updated'

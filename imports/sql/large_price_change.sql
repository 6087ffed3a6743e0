kind = 'updated' AND abs(price - price_before) * 2 > price_before

COPY {stage} (row, line, sku, name, description, price, is_active) FROM STDIN

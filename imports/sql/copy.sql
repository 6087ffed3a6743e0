COPY {stage} (row, line, sku, name, description, price_text, is_active) FROM STDIN (FORMAT binary)
